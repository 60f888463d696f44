"""Azure OpenAI (GA): the same dialect behind another door. No api-version; a deployment's name stands for the model."""

from urllib.parse import urlunsplit

from realtime_chat.core.ports import Capabilities
from realtime_chat.core.transports.addresses import checked_url
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint

_PATH = "/openai/v1"
_ADVICE = "give your resource's, https://NAME.openai.azure.com"
#: Where the user would set what lets him in.
KEY_NAME, TOKEN_NAME = "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"


def azure_base(address: str) -> str:
    """The base URL at a resource: `https://NAME.openai.azure.com`, its `/openai` and `/openai/v1` lead to the same.

    Any other path stays: a gateway before the resource may have its own. Raises InvalidArguments as `realtime_url`.
    """
    parts = checked_url(address, advice=_ADVICE)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=_PATH if path in ("", "/openai") else path))


def azure_endpoint(
    address: str,
    deployment: str,
    *,
    key: str | None = None,
    token: str | None = None,
    correlation_id: str = "",
) -> OpenAIEndpoint:
    """A resource and who we are there: by its key, in a header of its own, or by an identity's token, as a bearer."""
    return OpenAIEndpoint(
        model=deployment,
        base_url=azure_base(address),
        api_key=lambda: token or key,
        key_name=TOKEN_NAME if token else KEY_NAME,
        key_header=None if token else "api-key",
        correlation_id=correlation_id,
        capabilities=Capabilities(out_of_band=True),
    )
