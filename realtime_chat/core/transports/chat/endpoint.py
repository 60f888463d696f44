"""Where an OpenAI-compatible chat service is: a base URL → the addresses of its doors. Pure."""

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


def door(base: str, path: str) -> str:
    """The address of one: `https://host/v1`, `http://host` and `wss://host/v1/realtime?x=y` have the same doors.

    The query stays. Raises InvalidArguments, which never echoes the URL.
    """
    parts = checked_url(base, advice=_ADVICE)
    root = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/realtime") or "/v1"
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, f"{root}/{path}", parts.query, ""))


def chat_addresses(base: str) -> ChatAddresses:
    """All that is known of a service by its URL. Raises as `door`."""
    host = checked_url(base, advice=_ADVICE).hostname or ""
    return ChatAddresses(
        completions=door(base, "chat/completions"),
        models=door(base, "models"),
        host=host,
        new_names=host.endswith(_TOKENS_BY_NEW_NAME),
    )
