"""Where an OpenAI-compatible chat service is: a base URL → the addresses of its two doors. Pure."""

from dataclasses import dataclass
from urllib.parse import urlunsplit

from realtime_chat.core.transports.addresses import checked_url

OPENAI_BASE_URL = "https://api.openai.com/v1"
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_ADVICE = f"give one like {OPENAI_BASE_URL} or http://127.0.0.1:11434/v1"
#: They take a limit of tokens by its new name; other servers may know the old one only.
_TOKENS_BY_NEW_NAME = ("api.openai.com", ".openai.azure.com", ".services.ai.azure.com")


@dataclass(frozen=True, slots=True)
class ChatAddresses:
    """`completions` answers, `models` lists; `new_names`: max_completion_tokens instead of max_tokens."""

    completions: str
    models: str
    host: str
    new_names: bool


def chat_addresses(base: str) -> ChatAddresses:
    """`https://host/v1`, `http://host` and `wss://host/v1/realtime?x=y` lead to the same doors; the query stays.

    Raises InvalidArguments, which never echoes the URL.
    """
    parts = checked_url(base, advice=_ADVICE)
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/realtime") or "/v1"
    scheme, host = _SCHEMES[parts.scheme], parts.hostname or ""
    completions, models = (
        urlunsplit((scheme, parts.netloc, path + door, parts.query, ""))
        for door in ("/chat/completions", "/models")
    )
    return ChatAddresses(completions, models, host, host.endswith(_TOKENS_BY_NEW_NAME))
