"""The speaker: one stream that stays open, fed from a queue by the device's own thread."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from realtime_chat.audio.gain import Gain
from realtime_chat.audio.levels import dbfs
from realtime_chat.audio.streams import OpenOutput
from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.jitter import JitterBuffer
from realtime_chat.core.pcm import RATE, pcm_ms
from realtime_chat.core.playback_queue import PlaybackQueue, Taken
from realtime_chat.core.ports import Clock, Ledger

#: Sees a block as the device takes it, in its thread, and in how many seconds it is heard.
Tap: TypeAlias = Callable[[bytes, float], None]

#: Of the sound that a flush cuts, so that it does not click; not counted as heard.
FADE_MS = 5
#: Seconds between two looks whether the device has come to the end: it may be a block behind the clock, or gone.
LOOK_AGAIN_S = 0.01
LOOK_AT_LEAST_S = 0.5


class DeviceSink:
    """An AudioSink on a device. Heard is what the device took: all that an always-open stream takes is played.

    So nothing ends the stream but close(): to be silent it takes silence (AUDIO: exact to the sample).
    """

    what = "speaker"

    def __init__(self, open_stream: OpenOutput, clock: Clock, tap: Tap | None = None) -> None:
        """`tap` sees each block as the device takes it. Raises AudioUnavailable without a device."""
        self._tap = tap
        self._last = b""
        self._open_stream = open_stream
        self._closed = False
        self._away = False
        self._before: dict[str, int] = {}  # bytes heard on devices that have gone since the last flush
        self._queue = PlaybackQueue(FADE_MS, JitterBuffer())
        self._gain = Gain()
        self._clock = clock
        self._flushed = asyncio.Event()
        self.stream = open_stream(self._pull)

    @property
    def level_db(self) -> float:
        """Of the block that the device took last, dBFS."""
        return dbfs(self._last)

    @property
    def underruns(self) -> int:
        """How often sound ran dry in the middle of an item."""
        return self._queue.underruns

    def play(self, item_id: str, pcm: bytes) -> None:
        """Queue sound; after close(), and while the device is away, it goes nowhere."""
        if self.stream.active and not self._away:
            self._queue.push(item_id, pcm)

    def finish(self, item_id: str) -> None:
        """No more sound comes for this item."""
        self._queue.finish(item_id)

    def gain(self, factor: float) -> None:
        """From the next block on, which ramps; the device's own queue keeps the old loudness."""
        self._gain.factor = factor

    def flush(self) -> Ledger:
        """Silence from the next block on, but for a fade; what was heard of every item since the last flush."""
        ledger = self._heard(self._queue.flush())
        self._before.clear()
        self._flushed.set()
        self._flushed = asyncio.Event()
        return ledger

    def ledger(self) -> Ledger:
        """What was heard of every item since the last flush."""
        return self._heard(self._queue.taken())

    def forget(self) -> None:
        """What was wholly heard is in no ledger any more."""
        self._queue.forget()
        waiting = self._queue.taken()
        self._before = {item_id: size for item_id, size in self._before.items() if item_id in waiting}

    async def drained(self) -> None:
        """Return when all that was queued has left the device too, at a flush, or when the device is gone."""
        while (left := self._left_s()) > 0:
            wait = min(max(left, LOOK_AGAIN_S), LOOK_AT_LEAST_S)
            with suppress(TimedOut):
                await within(self._clock, wait, self._flushed.wait(), "playback")
                return

    def release(self) -> None:
        """Let go of a device that has gone, with what it did not play: nobody wants it minutes later. Any thread."""
        self._away = True
        self.stream.abort()
        for item_id, (size, _) in self._queue.flush().items():
            self._before[item_id] = self._before.get(item_id, 0) + size

    def reopen(self) -> None:
        """Play again. Raises AudioUnavailable. Any thread."""
        self.stream = self._open_stream(self._pull)
        if self._closed:
            self.stream.abort()

    def resume(self) -> None:
        """It lives again."""
        self._away = False

    async def close(self) -> None:
        """Let go of the device, at once and without its queue."""
        self._closed = True
        self.stream.abort()
        self.flush()

    def _pull(self, size: int, delay_s: float) -> bytes:
        """In the device's thread."""
        self._last = block = self._gain.applied(self._queue.pull(size))
        if self._tap is not None:
            self._tap(block, delay_s)
        return block

    def _heard(self, taken: dict[str, Taken]) -> Ledger:
        sizes = dict(self._before)
        for item_id, (size, _) in taken.items():
            sizes[item_id] = sizes.get(item_id, 0) + size
        return {item_id: pcm_ms(size) for item_id, size in sizes.items()}

    def _left_s(self) -> float:
        """Seconds of sound in our queue and in the device's."""
        if not self.stream.active:
            return 0.0
        if pending := self._queue.pending:
            return pending / 2 / RATE + self.stream.latency_s
        return self.stream.latency_s - self._queue.silent_bytes / 2 / RATE
