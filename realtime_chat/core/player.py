"""A session from its log, once more: nothing is asked, written or held; somebody else may write that log meanwhile."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from realtime_chat.core.beats import Beat, beats
from realtime_chat.core.bus import Bus
from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.events import Envelope, TurnPhase, TurnPhaseChanged, TurnStarted
from realtime_chat.core.ports import Clock

#: A machine that slept makes nothing up for.
LATEST_S = 0.5
#: Whoever goes back so soon after a turn began means the one before it.
JUST_BEGUN_S = 1.5


class Accompaniment(Protocol):
    """The sound that was recorded."""

    def during(self, at_s: float, for_s: float) -> None:
        """Play for so long from this time of the log, in seconds, it counted from the log's begin.

        Where that is the end of what was asked for before, it goes on without a gap.
        """
        ...

    def hush(self) -> None:
        """Silence, at once."""
        ...


class Player:
    """Publishes a log's events on a bus in their own time, pauses shortened, `speed` times as fast.

    `run` ends `over` the log's end; after a `back` from there it is run again. The keys' methods may be called at any
    time. `phase` is of the turn that is shown.
    """

    def __init__(
        self,
        log: Sequence[Envelope],
        bus: Bus,
        clock: Clock,
        *,
        speed: float = 1.0,
        sound: Accompaniment | None = None,
    ) -> None:
        """`speed` is more than 0. Sound is played at its own speed only."""
        self.phase = TurnPhase.IDLE
        self.over = False
        self._beats = list(beats(log))
        self._next = 0  # the beat that comes next
        self._began_at = 0.0  # when the turn that is shown came, by the clock
        self._bus = bus
        self._clock = clock
        self._speed = speed
        self._sound = sound if speed == 1.0 else None
        self.paused = False
        self._news = asyncio.Event()
        self._skips = False
        self._due: float | None = None  # when the last event was to come; what is late is made up for

    def pause(self, on: bool) -> None:
        """Stand still, or go on."""
        self.paused = on
        self._hush()

    def skip(self) -> None:
        """To the begin of the next turn, at once; what lies between is published all the same."""
        self._skips = True
        self._hush()

    def back(self) -> list[Envelope]:
        """To the begin of the turn that is shown, or of the one before when it has just begun.

        All that was published before that place, for whoever shows it to begin anew; what still waits on the bus is
        of no use any more.
        """
        begins = [at for at in self._turns() if at < self._next]
        just_begun = self._clock.monotonic() - self._began_at < JUST_BEGUN_S
        if just_begun and not self.over and len(begins) > 1:
            begins.pop()
        self._next = begins[-1] if begins else 0
        self._began_at = self._clock.monotonic()
        self._skips = self.over = False
        self.phase = TurnPhase.IDLE
        self._hush()
        return [beat.envelope for beat in self._beats[: self._next]]

    async def run(self) -> None:
        """To the end of the log."""
        while self._next < len(self._beats):
            here = self._next
            await self._wait(self._beats[here])
            if self._next == here:
                self._next += 1
                self._publish(self._beats[here].envelope)
        self.over = True
        self._hush()

    def _turns(self) -> list[int]:
        return [at for at, beat in enumerate(self._beats) if isinstance(beat.envelope.data, TurnStarted)]

    def _publish(self, envelope: Envelope) -> None:
        match envelope.data:
            case TurnPhaseChanged(phase=phase):
                self.phase = phase
            case TurnStarted():
                self._skips = False
                self._began_at = self._clock.monotonic()
            case _:
                pass  # moves only what is shown
        self._bus.publish(envelope)

    async def _wait(self, beat: Beat) -> None:
        at, left, here = beat.at_s, beat.wait_s, self._next
        await self._clock.sleep(0)  # whoever listens is heard between any two
        while (left > 0 or self.paused) and not self._skips and self._next == here:
            if self.paused:
                await self._key()
            else:
                passed = await self._let_pass(at, left)
                at, left = at + passed, left - passed

    async def _key(self) -> None:
        self._news.clear()
        await self._news.wait()

    async def _let_pass(self, at: float, left: float) -> float:
        """Seconds of the log's time that passed; all that are left, unless a key was pressed."""
        self._news.clear()
        if self._sound is not None:
            self._sound.during(at, left)
        now = self._clock.monotonic()
        if self._due is None or now - self._due > LATEST_S:
            self._due = now
        due = self._due = self._due + left / self._speed
        try:
            await within(self._clock, max(0.0, due - now), self._news.wait(), "the next event")
        except TimedOut:
            return left
        return max(0.0, left - (due - self._clock.monotonic()) * self._speed)

    def _hush(self) -> None:
        self._news.set()
        self._due = None
        if self._sound is not None:
            self._sound.hush()
