"""What `--record` kept of a session, by the time of its log: for a speaker, so in mono."""

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from realtime_chat.audio.recording import STEREO
from realtime_chat.audio.wav import WavFormat, read_header
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import RATE

_FRAME_BYTES = 2 * STEREO


@dataclass(frozen=True, slots=True)
class _Part:
    file: BinaryIO
    begins_s: float
    first: int  # byte of its first sample
    frames: int


class RecordedTalk:
    """Each file with the second of the log at which it begins; what is gone, or is something else, is left out.

    A context manager: it holds the files open.
    """

    def __init__(self, files: Sequence[tuple[Path, float]]) -> None:
        self._parts: list[_Part] = []
        with ExitStack() as opened:
            for path, begins_s in files:
                with suppress(OSError, ValueError, AudioUnavailable):
                    self._parts.append(_part(opened.enter_context(path.open("rb")), path, begins_s))
            self._opened = opened.pop_all()

    def __enter__(self) -> "RecordedTalk":
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __bool__(self) -> bool:
        """Whether there is any sound."""
        return any(part.frames for part in self._parts)

    def sound(self, at_s: float, for_s: float) -> bytes:
        """24 kHz mono s16le of this piece of the log's time, silence where there is none."""
        wanted = round(for_s * RATE)
        part = next((one for one in reversed(self._parts) if one.begins_s <= at_s), None)
        pcm = _mono(part, round((at_s - part.begins_s) * RATE), wanted) if part is not None else b""
        return pcm.ljust(2 * wanted, b"\0")


def _part(file: BinaryIO, path: Path, begins_s: float) -> _Part:
    found = read_header(file, str(path))
    if found != WavFormat(RATE, STEREO, 2, False, found.size):
        raise AudioUnavailable(f"{path} is no recording of a talk any more.")
    there = os.fstat(file.fileno()).st_size - file.tell()
    size = there if found.size is None else min(found.size, there)
    return _Part(file, begins_s, file.tell(), size // _FRAME_BYTES)


def _mono(part: _Part, first: int, frames: int) -> bytes:
    """Both sides together; they seldom speak at the same time."""
    frames = max(0, min(frames, part.frames - first))
    try:
        part.file.seek(part.first + first * _FRAME_BYTES)
        raw = part.file.read(frames * _FRAME_BYTES)
    except OSError:
        return b""
    both = np.frombuffer(raw[: len(raw) // _FRAME_BYTES * _FRAME_BYTES], "<i2").reshape(-1, STEREO)
    return both.sum(axis=1, dtype=np.int32).clip(-32768, 32767).astype("<i2").tobytes()
