"""Where a Gemini Live service is: base URL → the address of its socket. Pure."""

from urllib.parse import urlunsplit

from realtime_chat.core.transports.addresses import checked_url

GEMINI_BASE_URL = "https://generativelanguage.googleapis.com"
PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_ADVICE = f"give one like {GEMINI_BASE_URL} or ws://127.0.0.1:8000"


def live_url(base: str) -> str:
    """The socket's URL: http(s) becomes ws(s), and the service's path follows unless one with `/ws/` is there.

    Raises InvalidArguments, which never echoes the URL: it may hold a password or escape sequences.
    """
    parts = checked_url(base, advice=_ADVICE)
    path = parts.path.rstrip("/")
    if "ws" not in path.split("/"):
        path += PATH
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))
