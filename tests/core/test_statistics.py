"""A session in numbers: from its history alone, and with its lifecycle while it runs."""

from realtime_chat.core import events as ev
from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.lifecycle import Lifecycle, State
from realtime_chat.core.statistics import metrics_of, summary_of
from tests.core.stories import Story, said, spoken, typed


def talk() -> Story:
    usage = ev.Usage(input=10, output=5, total=15)
    failed = ErrorInfo(kind="server_error", message="It fell over.")
    return Story().tell(
        ev.SessionStarted(),
        *spoken("t1", "hello", 800),
        said("t1", "Hello.", audio_ms=600),
        ev.UsageReported(turn_id="t1", response_id="r_t1", usage=usage),
        ev.TurnCompleted(turn_id="t1"),
        *typed("t2", "and?"),
        ev.TurnFailed(turn_id="t2", terminal_status="failed", error=failed),
    )


def test_turns_tokens_sound_and_errors_are_counted() -> None:  # T5
    metrics = metrics_of(talk().history())
    assert (metrics.turns.user, metrics.turns.assistant, metrics.errors) == (2, 1, 1)
    assert (metrics.turns.input_audio_ms, metrics.turns.output_audio_ms) == (800, 600)
    assert (metrics.usage.input, metrics.usage.output) == (10, 5)
    assert (metrics.duration_ms, metrics.closed_at) == (9000, None)


def test_the_duration_stops_at_the_close_and_leaves_out_the_night() -> None:  # T5
    story = talk().tell(ev.SessionClosed(reason="client"))
    closed = metrics_of(story.history())
    assert (closed.duration_ms, closed.closed_at) == (10_000, story.now.isoformat())
    story.tell(ev.SessionResumed(), after_s=36_000).tell(*typed("t3", "good morning"))
    resumed = metrics_of(story.history())
    assert (resumed.duration_ms, resumed.closed_at) == (12_000, None)


def test_the_time_to_ready_is_that_of_the_first_ready() -> None:  # T5, C29
    lifecycle = Lifecycle(at=10.0)
    assert metrics_of(talk().history(), lifecycle).time_to_ready_ms is None
    for at, state in (
        (10.2, State.CONNECTED),
        (10.3, State.CONFIGURING),
        (10.5, State.READY),
        (12.0, State.PROCESSING),
        (20.0, State.READY),
    ):
        lifecycle.enter(state, at=at)
    metrics = metrics_of(talk().history(), lifecycle, dated=lambda at: f"at {at}")
    assert metrics.time_to_ready_ms == 500
    assert (metrics.connected_at, metrics.ready_at) == ("at 10.2", "at 10.5")


def test_a_summary_says_where_a_session_is_and_how_long_it_has_been_idle() -> None:  # T18
    story = talk()
    now = story.now.replace(minute=story.now.minute + 1).isoformat()
    summary = summary_of(story.history(), now=now)
    assert (summary.session_id, summary.state, summary.items, summary.idle_s) == ("s1", State.CLOSED, 3, 60.0)
    assert summary.metrics.interruptions.count == 0
