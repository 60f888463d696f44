"""Where an OpenAI-compatible realtime service is: base URL and model → the address of its socket. Pure."""

from urllib.parse import parse_qs, quote, urlunsplit

from realtime_chat.core.event_parts import Intent
from realtime_chat.core.transports.addresses import checked_url

OPENAI_BASE_URL = "https://api.openai.com/v1"
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_ADVICE = f"give one like {OPENAI_BASE_URL} or ws://127.0.0.1:8000/v1"


def realtime_url(base: str, model: str, intent: Intent = "conversation") -> str:
    """The socket's URL: `https://host/v1` and `wss://host/v1/realtime?x=y` lead to the same path.

    http(s) becomes ws(s); `/realtime` is added unless the path names it already (`/v1/realtime` for a bare
    host); the query stays; `model` is added URL-quoted (M30) unless the query names one or it is "". A transcription
    session has no model but an intent.
    Raises InvalidArguments, which never echoes the URL: it may hold a password or escape sequences.
    """
    parts = checked_url(base, advice=_ADVICE)
    path = parts.path.rstrip("/")
    if "realtime" not in path.split("/"):
        path = f"{path or '/v1'}/realtime"
    query = parts.query
    named, value = ("model", model) if intent == "conversation" else ("intent", intent)
    if value and named not in parse_qs(query, keep_blank_values=True):
        query = f"{query}{'&' if query else ''}{named}={quote(value, safe='')}"
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, query, ""))
