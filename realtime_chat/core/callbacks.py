"""What a caller wants called in a session's life: at its states, at its deadlines, at its end (T3, T15, T16, J26).

It is somebody else's code. One that fails, or takes too long, is told of; it stops nothing of ours and no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from realtime_chat.core.clock import within
from realtime_chat.core.lifecycle import Handler, Lifecycle, State, Transition
from realtime_chat.core.machine.effects import Deadline
from realtime_chat.core.ports import Clock

OnDeadline: TypeAlias = Callable[[Deadline], Awaitable[None] | None]
#: A name for the user's eyes, and what is done; sync or async.
Step: TypeAlias = tuple[str, Callable[[], Awaitable[None] | None]]

#: Seconds that one call may take.
CALL_S = 5.0
#: Calls that wait for their turn. Full: the newest is told of and not made. Ends with the session.
WAITING = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """Each may be sync or async, and has CALL_S. `cleanup` is done in order, after the states were told of."""

    on_state: Mapping[State, Handler] = field(default_factory=dict[State, Handler])
    on_deadline: Mapping[Deadline, OnDeadline] = field(default_factory=dict[Deadline, OnDeadline])
    cleanup: tuple[Step, ...] = ()


class CallbackRuns:
    """Makes the calls one after another, in the order of what they tell of; `serve` until `end`."""

    def __init__(
        self, callbacks: Callbacks, lifecycle: Lifecycle, clock: Clock, warn: Callable[[str], None]
    ) -> None:
        self._callbacks = callbacks
        self._lifecycle = lifecycle
        self._clock = clock
        self._warn = warn
        self._jobs: asyncio.Queue[Step | None] = asyncio.Queue(WAITING + 1)  # one place is for the end
        self._until = float("inf")
        for state, handler in callbacks.on_state.items():
            lifecycle.on_state(state, handler)

    def moved(self, move: Transition) -> None:
        """The session is in another state."""
        handlers = self._lifecycle.handlers(move)
        for handler in handlers:
            self._call("A state handler", lambda each=handler: each(move.old, move.new))

    def passed(self, deadline: Deadline) -> None:
        """A time is up."""
        handler = self._callbacks.on_deadline.get(deadline)
        if handler is not None:
            self._call(f"The handler of the {deadline} time", lambda: handler(deadline))

    def end(self) -> None:
        """What waits is still called, for CALL_S at most; then `serve` returns."""
        self._until = self._clock.monotonic() + CALL_S
        self._jobs.put_nowait(None)

    async def serve(self) -> None:
        """Until the end. Raises nothing of a callback's."""
        while (job := await self._jobs.get()) is not None and self._clock.monotonic() <= self._until:
            await self.in_order([job])

    async def in_order(self, steps: Iterable[Step]) -> None:
        """Each, whatever became of those before it (T16)."""
        for what, step in steps:
            if (failure := await made(step, self._clock)) is not None:
                self._warn(f"{what} failed: {failure}")

    def _call(self, what: str, call: Callable[[], Awaitable[None] | None]) -> None:
        if self._jobs.qsize() < WAITING:
            self._jobs.put_nowait((what, call))
        else:
            self._warn(f"{what} was not called: {WAITING} calls wait for others that take their time.")


async def made(step: Callable[[], Awaitable[None] | None], clock: Clock) -> str | None:
    """Call it, for CALL_S at most. Why it failed, or None."""
    try:
        pending = step()
        if pending is not None:
            await within(clock, CALL_S, pending, "It")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
