"""What the user gave a server in confidence, kept out of everything the server says. Pure."""

from urllib.parse import urlsplit

from realtime_chat.tools.mcp.wire import ServerSpec, StdioServer

#: Shorter values ("1", "true", "debug") are no secrets, and would make holes in every text.
_SECRET_CHARS = 8
#: A part of a path that is so long is rather a key than a name.
_KEY_CHARS = 16
_HIDDEN = "[secret]"


class Veil:
    """Hides the values of a server's variables and headers, and what of its address may be a key."""

    def __init__(self, spec: ServerSpec) -> None:
        values = _given(spec)
        self._secrets = sorted({one for one in values if len(one) >= _SECRET_CHARS}, key=len, reverse=True)

    def over(self, text: str) -> str:
        """The text without them."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def _given(spec: ServerSpec) -> list[str]:
    if isinstance(spec, StdioServer):
        return list(spec.env.values())
    address = urlsplit(spec.url)
    words = [word for value in spec.headers.values() for word in (value, *value.split())]
    fields = [field.partition("=")[2] for field in address.query.split("&")]
    parts = [part for part in address.path.split("/") if len(part) >= _KEY_CHARS]
    return [*words, *fields, *parts, address.query, address.password or ""]
