"""A talk as one sound file: the user on the left, the assistant on the right, as both were heard in the room.

The microphone's frames are the clock: with each of them goes what the speaker played meanwhile.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from realtime_chat.audio.ring import FrameRing
from realtime_chat.audio.wav import header
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import pcm_bytes

#: Blocks of the speaker that wait for the microphone: two seconds at 10 ms.
WAITING = 200
#: Frames between two corrections of the header: a kill costs a second at most.
CORRECT_EVERY = 50
#: Of the speaker's sound that waits for its place: more is a clock that runs faster than the other.
MOST_AHEAD = pcm_bytes(200)
STEREO = 2


class TalkRecording:
    """Writes a WAV of 24 kHz stereo s16le, readable by its owner alone. Raises AudioUnavailable when it cannot."""

    def __init__(self, name: str) -> None:
        self._path = Path(name)
        self._file = _opened(self._path)
        self._played = FrameRing(WAITING)
        self._right = b""
        self._frames = 0
        self._size = 0
        self._news: str | None = None

    def played(self, block: bytes) -> None:
        """What the speaker took. In its thread: copy, nothing else."""
        self._played.push(block)

    def heard(self, frame: bytes) -> None:
        """What went to the model, silence while muted; with it goes what was played since the last one."""
        if self._file.closed:
            return
        while (block := self._played.pop()) is not None:
            self._right += block
        self._right = self._right[-MOST_AHEAD:]
        right, self._right = self._right[: len(frame)], self._right[len(frame) :]
        try:
            self._write(frame, right.ljust(len(frame), b"\x00"))
        except OSError as error:
            self._news = f"The recording {self._path} stopped ({error.strerror}); the talk goes on."
            with suppress(OSError):
                self._file.close()

    def take_news(self) -> str | None:
        """A line for the user, once."""
        news, self._news = self._news, None
        return news

    def close(self) -> None:
        """The end; idempotent."""
        if not self._file.closed:
            with suppress(OSError):
                self._correct()
                self._file.close()

    def _write(self, left: bytes, right: bytes) -> None:
        both = np.empty(len(left) // 2 * STEREO, "<i2")
        both[0::2], both[1::2] = np.frombuffer(left, "<i2"), np.frombuffer(right, "<i2")
        self._file.write(both.tobytes())
        self._size += both.nbytes
        self._frames += 1
        if self._frames % CORRECT_EVERY == 0:
            self._correct()

    def _correct(self) -> None:
        self._file.flush()
        self._file.seek(0)
        self._file.write(header(self._size, STEREO))
        self._file.seek(0, os.SEEK_END)
        self._file.flush()


def _opened(path: Path) -> BinaryIO:
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        file.write(header(0, STEREO))
    except OSError as error:
        raise AudioUnavailable(f"The recording {path} cannot be written ({error.strerror}).") from error
    return file
