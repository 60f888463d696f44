"""The speaker: one stream that stays open, fed from a queue by the device's own thread."""

import asyncio
from contextlib import suppress

from realtime_chat.audio.streams import OpenOutput
from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.pcm import RATE, pcm_ms
from realtime_chat.core.playback_queue import PlaybackQueue
from realtime_chat.core.ports import Clock, Ledger

#: Of the sound that a flush cuts, so that it does not click; not counted as heard.
FADE_MS = 5
#: Seconds between two looks whether the device has come to the end; it may be a block behind the clock.
LOOK_AGAIN_S = 0.01


class DeviceSink:
    """An AudioSink on a device. Heard is what the device took: all that an always-open stream takes is played.

    So nothing ends the stream but close(): to be silent it takes silence (AUDIO: exact to the sample).
    """

    def __init__(self, open_stream: OpenOutput, clock: Clock) -> None:
        """Raises AudioUnavailable when there is no device."""
        self._queue = PlaybackQueue(FADE_MS)
        self._clock = clock
        self._flushed = asyncio.Event()
        self._stream = open_stream(self._queue.pull)

    @property
    def underruns(self) -> int:
        """How often sound ran dry in the middle of an item."""
        return self._queue.underruns

    def play(self, item_id: str, pcm: bytes) -> None:
        """Queue sound; after close() it goes nowhere."""
        if self._stream.active:
            self._queue.push(item_id, pcm)

    def finish(self, item_id: str) -> None:
        """No more sound comes for this item."""
        self._queue.finish(item_id)

    def flush(self) -> Ledger:
        """Silence from the next block on, but for a fade; what was heard of every item since the last flush."""
        taken = self._queue.flush()
        self._flushed.set()
        self._flushed = asyncio.Event()
        return {item_id: pcm_ms(size) for item_id, (size, _) in taken.items()}

    def ledger(self) -> Ledger:
        """What was heard of every item since the last flush."""
        return {item_id: pcm_ms(size) for item_id, (size, _) in self._queue.taken().items()}

    async def drained(self) -> None:
        """Return when all that was queued has left the device too, at a flush, or when the device is gone."""
        while (wait := self._left_s()) > 0:
            with suppress(TimedOut):
                await within(self._clock, max(wait, LOOK_AGAIN_S), self._flushed.wait(), "playback")
                return

    async def close(self) -> None:
        """Let go of the device, at once and without its queue."""
        self._stream.abort()
        self.flush()

    def _left_s(self) -> float:
        """Seconds of sound in our queue and in the device's."""
        if not self._stream.active:
            return 0.0
        if pending := self._queue.pending:
            return pending / 2 / RATE + self._stream.latency_s
        return self._stream.latency_s - self._queue.silent_bytes / 2 / RATE
