"""The microphone: the device's own thread puts frames into a ring, the session takes them out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Protocol

from realtime_chat.audio.levels import SILENCE_DB, InputHints, dbfs
from realtime_chat.audio.ring import FrameRing
from realtime_chat.audio.streams import OpenInput
from realtime_chat.core.pcm import FRAME_MS, pcm_bytes

#: Frames of 20 ms: two seconds. Full: the oldest goes.
RING_FRAMES = 100
#: What is heard of a device that has gone: a second of silence, longer than any detector waits for the end.
GONE_FRAMES = 50
SILENT_FRAME = bytes(pcm_bytes(FRAME_MS))


class Cleaner(Protocol):
    """Takes what does not belong there out of what is heard. Above: MicrophoneSource. Below: an echo's path."""

    def mark(self) -> int:
        """Where the speaker is now: asked in the microphone's thread, with each frame."""
        ...

    def cleaned(self, frame: bytes, mark: int) -> bytes:
        """What the model may hear of a frame, as long as before; asked by the reader, in order, maybe much later."""
        ...


class MicrophoneSource:
    """An AudioSource on a device; listens from its making on.

    `lasting`: frames go on when the device goes away, for whoever keeps it will `reopen` it.
    """

    what = "microphone"

    def __init__(
        self, open_stream: OpenInput, *, lasting: bool = False, cleaner: Cleaner | None = None
    ) -> None:
        """Raises AudioUnavailable when there is no device."""
        self._ring = FrameRing[tuple[int, bytes]](RING_FRAMES)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._closed = False
        self._gone = False
        self._lasting = lasting
        self._cleaner = cleaner
        self._hints = InputHints(FRAME_MS / 1000)
        self._hint: str | None = None
        self.level_db = SILENCE_DB  # of the last frame that was read, dBFS
        self._open_stream = open_stream
        self._released = False
        self.stream = open_stream(self._on_block, self._on_end)

    @property
    def dropped(self) -> int:
        """Frames that nobody took in time."""
        return self._ring.dropped

    async def frames(self) -> AsyncIterator[bytes]:
        """20 ms each, as they are heard; ends at close(), or when the device has gone away (if not lasting)."""
        self._loop = asyncio.get_running_loop()
        while True:
            while (heard := self._ring.pop()) is not None:
                yield self._measured(*heard)
            if self._closed or (self._gone and not self._lasting):
                return
            self._news.clear()  # what is heard from here on sets it again, from the loop itself
            await self._news.wait()

    def take_hint(self) -> str | None:
        """A line for the user about what is heard, once."""
        hint, self._hint = self._hint, None
        return hint

    def release(self) -> None:
        """Let go of a device that has gone; a detector at the other end gets its silence, once a loss. Any thread."""
        self.stream.abort()
        if self._released:
            return  # tried again: silence costs as much as speech
        self._released = True
        for _ in range(GONE_FRAMES):
            self._ring.push((0, SILENT_FRAME))
        self._tell()

    def reopen(self) -> None:
        """Listen again. Raises AudioUnavailable. Any thread."""
        self._gone = False
        self.stream = self._open_stream(self._on_block, self._on_end)
        if self._closed:
            self.stream.abort()

    def resume(self) -> None:
        """It lives again."""
        self._released = False
        self._hints.begin()

    async def close(self) -> None:
        """Let go of the device; what was not read is dropped."""
        self._closed = True
        self.stream.abort()
        self._ring.clear()
        self._news.set()

    def _measured(self, mark: int, frame: bytes) -> bytes:
        self._hint = self._hints.feed(dbfs(frame)) or self._hint
        clean = frame if self._cleaner is None else self._cleaner.cleaned(frame, mark)
        self.level_db = dbfs(clean)
        return clean

    def _on_block(self, block: bytes) -> None:
        """In the device's thread."""
        self._ring.push((0 if self._cleaner is None else self._cleaner.mark(), block))
        self._tell()

    def _on_end(self) -> None:
        """In the device's thread, or within close()."""
        self._gone = True
        self._tell()

    def _tell(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop ended before the stream
                self._loop.call_soon_threadsafe(self._news.set)
