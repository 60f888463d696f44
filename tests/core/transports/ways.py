"""A provider's server as a test plays it: what it answers, and what it was told. One shape for every dialect."""

from collections import deque
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from realtime_chat.core.ports import Transport

GOOD_KEY, BAD_KEY = "sk-good-key-of-a-test", "sk-bad-key-of-a-test"


@dataclass(frozen=True, slots=True)
class Says:
    """Writes it, in two pieces or more."""

    text: str


@dataclass(frozen=True, slots=True)
class SaysAloud:
    """Speaks it: the words, and sound of 24 kHz mono s16le."""

    text: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One tool that the model wants."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Calls:
    """Wants tools, all in one response."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Fails:
    """Ends with an error, as this provider tells one."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Hangs:
    """Begins with these words, then nothing more until it is cancelled, or the connection ends."""

    text: str


Reply: TypeAlias = Says | SaysAloud | Calls | Fails | Hangs


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of what the model knew when it answered last; `text` of a call is its name, else what was said."""

    role: Literal["system", "user", "assistant", "call", "output"]
    text: str


class Peer(Protocol):
    """`replies` are taken one per response; `heard` is of the last one; `pcm` is the user's sound that arrived, at
    `rate` Hz."""

    rate: int
    replies: deque[Reply]
    heard: list[Told]
    pcm: bytearray

    def transport(self, *, key: str = GOOD_KEY) -> Transport:
        """A new connection, not open yet; a wrong key is refused as this provider refuses it."""
        ...

    async def drop(self) -> None:
        """The connection is lost without a goodbye."""
        ...
