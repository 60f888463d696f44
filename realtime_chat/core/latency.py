"""How long a session's turns let their user wait, together: the middle one, and what only one in twenty is beyond."""

from collections.abc import Sequence
from math import ceil

import msgspec

from realtime_chat.core.events import Latency
from realtime_chat.core.history import History


class LatencyStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Over the turns that were measured, each stage for itself: of one that none of them reached, None."""

    turns: int = 0
    p50: Latency = Latency()
    p95: Latency = Latency()


def latency_of(history: History) -> LatencyStatistics:
    """The waits of a session."""
    waits = [turn.latency for turn in history.turns if turn.latency is not None]
    return LatencyStatistics(turns=len(waits), p50=_each(waits, 0.5), p95=_each(waits, 0.95))


def _each(waits: Sequence[Latency], part: float) -> Latency:
    return Latency(
        **{
            name: percentile([getattr(one, name) for one in waits], part)
            for name in Latency.__struct_fields__
        }
    )


def percentile(values: Sequence[int | None], part: float) -> int | None:
    """The least of the values that at least this part of them does not exceed; what is None does not count."""
    known = sorted(value for value in values if value is not None)
    return known[max(0, ceil(part * len(known)) - 1)] if known else None
