"""A session from its log, once more: nothing is asked, written or held; somebody else may write that log meanwhile."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from realtime_chat.core.beats import Beat, beats
from realtime_chat.core.bus import Bus
from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.events import Envelope, TurnPhase, TurnPhaseChanged, TurnStarted
from realtime_chat.core.ports import Clock


class Accompaniment(Protocol):
    """The sound that was recorded."""

    def during(self, at_s: float, for_s: float) -> None:
        """Play on for so long from this time of the log (seconds since its begin); what was asked for before is over."""
        ...

    def hush(self) -> None:
        """Silence, at once."""
        ...


class Player:
    """Publishes a log's events on `bus` in their own time, pauses shortened, `speed` times as fast.

    `run` once; `over` afterwards. The keys' methods may be called at any time. `phase` is of the turn that is shown.
    """

    def __init__(
        self,
        log: Sequence[Envelope],
        clock: Clock,
        *,
        speed: float = 1.0,
        sound: Accompaniment | None = None,
    ) -> None:
        """Raises nothing; `speed` is more than 0. Sound is played at its own speed only."""
        self.bus = Bus()
        self.phase = TurnPhase.IDLE
        self.over = False
        self._log = log
        self._clock = clock
        self._speed = speed
        self._sound = sound if speed == 1.0 else None
        self._goes_on = asyncio.Event()
        self._goes_on.set()
        self._news = asyncio.Event()
        self._skips = False

    @property
    def paused(self) -> bool:
        """True while it stands still."""
        return not self._goes_on.is_set()

    def pause(self, on: bool) -> None:
        """Stand still, or go on."""
        if on:
            self._goes_on.clear()
        else:
            self._goes_on.set()
        self._hush()

    def skip(self) -> None:
        """To the begin of the next turn, at once; what lies between is published all the same."""
        self._skips = True
        self._hush()

    async def run(self) -> None:
        """To the end of the log."""
        for beat in beats(self._log):
            await self._wait(beat)
            if isinstance(beat.envelope.data, TurnPhaseChanged):
                self.phase = beat.envelope.data.phase
            self.bus.publish(beat.envelope)
        self.over = True
        self._hush()

    async def _wait(self, beat: Beat) -> None:
        if isinstance(beat.envelope.data, TurnStarted):
            self._skips = False
        at, left = beat.at_s, beat.wait_s
        await self._clock.sleep(0)  # whoever listens is heard between any two
        while left > 0 and not self._skips:
            self._news.clear()
            if self.paused:
                await self._news.wait()
                continue
            if self._sound is not None:
                self._sound.during(at, left)
            began = self._clock.monotonic()
            with suppress(TimedOut):
                await within(self._clock, left / self._speed, self._news.wait(), "the next event")
            passed = (self._clock.monotonic() - began) * self._speed
            at, left = at + passed, left - passed

    def _hush(self) -> None:
        self._news.set()
        if self._sound is not None:
            self._sound.hush()
