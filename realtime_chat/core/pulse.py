"""Whether a connection's other side still lives: asked now and then, and at once when this machine has slept (J20).

A peer without power says no goodbye, and neither does a network that was left while the lid was closed.
"""

from collections.abc import Awaitable, Callable

from realtime_chat.core.clock import within
from realtime_chat.core.errors import ConnectionLost, TimedOut
from realtime_chat.core.ports import Clock

#: Seconds between two questions, and for an answer; so many may be missed in a row.
BEAT_S, PONG_S, MISSED = 25.0, 10.0, 3
#: Seconds between two looks at the clocks. A suspended machine's wall clock goes on without its steady one.
LOOK_S = 5.0
#: They drift apart by less than this while the machine is awake; a clock that was set costs a question, no more.
JUMP_S = 5.0


async def feel(clock: Clock, ping: Callable[[], Awaitable[None]]) -> None:
    """Until there is none: raises ConnectionLost, or what `ping` raises."""
    missed, apart, beat_s = 0, _apart(clock), 0.0
    while True:
        await clock.sleep(LOOK_S)
        beat_s += LOOK_S
        slept, apart = abs(_apart(clock) - apart) > JUMP_S, _apart(clock)
        if beat_s < BEAT_S and not slept:
            continue
        beat_s = 0.0
        try:
            await within(clock, PONG_S, ping(), "A sign of life")
            missed = 0
        except TimedOut:
            missed += 1
            if slept:
                raise _dead("after this machine slept") from None
            if missed == MISSED:
                raise _dead(f"for {MISSED * (BEAT_S + PONG_S):.0f} s") from None


def _apart(clock: Clock) -> float:
    return clock.wall().timestamp() - clock.monotonic()


def _dead(when: str) -> ConnectionLost:
    return ConnectionLost(f"The server gave no sign of life {when}.", code=1006, reason="no pong")
