"""Where a Gemini Live service is: base URL → the address of its socket. Pure."""

from urllib.parse import SplitResult, urlsplit, urlunsplit

from realtime_chat.core.errors import InvalidArguments

GEMINI_BASE_URL = "https://generativelanguage.googleapis.com"
PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_ADVICE = f"give one like {GEMINI_BASE_URL} or ws://127.0.0.1:8000"


def live_url(base: str) -> str:
    """The socket's URL: http(s) becomes ws(s), and the service's path follows unless one with `/ws/` is there.

    Raises InvalidArguments, which never echoes the URL: it may hold a password or escape sequences.
    """
    parts = _parsed(base.strip())
    path = parts.path.rstrip("/")
    if "ws" not in path.split("/"):
        path += PATH
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))


def _parsed(url: str) -> SplitResult:
    if not all(c.isprintable() and c != " " for c in url):
        raise InvalidArguments(f"The URL holds blanks or control characters; {_ADVICE}.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidArguments(f"The URL cannot be read; {_ADVICE}.") from error
    if parts.scheme not in _SCHEMES or not host:
        raise InvalidArguments(f"The URL must start with https, http, wss or ws and name a host; {_ADVICE}.")
    if "@" in parts.netloc:
        raise InvalidArguments(
            "The URL holds a user name or password; remove it and give the key as the API key."
        )
    return parts
