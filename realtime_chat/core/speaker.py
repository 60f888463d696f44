"""The session's side of an AudioSink: what plays, how far, and when it is over."""

from collections.abc import Callable

from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.events import PlaybackAdvanced
from realtime_chat.core.pcm import pcm_ms
from realtime_chat.core.ports import AudioSink, Clock, Ledger

#: What is left of an answer while we listen to who speaks over it: -14 dB.
DUCKED = 0.2
#: Seconds between two PlaybackAdvanced of one item: enough for a moving word mark, cheap for the bus.
PROGRESS_S = 0.25
#: Of an answer, lost to rounding and to the half samples of its pieces.
TOLERANCE_MS = 20


class Speaker:
    """Wraps a sink; keeps how much sound each item brought, for progress and nothing else."""

    def __init__(
        self, sink: AudioSink, clock: Clock, tell: Callable[[PlaybackAdvanced], None], *, volume: int = 100
    ) -> None:
        """`volume` in percent."""
        self._sink = sink
        self._clock = clock
        self._tell = tell
        self._received: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._part = 1.0
        self.set_volume(volume)

    def set_volume(self, percent: int) -> None:
        """0 to 100, from now on."""
        self.volume = percent
        self._sink.gain(percent / 100 * self._part)

    def duck(self, on: bool) -> None:
        """Down to DUCKED of its volume, or back."""
        self._part = DUCKED if on else 1.0
        self.set_volume(self.volume)

    def play(self, item_id: str, pcm: bytes) -> None:
        """Queue sound."""
        self._received[item_id] = self._received.get(item_id, 0) + len(pcm)
        self._sink.play(item_id, pcm)

    def finish(self, item_id: str) -> None:
        """No more sound of this item."""
        self._sink.finish(item_id)

    def flush(self) -> Ledger:
        """Silence now; what was heard."""
        ledger = self._sink.flush()
        self._received.clear()
        self._told.clear()
        return ledger

    def forget(self) -> None:
        """A turn is over: what was heard of it is no news any more."""
        self._sink.forget()
        kept = self._sink.ledger()
        self._received = {item_id: size for item_id, size in self._received.items() if item_id in kept}
        self._told = {item_id: played for item_id, played in self._told.items() if item_id in kept}

    async def played_out(self, at_most_ms: int) -> None:
        """Return when all was heard, at the latest after `at_most_ms`."""
        try:
            await within(self._clock, at_most_ms / 1000, self._sink.drained(), "playback")
        except TimedOut:
            return

    def was_cut(self) -> bool:
        """Whether an answer was heard in part; one of which nothing was heard was read on the screen."""
        ledger = self._sink.ledger()
        return any(
            0 < ledger.get(item_id, 0) < pcm_ms(size) - TOLERANCE_MS
            for item_id, size in self._received.items()
        )

    async def report_progress(self) -> None:
        """Tell how far each item is, for ever; the session's task group ends it."""
        while True:
            await self._clock.sleep(PROGRESS_S)
            self.tell_progress()

    def tell_progress(self) -> None:
        """Tell how far each item is, where it is farther than before."""
        for item_id, played in self._sink.ledger().items():
            received = pcm_ms(self._received.get(item_id, 0))
            if received and self._told.get(item_id) != played:
                self._told[item_id] = played
                self._tell(PlaybackAdvanced(item_id=item_id, played_ms=played, received_ms=received))
