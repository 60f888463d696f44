"""Azure OpenAI (GA): the same dialect at the user's own resource, where a deployment's name stands for a model."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from realtime_chat.cli.providers.choice import Asked, Provider, ProviderChoice, Secret
from realtime_chat.cli.settings import Settings
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.ports import TransportFactory
from realtime_chat.core.transports.openai.azure import KEY_NAME, TOKEN_NAME, azure_base, azure_endpoint
from realtime_chat.core.transports.openai.provider import openai_transport

ENDPOINT = "AZURE_OPENAI_ENDPOINT"
NO_ENDPOINT = (
    f"Azure needs your resource's address: set {ENDPOINT} (https://NAME.openai.azure.com), or give --url."
)
NO_DEPLOYMENT = "Azure needs the name of your deployment: give --model, or model in [provider.azure]."


def _chosen(asked: Asked) -> ProviderChoice:
    """Raises InvalidArguments without an address or a deployment. Transcription needs a deployment, too: without one
    there is none."""
    flags, table, environ = asked.flags, asked.table, asked.environ
    address = flags.url or environ.get(ENDPOINT) or table.url
    if not address:
        raise InvalidArguments(NO_ENDPOINT)
    if not asked.model:
        raise InvalidArguments(NO_DEPLOYMENT)
    token = None if environ.get(KEY_NAME) else environ.get(TOKEN_NAME)
    return ProviderChoice(
        name="azure",
        why=asked.why,
        url=azure_base(address),
        model=asked.model,
        voice=flags.voice or table.voice,
        transcription_model=table.transcription_model or None,
        api_key=None if token else asked.key(KEY_NAME),
        token=Secret(token) if token else None,
    )


@asynccontextmanager
async def _ways(
    choice: ProviderChoice, settings: Settings, correlation_id: str
) -> AsyncGenerator[TransportFactory]:
    endpoint = azure_endpoint(
        choice.url or "",
        choice.model,
        key=choice.api_key.reveal() if choice.api_key else None,
        token=choice.token.reveal() if choice.token else None,
        correlation_id=correlation_id,
    )
    if choice.api_key is not None:
        endpoint = replace(endpoint, key_name=choice.key_name(KEY_NAME))
    yield lambda: openai_transport(endpoint, connect_timeout_s=settings.limits.connect_s)


PROVIDER = Provider(_chosen, _ways)
