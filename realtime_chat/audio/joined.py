"""The recordings of one session as one sound file, one after the other."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from realtime_chat.audio.recording import STEREO
from realtime_chat.audio.wav import WavFormat, header, read_header
from realtime_chat.core.errors import AudioUnavailable, NotFound
from realtime_chat.core.pcm import RATE, PcmFormat

_CHUNK = 1 << 20
_STEREO = PcmFormat(channels=STEREO)


class JoinedRecordings:
    """A WAV of 24 kHz stereo s16le, made of files of that kind; each is read as far as it is written now.

    Raises NotFound for one that is gone, AudioUnavailable for one that cannot serve. A context manager: it holds
    the files open.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        with ExitStack() as opened:
            self._parts = [_part(opened.enter_context(_open(path)), path) for path in paths]
            self._opened = opened.pop_all()
        self._size = sum(size for _, size in self._parts)

    @property
    def ms(self) -> int:
        """How long they last together."""
        return _STEREO.ms(self._size)

    def chunks(self) -> Iterator[bytes]:
        """The file, bit by bit. Raises AudioUnavailable when a recording cannot be read to its end."""
        yield header(self._size, STEREO)
        for file, size in self._parts:
            yield from _read(file, size)

    def __enter__(self) -> "JoinedRecordings":
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"The recording {path} is gone; put it back to export the sound.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file's name"
        raise AudioUnavailable(f"The recording {path} cannot be read ({reason}).") from error


def _part(file: BinaryIO, path: Path) -> tuple[BinaryIO, int]:
    """The file at its first sample, and the bytes of whole samples in it."""
    found = read_header(file, str(path))
    if found != WavFormat(RATE, STEREO, 2, False, found.size):
        raise AudioUnavailable(f"{path} is no recording of a talk any more; put the 24 kHz stereo one back.")
    there = os.fstat(file.fileno()).st_size - file.tell()
    size = there if found.size is None else min(found.size, there)
    return file, size - size % _STEREO.frame_bytes


def _read(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        try:
            chunk = file.read(min(size, _CHUNK))
        except OSError as error:
            raise AudioUnavailable(
                f"The recording {file.name} cannot be read on ({error.strerror})."
            ) from error
        if not chunk:
            raise AudioUnavailable(f"The recording {file.name} became shorter meanwhile; try again.")
        size -= len(chunk)
        yield chunk
