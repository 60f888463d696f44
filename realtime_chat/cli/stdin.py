"""stdin as text: all of it, or line by line as it comes."""

import sys
from collections.abc import Iterator
from io import FileIO

from realtime_chat.core.errors import InvalidArguments

_CHUNK = 65_536


def decoded(raw: bytes) -> str:
    """Bytes of stdin as text. Raises InvalidArguments."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidArguments("stdin is not UTF-8 text; convert it first, for example with iconv.") from None


def whole() -> str:
    """All of it, stripped. Raises InvalidArguments when it is empty or not UTF-8."""
    text = decoded(sys.stdin.buffer.read()).strip()
    if not text:
        raise InvalidArguments("stdin was empty; there is nothing to ask.")
    return text


def lines() -> Iterator[str]:
    """Each line that says something, stripped; a read waits for the next. Raises InvalidArguments.

    Without Python's own buffer, whose lock a thread that is left waiting would hold at exit.
    """
    yield from (text for raw in _raw_lines() if (text := decoded(raw).strip()))


def typed_lines() -> Iterator[str]:
    """Each line that somebody types, also one that says nothing: an Enter means something, too."""
    yield from (raw.decode("utf-8", "replace").strip() for raw in _raw_lines())


def _raw_lines() -> Iterator[bytes]:
    rest = b""
    with FileIO(0, "rb", closefd=False) as file:
        while chunk := file.read(_CHUNK):
            *ended, rest = (rest + chunk).split(b"\n")
            yield from ended
    if rest:
        yield rest
