"""A talk as one sound file: the user on the left, the assistant on the right, as both were heard in the room.

The microphone's frames are the clock: with each of them goes what the speaker took meanwhile, put by `alignment` where
it was heard. Where there is no microphone, the speaker's blocks are the clock.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from realtime_chat.audio.alignment import Alignment, Played
from realtime_chat.audio.ring import FrameRing
from realtime_chat.audio.wav import header
from realtime_chat.core.errors import AudioUnavailable, InvalidArguments
from realtime_chat.core.events import RecordingStarted
from realtime_chat.core.pcm import RATE
from realtime_chat.core.ports import Clock

#: Blocks of the speaker that wait for the microphone: two seconds at 10 ms.
WAITING = 200
#: Pieces of 20 ms between two corrections of the header: with what is held back, a kill costs a second at most.
CORRECT_EVERY = 40
STEREO = 2


class TalkRecording:
    """Writes a WAV of 24 kHz stereo s16le, readable by its owner alone.

    Raises InvalidArguments for a file that holds something, AudioUnavailable where none can be written. A talk that
    never began leaves no file behind.
    """

    def __init__(self, name: str, clock: Clock) -> None:
        self._path = Path(name).absolute()
        self._is_new = not os.path.lexists(self._path)
        self._file = _opened(self._path)
        self._begun = False
        self._clock = clock
        self._played = FrameRing[Played](WAITING)
        self._alignment = Alignment()
        self._frames = 0
        self._size = 0
        self._news: str | None = None

    def played(self, block: bytes, delay_s: float) -> None:
        """What the speaker took, to be heard in `delay_s`. In its thread: copy, nothing else."""
        self._played.push((block, self._clock.monotonic() + delay_s))

    def begin(self) -> RecordingStarted:
        """Keep from now on: the file is there, if without a sound."""
        self._played.clear()
        self._begun = True
        self._trying(self._correct)
        return RecordingStarted(path=str(self._path), rate=RATE, channels=STEREO)

    def heard(self, frame: bytes) -> None:
        """What went to the model, silence while muted; with it goes what was played since the last one."""
        if self._begun:
            self._write(*self._alignment.feed(frame, self._clock.monotonic(), self._taken()))

    def only_played(self) -> None:
        """Nobody listens: what was played since the last call, beside silence."""
        if not self._begun:
            return
        right = b"".join(block for block, _ in self._taken())
        self._write(bytes(len(right)), right)

    def take_news(self) -> str | None:
        """A line for the user, once."""
        news, self._news = self._news, None
        return news

    def close(self) -> None:
        """The end; idempotent."""
        if self._file.closed:
            return
        self._write(*self._alignment.rest())
        with suppress(OSError):
            if self._begun:
                self._correct()
            self._file.close()
        if self._is_new and not self._begun:
            with suppress(OSError):
                self._path.unlink()

    def _taken(self) -> list[Played]:
        """By the speaker, since the last time."""
        return list(iter(self._played.pop, None))

    def _write(self, left: bytes, right: bytes) -> None:
        if not self._file.closed and left:
            self._trying(lambda: self._append(left, right))

    def _trying(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            self._news = f"The recording {self._path} stopped ({error.strerror}); the talk goes on."
            with suppress(OSError):
                self._file.close()

    def _append(self, left: bytes, right: bytes) -> None:
        both = np.empty(len(left) // 2 * STEREO, "<i2")
        both[0::2], both[1::2] = np.frombuffer(left, "<i2"), np.frombuffer(right, "<i2")
        self._file.write(both.tobytes())
        self._size += both.nbytes
        if self._frames % CORRECT_EVERY == 0:
            self._correct()
        self._frames += 1

    def _correct(self) -> None:
        self._file.flush()
        self._file.seek(0)
        self._file.write(header(self._size, STEREO))
        self._file.seek(0, os.SEEK_END)
        self._file.flush()


def _opened(path: Path) -> BinaryIO:
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600), "wb")
    except OSError as error:
        raise AudioUnavailable(f"The recording {path} cannot be written ({error.strerror}).") from error
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size:
        file.close()
        raise InvalidArguments(f"{path} is there already and is kept; record to another file.")
    return file
