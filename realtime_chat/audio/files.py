"""Files and pipes behind the audio ports: what a recording asks, and where the answer is written (M29)."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from realtime_chat.audio.pcm_stream import PipeSink, ThreadedReads, standard_output
from realtime_chat.audio.sound_file import SoundFile
from realtime_chat.audio.wav import header
from realtime_chat.core.clock import within
from realtime_chat.core.errors import AudioUnavailable, TimedOut
from realtime_chat.core.framing import Framer
from realtime_chat.core.pcm import PCM16_24K, pcm_ms
from realtime_chat.core.ports import AudioSink, Clock, Ledger

_UNKNOWN_SIZE = 0xFFFFFFFF


class FileSource:
    """An AudioSource that speaks a recording: a WAV by its path, or stdin (`-`: WAV or raw PCM).

    `paced` gives each frame when it would have been spoken, by `clock`; else frames come as fast as they are
    read. Raises AudioUnavailable, at once, when the recording cannot serve; frames() raises it where the
    recording turns out too long or unreadable.
    """

    def __init__(self, name: str, clock: Clock, *, paced: bool = True) -> None:
        self._sound = SoundFile(name)
        self._reads = ThreadedReads(self._sound.chunks()) if self._sound.may_wait else None
        self._clock = clock
        self._paced = paced
        self._ended = asyncio.Event()

    async def frames(self) -> AsyncIterator[bytes]:
        """20 ms each, the last one shorter; ends with the recording, or at close()."""
        began = self._clock.monotonic()
        spoken = 0
        async for frame in self._frames():
            spoken += len(frame)
            if self._paced:
                await self._until(began + spoken / PCM16_24K.size(1000))
            if self._ended.is_set():
                return
            yield frame

    async def close(self) -> None:
        """Let go of the file."""
        if self._ended.is_set():
            return
        self._ended.set()
        reads = self._reads
        if reads is None or reads.close():
            self._sound.close()  # else a thread is in the midst of a read, and the process's end closes it

    async def _frames(self) -> AsyncIterator[bytes]:
        framer = Framer()
        async for chunk in self._chunks():
            for frame in framer.feed(chunk):
                yield frame
        if rest := framer.rest():
            yield rest

    async def _chunks(self) -> AsyncIterator[bytes]:
        if self._reads is not None:
            async for chunk in self._reads:
                yield chunk
            return
        chunks = self._sound.chunks()
        while not self._ended.is_set() and (chunk := next(chunks, None)) is not None:
            yield chunk
            await asyncio.sleep(0)  # without a pace nothing else lets the rest of the program run

    async def _until(self, due: float) -> None:
        if (wait := due - self._clock.monotonic()) > 0:
            with suppress(TimedOut):
                await within(self._clock, wait, self._ended.wait(), "a frame")


class FileSink:
    """An AudioSink that writes a WAV of 24 kHz mono s16le; what was written counts as heard.

    The header is right after every play, so a killed process leaves a whole file. A file that was there is
    kept until the first sound; one that got no sound is not left behind. Raises AudioUnavailable at once when
    the place cannot be written, and from play() when the disk refuses.
    """

    def __init__(self, name: str) -> None:
        self._path = Path(name)
        self._is_new = not os.path.lexists(name)
        self._file = _writable(self._path)
        self._is_file = stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)
        self._size = 0
        self._written: dict[str, int] = {}

    def play(self, item_id: str, pcm: bytes) -> None:
        """Write it; after close() it goes nowhere."""
        if self._file.closed:
            return
        try:
            if not self._size:
                self._begin()
            self._file.write(pcm)
            self._size += len(pcm)
            self._written[item_id] = self._written.get(item_id, 0) + len(pcm)
            self._correct_header()
        except OSError as error:
            raise AudioUnavailable(f"{self._path} cannot be written on ({error.strerror}).") from error

    def finish(self, item_id: str) -> None:
        """Nothing waits for it."""

    def gain(self, factor: float) -> None:
        """None: a file is as loud as whoever plays it wants."""

    def flush(self) -> Ledger:
        """All that came was written."""
        ledger = self.ledger()
        self._written.clear()
        return ledger

    def ledger(self) -> Ledger:
        """Milliseconds written of each item since the last flush."""
        return {item_id: pcm_ms(size) for item_id, size in self._written.items()}

    def forget(self) -> None:
        """All that came was written, and is in no ledger any more."""
        self._written.clear()

    async def drained(self) -> None:
        """At once: nothing is queued."""

    async def close(self) -> None:
        """Idempotent."""
        if self._file.closed:
            return
        with suppress(OSError):  # what could not be written was told by play()
            self._file.close()
        if self._is_new and self._is_file and not self._size:
            with suppress(OSError):
                self._path.unlink()

    def _begin(self) -> None:
        if self._is_file:
            self._file.truncate(0)
        self._file.write(header(_UNKNOWN_SIZE))

    def _correct_header(self) -> None:
        self._file.flush()
        if self._is_file:
            self._file.seek(0)
            self._file.write(header(self._size))
            self._file.seek(0, os.SEEK_END)
            self._file.flush()


def sink_to(name: str) -> AudioSink:
    """Where `--out NAME` writes: a WAV file, or raw 24 kHz mono s16le on stdout (`-`).

    Raises AudioUnavailable when it cannot be written.
    """
    return PipeSink(standard_output()) if name == "-" else FileSink(name)


def _writable(path: Path) -> BinaryIO:
    """Opened for writing, with whatever it holds still there."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "wb")
    except FileNotFoundError:
        raise AudioUnavailable(f"There is no folder {path.parent}; make it first.") from None
    except IsADirectoryError:
        raise AudioUnavailable(f"{path} is a folder; name the file that gets the answer.") from None
    except OSError as error:
        raise AudioUnavailable(f"{path} cannot be written ({error.strerror}).") from error
    except ValueError as error:
        raise AudioUnavailable("The name of the answer's file cannot be a name; check it.") from error
