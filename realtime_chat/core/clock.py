"""The Clock port's two sides: the system's time, and a virtual one that only a test moves."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

from realtime_chat.core.errors import TimedOut
from realtime_chat.core.ports import Clock

T = TypeVar("T")


class SystemClock:
    """Real time."""

    def wall(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """Time that stands still until `advance`; sleepers wake in order of their deadline."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._now = 0.0
        self._asleep_s = 0.0  # by which the wall clock is ahead
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def wall(self) -> datetime:
        """The virtual now, in UTC."""
        return self._start + timedelta(seconds=self._now + self._asleep_s)

    def jump(self, seconds: float) -> None:
        """The wall clock goes on, or back, alone: the machine slept, or somebody set it."""
        self._asleep_s += seconds

    def monotonic(self) -> float:
        """Virtual seconds since the start."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once `advance` has moved this clock by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`, waking each sleeper at its own time; the loop settles after each."""
        target = self._now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            when, _, wake = heapq.heappop(self._sleepers)
            self._now = when
            if not wake.done():
                wake.set_result(None)
            await settle()
        self._now = target
        await settle()


async def settle(rounds: int = 50) -> None:
    """Let every task that is ready run until it waits, without letting time pass."""
    for _ in range(rounds):
        await asyncio.sleep(0)


class _Rang(Exception):
    pass


async def within(clock: Clock, seconds: float, work: Awaitable[T], what: str) -> T:
    """The result of `work`, or TimedOut with `what` in its message after `seconds` of this clock.

    `work` is cancelled then. What `work` raises comes through as it is.
    """

    async def ring() -> None:
        await clock.sleep(seconds)
        raise _Rang

    try:
        async with asyncio.TaskGroup() as group:
            bell = group.create_task(ring(), name="deadline")
            result = await work
            bell.cancel()
            return result
    except BaseExceptionGroup as group_error:
        error = _single(group_error)
        if isinstance(error, _Rang):
            raise TimedOut(f"{what} took longer than {seconds:g} s.", after_ms=int(seconds * 1000)) from None
        raise error from None


def _single(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error that matters: what the work raised wins over the bell."""
    flat = [error for error in leaves(group) if not isinstance(error, _Rang)]
    return flat[0] if flat else _Rang()


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors inside nested groups, in order."""
    found: list[BaseException] = []
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            found.extend(leaves(cast("BaseExceptionGroup[BaseException]", error)))
        else:
            found.append(error)
    return found
