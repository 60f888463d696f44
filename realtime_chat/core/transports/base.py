"""What every way to a model shares: the seam between a wire and a dialect, and the care for foreign words.

The interface itself is `ports.Transport`; what a transport can do is `ports.Capabilities`.
"""

from typing import Protocol

from realtime_chat.core.messages import Incoming, Outgoing

#: Longest piece of a peer's own words that we repeat in an error, in characters.
QUOTE_LIMIT = 200


class Codec(Protocol):
    """One provider's dialect. Above: a transport. Below: nothing; both directions are pure.

    One frame is one message, both ways.
    """

    def decode(self, frame: bytes) -> Incoming:
        """The message of a frame. Never raises: what cannot be read comes as Malformed (M13)."""
        ...

    def encode(self, message: Outgoing) -> bytes:
        """The text frame of a message, UTF-8. Raises InvalidArguments for what cannot be said."""
        ...


def quote(words: str, *, secrets: tuple[str, ...] = ()) -> str:
    """A peer's words as one short, harmless line: no control characters, at most QUOTE_LIMIT characters,
    and none of `secrets`, which a peer may echo."""
    for secret in secrets:
        words = words.replace(secret, "[secret]")
    line = "".join(c if c.isprintable() else " " for c in words)
    line = " ".join(line.split())
    return line if len(line) <= QUOTE_LIMIT else line[: QUOTE_LIMIT - 1] + "…"
