"""Fan-out of one process's events, by session (P16); downstream of the log.

Publishing never waits and never fails. Two kinds of subscriber:

* lossless (the default): at BOUND waiting envelopes it is cut (`lagged`), and re-reads the log from `last_seq`;
* coalescing (a screen): adjacent deltas of one item join; at BOUND live events are dropped and counted in `gap`,
  durable ones never.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from types import TracebackType

import msgspec

from realtime_chat.core.events import Envelope, TextDelta, TranscriptDelta, UserTranscriptDelta

BOUND = 8192
_JOINABLE = (TextDelta, TranscriptDelta, UserTranscriptDelta)


class Subscription:
    """An async iterator of envelopes for one reader; a context manager that ends it."""

    def __init__(self, bus: "Bus", session_id: str, only: frozenset[str] | None, *, coalesce: bool) -> None:
        self._bus = bus
        self.session_id = session_id
        self._only = only
        self._coalesce = coalesce
        self._waiting: deque[Envelope] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self.lagged = False
        self.gap = 0
        self.last_seq: int | None = None

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Envelope:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        envelope = self._waiting.popleft()
        if envelope.seq is not None:
            self.last_seq = envelope.seq
        return envelope

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def waiting(self) -> list[Envelope]:
        """Take all that waits, without waiting."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def close(self) -> None:
        """Stop; what waits is forgotten. Idempotent."""
        self._waiting.clear()
        self.end()
        self._bus.forget(self)

    def end(self) -> None:
        """No more comes; what waits is still delivered."""
        self._closed = True
        self._wake.set()

    def offer(self, envelope: Envelope) -> None:
        """From the bus only."""
        if self._closed or (self._only is not None and envelope.type not in self._only):
            return
        if self._coalesce:
            if self._join(envelope):
                return
            if len(self._waiting) >= BOUND and not envelope.durable:
                self.gap += 1
                return
        elif len(self._waiting) >= BOUND:
            self.lagged = True
            self.end()
            return
        self._waiting.append(envelope)
        self._wake.set()

    def _join(self, envelope: Envelope) -> bool:
        data = envelope.data
        if not self._waiting or not isinstance(data, _JOINABLE):
            return False
        last = self._waiting[-1].data
        if type(last) is not type(data) or not isinstance(last, _JOINABLE) or last.item_id != data.item_id:
            return False
        joined = msgspec.structs.replace(last, delta=last.delta + data.delta)
        self._waiting[-1] = msgspec.structs.replace(envelope, data=joined)
        return True


class Bus:
    """Sessions do not hear each other."""

    def __init__(self) -> None:
        self._subscribers: dict[str, list[Subscription]] = {}

    def subscribe(
        self, session_id: str, *, only: Iterable[str] | None = None, coalesce: bool = False
    ) -> Subscription:
        """Events of a session from now on; `only` these types."""
        wanted = frozenset(only) if only is not None else None
        subscription = Subscription(self, session_id, wanted, coalesce=coalesce)
        self._subscribers.setdefault(session_id, []).append(subscription)
        return subscription

    def publish(self, envelope: Envelope) -> None:
        """Hand it to every subscriber of its session."""
        for subscription in tuple(self._subscribers.get(envelope.session_id, ())):
            subscription.offer(envelope)

    def end(self, session_id: str) -> None:
        """The session is over: its streams end after what waits in them."""
        for subscription in self._subscribers.pop(session_id, []):
            subscription.end()

    def forget(self, subscription: Subscription) -> None:
        """From a closed subscription."""
        held = self._subscribers.get(subscription.session_id, [])
        if subscription in held:
            held.remove(subscription)

    def subscriber_count(self, session_id: str) -> int:
        """How many listen."""
        return len(self._subscribers.get(session_id, []))
