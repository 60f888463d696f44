"""What a session comes to, in numbers (T5, T18): its history and, while it runs, its lifecycle tell all of it."""

from collections.abc import Callable

import msgspec

from realtime_chat.core import interruption_records as interruptions
from realtime_chat.core.events import Usage
from realtime_chat.core.history import History, ms_between
from realtime_chat.core.interruption_records import InterruptionStatistics
from realtime_chat.core.latency import LatencyStatistics, latency_of
from realtime_chat.core.lifecycle import Lifecycle, State
from realtime_chat.core.turn_records import TurnStatistics, records_of


class SessionMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Times are ISO 8601 in UTC, durations ms. `duration_ms` stops at the close and leaves out the time between two
    processes. `connected_at`, `ready_at` and `time_to_ready_ms` tell of the first time in this process, None when it
    does not run the session."""

    created_at: str
    connected_at: str | None = None
    ready_at: str | None = None
    last_activity_at: str
    closed_at: str | None = None
    duration_ms: int = 0
    time_to_ready_ms: int | None = None
    turns: TurnStatistics = TurnStatistics()
    interruptions: InterruptionStatistics = InterruptionStatistics()
    latency: LatencyStatistics = LatencyStatistics()
    errors: int = 0
    usage: Usage = Usage()


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One session at a glance; `state` is "closed" when nothing runs it here."""

    session_id: str
    state: State
    metrics: SessionMetrics
    items: int
    idle_s: float


def metrics_of(
    history: History, lifecycle: Lifecycle | None = None, dated: Callable[[float], str] = str
) -> SessionMetrics:
    """The numbers of a folded session; `lifecycle` of the process that runs it, whose seconds `dated` dates."""
    return SessionMetrics(
        created_at=history.created_at,
        connected_at=_first(lifecycle, State.CONNECTED, dated),
        ready_at=_first(lifecycle, State.READY, dated),
        last_activity_at=history.last_at,
        closed_at=history.closed_at,
        duration_ms=history.active_ms,
        time_to_ready_ms=lifecycle.time_to_ready_ms if lifecycle is not None else None,
        turns=records_of(history).statistics(),
        interruptions=interruptions.statistics(interruptions.interruptions_of(history)),
        latency=latency_of(history),
        errors=sum(turn.error is not None for turn in history.turns),
        usage=history.usage,
    )


def _first(lifecycle: Lifecycle | None, state: State, dated: Callable[[float], str]) -> str | None:
    at = lifecycle.first(state) if lifecycle is not None else None
    return dated(at) if at is not None else None


def summary_of(
    history: History,
    *,
    now: str,
    lifecycle: Lifecycle | None = None,
    dated: Callable[[float], str] = str,
) -> SessionSummary:
    """The summary at the time `now`, ISO 8601; `dated` as in `metrics_of`."""
    return SessionSummary(
        session_id=history.session_id,
        state=lifecycle.state if lifecycle is not None else State.CLOSED,
        metrics=metrics_of(history, lifecycle, dated),
        items=len(history.items),
        idle_s=ms_between(history.last_at, now) / 1000,
    )
