"""The twins of speaker and microphone that need no hardware: one plays by a clock, one says what it is told."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress

from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.framing import Framer
from realtime_chat.core.pcm import RATE, pcm_ms
from realtime_chat.core.playback_queue import PlaybackQueue
from realtime_chat.core.ports import Clock, Ledger

#: Of a sample: what the rounding of a clock's floats may cost; far less than a sample, far more than an ulp.
ROUNDING = 1e-6


class VirtualSink:
    """An AudioSink that is heard at real-time rate of `clock`, from the moment that something is queued.

    Exact to the sample: after 1.5 s of that clock 1500 ms were heard.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue = PlaybackQueue()
        self._received: dict[str, bytearray] = {}
        self._heard: dict[str, bytes] = {}
        self._thrown_away: dict[str, bytes] = {}
        self._since = 0.0  # when the queue stopped being empty
        self._samples = 0  # heard since then
        self._flushed = asyncio.Event()
        self._closed = False
        #: How loud; the sound that was heard is kept as it came.
        self.factor = 1.0

    @property
    def heard(self) -> dict[str, bytes]:
        """The sound that left this speaker, by item, since it was made."""
        self._catch_up()
        heard = dict(self._heard)
        for item_id, (taken, _) in self._queue.taken().items():
            heard[item_id] = heard.get(item_id, b"") + bytes(self._received[item_id][:taken])
        return heard

    @property
    def thrown_away(self) -> dict[str, bytes]:
        """The sound that a flush, or the end, kept from being heard, by item."""
        return dict(self._thrown_away)

    def play(self, item_id: str, pcm: bytes) -> None:
        """Queue sound; after close() it is thrown away."""
        self._catch_up()
        if self._closed:
            self._throw_away(item_id, pcm)
            return
        if not self._queue.pending:
            self._since, self._samples = self._clock.monotonic(), 0
        self._queue.push(item_id, pcm)
        self._received.setdefault(item_id, bytearray()).extend(pcm)

    def finish(self, item_id: str) -> None:
        """No more sound comes for this item."""
        self._queue.finish(item_id)

    def gain(self, factor: float) -> None:
        """Kept in `factor`."""
        self.factor = factor

    def flush(self) -> Ledger:
        """Silence; what was heard of every item since the last flush."""
        self._catch_up()
        taken = self._queue.flush()
        for item_id, (size, _) in taken.items():
            received = bytes(self._received[item_id])
            self._heard[item_id] = self._heard.get(item_id, b"") + received[:size]
            self._throw_away(item_id, received[size:])
        self._received.clear()
        self._flushed.set()
        self._flushed = asyncio.Event()
        return {item_id: pcm_ms(size) for item_id, (size, _) in taken.items()}

    def ledger(self) -> Ledger:
        """What was heard of every item since the last flush."""
        self._catch_up()
        return {item_id: pcm_ms(size) for item_id, (size, _) in self._queue.taken().items()}

    def forget(self) -> None:
        """What was wholly heard is in no ledger any more; `heard` keeps it."""
        self._catch_up()
        for item_id, (taken, queued) in self._queue.taken().items():
            if taken == queued:
                self._heard[item_id] = self._heard.get(item_id, b"") + bytes(self._received.pop(item_id))
        self._queue.forget()

    async def drained(self) -> None:
        """Return when the clock has come to the end of what was queued, or at a flush."""
        self._catch_up()
        while samples := self._queue.pending // 2:
            with suppress(TimedOut):
                await within(self._clock, samples / RATE, self._flushed.wait(), "playback")
            self._catch_up()

    async def close(self) -> None:
        """Throw away what waits."""
        self.flush()
        self._closed = True

    def _catch_up(self) -> None:
        """Hear all that is due by now."""
        elapsed = self._clock.monotonic() - self._since
        due = int(elapsed * RATE + ROUNDING) - self._samples
        self._samples += len(self._queue.take(due * 2)) // 2

    def _throw_away(self, item_id: str, pcm: bytes) -> None:
        if pcm:
            self._thrown_away[item_id] = self._thrown_away.get(item_id, b"") + pcm


class VirtualSource:
    """An AudioSource that says what it is told to. What it holds is bounded by what was pushed."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._frames: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._ended = False

    def push(self, pcm: bytes) -> None:
        """Say this: 24 kHz mono s16le of any length. Comes out in 20 ms frames; ignored after the end."""
        if not self._ended:
            self._frames.extend(self._framer.feed(pcm))
            self._news.set()

    def end(self) -> None:
        """Nothing more comes; the rest, shorter than a frame, is the last one."""
        if not self._ended:
            self._ended = True
            self._frames.extend(rest for rest in [self._framer.rest()] if rest)
            self._news.set()

    async def frames(self) -> AsyncIterator[bytes]:
        """What was pushed, as it comes; ends after end() or close()."""
        while True:
            while self._frames:
                yield self._frames.popleft()
            if self._ended:
                return
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """End at once; what was not read is dropped."""
        self._ended = True
        self._frames.clear()
        self._news.set()
