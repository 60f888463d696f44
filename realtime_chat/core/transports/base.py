"""What every way to a model shares: the seam between a wire and a dialect, and the care for foreign words.

The interface itself is `ports.Transport`; what a transport can do is `ports.Capabilities`.
"""

from typing import Any, Protocol, TypeAlias, TypeVar, cast

import msgspec

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.messages import Incoming, Outgoing

#: Longest piece of a peer's own words that we repeat in an error, in characters.
QUOTE_LIMIT = 200


Heard_co = TypeVar("Heard_co", covariant=True)
Said_contra = TypeVar("Said_contra", contravariant=True)


class FrameCodec(Protocol[Heard_co, Said_contra]):
    """What frames mean. Above: a transport. Below: nothing; both directions are pure.

    One frame is one message, both ways.
    """

    def decode(self, frame: bytes) -> Heard_co:
        """The message of a frame. Never raises: what cannot be read comes as Malformed (M13)."""
        ...

    def encode(self, message: Said_contra) -> bytes:
        """The text frame of a message, UTF-8. Raises InvalidArguments for what cannot be said."""
        ...


#: A dialect of which each frame is one message, and needs no memory (the others: dialects.Dialect).
Codec: TypeAlias = FrameCodec[Incoming, Outgoing]


def quote(words: str, *, secrets: tuple[str, ...] = ()) -> str:
    """A peer's words as one short, harmless line: no control characters, at most QUOTE_LIMIT characters,
    and none of `secrets`, which a peer may echo."""
    for secret in secrets:
        words = words.replace(secret, "[secret]")
    line = "".join(c if c.isprintable() else " " for c in words)
    line = " ".join(line.split())
    return line if len(line) <= QUOTE_LIMIT else line[: QUOTE_LIMIT - 1] + "…"


def as_json(value: Any) -> bytes:
    """UTF-8 JSON. Text that is not Unicode (a lone surrogate, as in an undecodable file name) goes out with "?" in its
    place, so that no tool's output can break the connection. Raises InvalidArguments for what JSON cannot carry.
    """
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(_encodable(value))
    except TypeError as error:
        raise InvalidArguments(
            "The session's extras hold a value that JSON cannot carry; remove it."
        ) from error


_encode = msgspec.json.Encoder().encode


def _encodable(value: Any) -> Any:
    """The same value with every text made encodable."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in cast(dict[Any, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_encodable(each) for each in cast(list[Any], value)]
    return value
