"""Where an OpenAI-compatible realtime service is: base URL and model → the address of its socket. Pure."""

from urllib.parse import SplitResult, parse_qs, quote, urlsplit, urlunsplit

from realtime_chat.core.errors import InvalidArguments

OPENAI_BASE_URL = "https://api.openai.com/v1"
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_ADVICE = f"give one like {OPENAI_BASE_URL} or ws://127.0.0.1:8000/v1"


def realtime_url(base: str, model: str) -> str:
    """The socket's URL: `https://host/v1` and `wss://host/v1/realtime?x=y` lead to the same path.

    http(s) becomes ws(s); `/realtime` is added unless the path names it already (`/v1/realtime` for a bare
    host); the query stays; `model` is added URL-quoted (M30) unless the query names one or it is "".
    Raises InvalidArguments, which never echoes the URL: it may hold a password or escape sequences.
    """
    parts = _parsed(base.strip())
    path = parts.path.rstrip("/")
    if "realtime" not in path.split("/"):
        path = f"{path or '/v1'}/realtime"
    query = parts.query
    if model and "model" not in parse_qs(query, keep_blank_values=True):
        query = f"{query}{'&' if query else ''}model={quote(model, safe='')}"
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, query, ""))


def _parsed(url: str) -> SplitResult:
    if not all(c.isprintable() and c != " " for c in url):
        raise InvalidArguments(f"The URL holds blanks or control characters; {_ADVICE}.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidArguments(f"The URL cannot be read; {_ADVICE}.") from error
    if parts.scheme not in _SCHEMES:
        raise InvalidArguments(f"The URL must start with https, http, wss or ws; {_ADVICE}.")
    if not host:
        raise InvalidArguments(f"The URL names no host; {_ADVICE}.")
    if "@" in parts.netloc:
        raise InvalidArguments(
            "The URL holds a user name or password; remove it and give the key as the API key."
        )
    if parts.fragment:
        raise InvalidArguments(f"The URL holds a #fragment, which no service sees; {_ADVICE}.")
    return parts
