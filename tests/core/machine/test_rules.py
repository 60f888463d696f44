"""Each ordering rule by itself: what goes out, in which order, after which message."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost, NoTurn, SessionBusy, Unreachable
from realtime_chat.core.events import (
    AnswerHeard,
    AssistantMessage,
    ErrorOccurred,
    LinkChanged,
    Noticed,
    StateChanged,
    TextDelta,
    ToolBatchSubmitted,
    ToolResult,
    TranscriptDelta,
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
    TurnPhase,
    Usage,
    UsageReported,
)
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import ApprovalQuestion
from tests.core.machine.provider import Bench, call, calling, ended, sound, typed


def test_a_connection_is_configured_before_it_is_ready() -> None:
    bench = Bench().ready()  # T2, M7, J21
    assert [event.new for event in bench.of(LinkChanged)] == [
        "connecting",
        "connected",
        "configuring",
        "ready",
    ]
    assert [event.new for event in bench.of(StateChanged)] == ["connected", "configuring", "ready"]
    assert isinstance(bench.sent[0], wire.Configure)


def test_what_is_said_before_the_link_is_ready_is_refused() -> None:
    with pytest.raises(Unreachable):
        SessionMachine(SessionOptions()).command(ask.SendText(text="hi"), 0)


def test_a_typed_turn_is_logged_before_it_is_sent() -> None:
    bench = Bench().ready()
    bench.command(ask.SendText(text="hi"))
    order = [type(one.event if isinstance(one, do.Emit) else one.message).__name__ for one in bench.effects
             if isinstance(one, do.Emit | do.Send)]  # fmt: skip
    assert order.index("UserMessage") < order.index("CreateItem") < order.index("CreateResponse")


def test_a_second_turn_is_refused_while_one_runs() -> None:
    bench = Bench().ready()
    typed(bench)
    with pytest.raises(SessionBusy):  # P4, C14
        bench.machine.command(ask.SendText(text="again"), 1)


def test_deltas_and_the_whole_are_told_apart_and_nothing_is_told_twice() -> None:
    bench = Bench().ready()  # M11, T19
    typed(bench)
    bench.receive(
        wire.OutputTextDelta(response_id="r1", item_id="i1", delta="Hel"),
        wire.OutputTextDelta(response_id="r1", item_id="i1", delta="lo"),
        wire.OutputText(response_id="r1", item_id="i1", text="Hello"),
        wire.ResponseDone(response_id="r1", status="completed"),
    )
    assert [event.delta for event in bench.of(TextDelta)] == ["Hel", "lo"]
    assert [event.text for event in bench.of(AssistantMessage)] == ["Hello"]
    assert [event.truncation for event in bench.of(TurnCompleted)] == ["not_truncated"]


def test_all_outputs_of_a_batch_precede_one_request_in_call_order() -> None:
    bench = Bench().ready()  # M5, C1
    batch = calling(bench, "a", "b")
    before = len(bench.sent)
    ended(bench, batch, "b")
    ended(bench, batch, "a")
    assert bench.sent[before:] == []
    bench.report(reports.BatchFinished(batch))
    *outputs, request = bench.sent[before:]
    assert [one.item.call_id for one in outputs if isinstance(one, wire.CreateItem)] == ["a", "b"]
    assert isinstance(request, wire.CreateResponse)
    assert [event.call_ids for event in bench.of(ToolBatchSubmitted)] == [["a", "b"]]


def test_tools_that_run_for_long_are_said_to_run_still() -> None:
    bench = Bench().ready()
    batch = calling(bench, "a", "b")
    ended(bench, batch, "b")
    before = len(bench.sent)
    bench.fire("tools")
    assert [event.text for event in bench.of(Noticed)] == ["Still running: clock."]
    assert bench.sent[before:] == []  # an answer now would come before the results
    bench.report(reports.BatchFinished(batch))
    assert "tools" not in bench.timers
    bench.fire("tools")
    assert len(bench.of(Noticed)) == 1


def test_nothing_is_said_of_tools_that_were_cut_or_wait_for_a_word_or_where_it_is_switched_off() -> None:
    bench = Bench().ready()
    batch = calling(bench, "a")
    bench.report(
        reports.ApprovalWanted(batch, ApprovalQuestion(call_id="a", tool="clock", arguments={}, reason=""))
    )
    bench.fire("tools")
    assert bench.of(Noticed) == []
    bench.command(ask.Answer(call_id="a", verdict="allow"))
    assert "tools" in bench.timers  # it runs from now on
    bench.command(ask.Interrupt())
    assert "tools" not in bench.timers
    silent = Bench(SessionOptions(turn_detection="none", tell_after_s=0)).ready()
    calling(silent, "a")
    assert "tools" not in silent.timers


def test_a_cut_batch_submits_nothing_and_asks_for_nothing() -> None:
    bench = Bench().ready()  # M6, M15, C17: policy drop
    batch = calling(bench, "a", "b")
    ended(bench, batch, "a")
    before = len(bench.sent)
    bench.command(ask.Interrupt())
    ended(bench, batch, "b")
    bench.report(reports.BatchFinished(batch))
    assert bench.sent[before:] == []
    assert bench.of(ToolBatchSubmitted) == []
    results = bench.of(ToolResult)
    assert [(event.call_id, event.ok) for event in results] == [("a", True), ("b", False)]
    assert results[1].error is not None
    assert results[1].error.kind == "cancelled"  # P20


def test_a_call_of_a_response_that_was_cut_short_is_answered_but_not_run() -> None:
    bench = Bench().ready()  # docs/protocol.md
    typed(bench)
    bench.receive(
        wire.ResponseDone(
            response_id="r1", status="incomplete", reason="max_output_tokens", items=(call("a", '{"x'),)
        )
    )
    assert bench.batches == []
    assert [event.ok for event in bench.of(ToolResult)] == [False]
    assert [event.truncation for event in bench.of(TurnCompleted)] == ["truncated"]  # C5, P21, P30


def test_a_failed_response_fails_the_turn_and_keeps_what_was_said() -> None:
    bench = Bench().ready()  # P21, P22, C5
    typed(bench)
    bench.receive(
        wire.OutputTextDelta(response_id="r1", item_id="i1", delta="Half"),
        wire.ResponseDone(response_id="r1", status="failed", error_code="server_error", error_message="oops"),
    )
    (message,) = bench.of(AssistantMessage)
    (failed,) = bench.of(TurnFailed)
    assert message.partial
    assert (failed.terminal_status, failed.error.kind, failed.error.message) == (
        "partial_failed",
        "server_error",
        "oops",
    )


@pytest.mark.parametrize("generating", [True, False])
def test_esc_truncates_to_what_was_heard_also_when_generation_had_ended(generating: bool) -> None:
    bench = Bench(speaker=True).ready()  # C28, T12
    typed(bench)
    words = "one two three four five six seven eight"
    bench.receive(wire.OutputTranscriptDelta(response_id="r1", item_id="i1", delta=words))
    sound(bench, 4000)
    if not generating:
        bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    bench.ledger = {"i1": 1500}
    bench.command(ask.Interrupt())
    assert len(bench.sent_of(wire.CancelResponse)) == (1 if generating else 0)
    assert bench.sent_of(wire.TruncateItem) == [wire.TruncateItem(item_id="i1", audio_end_ms=1500)]
    (heard,) = bench.of(AnswerHeard)
    assert (heard.played_ms, heard.produced_ms, heard.heard_text) == (1500, 4000, "one two three")
    assert len(bench.of(TurnInterrupted)) == 1


def test_after_full_playback_nothing_is_truncated() -> None:
    bench = Bench(speaker=True).ready()  # C28
    typed(bench)
    sound(bench, 1000)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    bench.ledger = {"i1": 1000}
    bench.command(ask.Interrupt())
    assert bench.sent_of(wire.TruncateItem, wire.DeleteItem) == []


def test_a_played_clock_ahead_of_the_sound_is_clamped() -> None:
    bench = Bench(speaker=True).ready()  # C28
    typed(bench)
    sound(bench, 1000)
    bench.ledger = {"i1": 9000}
    bench.command(ask.Interrupt())
    assert bench.sent_of(wire.TruncateItem) == []


def test_an_answer_of_which_nothing_was_heard_is_deleted_not_truncated_to_zero() -> None:
    bench = Bench(speaker=True).ready()  # docs/protocol.md
    typed(bench)
    sound(bench, 1000)
    bench.command(ask.Interrupt())
    assert bench.sent_of(wire.TruncateItem) == []
    assert bench.sent_of(wire.DeleteItem) == [wire.DeleteItem(item_id="i1")]


def test_a_turn_lasts_until_its_sound_was_played() -> None:
    bench = Bench(speaker=True).ready()
    typed(bench)
    sound(bench, 1000)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert bench.machine.turn is not None
    assert bench.machine.turn.phase is TurnPhase.SPEAKING
    bench.report(reports.PlaybackEnded("t1"))
    assert len(bench.of(TurnCompleted)) == 1


def test_late_deltas_of_a_cut_response_reach_nobody() -> None:
    bench = Bench(speaker=True).ready()  # C6
    typed(bench)
    sound(bench, 100)
    bench.command(ask.Interrupt())
    before = len(bench.effects)
    sound(bench, 100)
    bench.receive(wire.OutputTranscriptDelta(response_id="r1", item_id="i1", delta="late"))
    assert bench.effects[before:] == []
    assert bench.of(TranscriptDelta) == []


def test_a_request_cut_before_its_response_began_is_cancelled_by_id() -> None:
    bench = Bench().ready()  # J17
    bench.command(ask.SendText(text="hi"))
    bench.command(ask.Interrupt())
    assert bench.sent_of(wire.CancelResponse) == []
    bench.receive(wire.ResponseCreated(response_id="r1"))
    (cancel,) = bench.sent_of(wire.CancelResponse)
    assert isinstance(cancel, wire.CancelResponse)
    assert cancel.response_id == "r1"


def test_the_next_turn_waits_for_the_cut_response_to_end() -> None:
    bench = Bench().ready()  # J17, C7
    typed(bench)
    bench.command(ask.Interrupt())
    bench.command(ask.SendText(text="next"))
    assert len(bench.sent_of(wire.CreateResponse)) == 1
    bench.receive(wire.ResponseDone(response_id="r1", status="cancelled"))
    assert len(bench.sent_of(wire.CreateResponse)) == 2


def test_a_request_refused_because_another_response_runs_is_sent_once_more_after_it() -> None:
    bench = Bench().ready()  # docs/protocol.md
    bench.command(ask.SendText(text="hi"))
    (request,) = bench.sent_of(wire.CreateResponse)
    assert isinstance(request, wire.CreateResponse)
    bench.receive(
        wire.ProviderError(
            code="conversation_already_has_active_response", message="busy", caused_by=request.event_id
        )
    )
    assert len(bench.sent_of(wire.CreateResponse)) == 1
    bench.receive(wire.ResponseDone(response_id="other", status="completed"))
    assert len(bench.sent_of(wire.CreateResponse)) == 2
    assert bench.of(ErrorOccurred) == []


def test_a_cancel_that_came_too_late_is_no_news_and_another_error_is() -> None:
    bench = Bench().ready()  # M14, C8
    bench.receive(wire.ProviderError(code="x", message="Cancellation failed: no active response found"))
    assert bench.of(ErrorOccurred) == []
    bench.receive(wire.ProviderError(code="invalid_value", message="bad", error_type="session_error"))
    (error,) = bench.of(ErrorOccurred)
    assert (error.error.kind, error.recoverable) == ("invalid_value", False)


def test_an_interruption_with_nothing_to_interrupt_sends_nothing() -> None:
    bench = Bench().ready()  # M16, P8
    before = len(bench.effects)
    with pytest.raises(NoTurn):
        bench.machine.command(ask.Interrupt(), 1)
    assert bench.effects[before:] == []


def test_an_answer_that_never_begins_times_out() -> None:
    bench = Bench().ready()
    bench.command(ask.SendText(text="hi"))
    bench.receive(wire.ItemAdded(item=wire.Item(item_id="i1", kind="message")))
    bench.report(reports.TimerFired("response"))
    (failed,) = bench.of(TurnFailed)
    assert failed.terminal_status == "timed_out"
    bench.receive(wire.ResponseCreated(response_id="late"))
    assert len(bench.sent_of(wire.CancelResponse)) == 1


def test_what_a_cancelled_response_cost_is_kept_as_evidence() -> None:
    bench = Bench().ready()  # P31, M32
    typed(bench)
    bench.command(ask.Interrupt())
    usage = Usage(input=3, output=4, total=7)
    bench.receive(wire.ResponseDone(response_id="r1", status="cancelled", usage=usage))
    assert [(event.turn_id, event.usage.total) for event in bench.of(UsageReported)] == [("t1", 7)]


def test_a_lost_connection_ends_the_turn_honestly() -> None:
    bench = Bench(SessionOptions(turn_detection="none", reconnect_tries=0)).ready()  # M28, P22
    typed(bench)
    bench.report(reports.LinkLost(ConnectionLost("gone").info))
    (failed,) = bench.of(TurnFailed)
    assert failed.error.kind == "connection_lost"
    assert bench.machine.state == "error"


def test_a_cancel_taken_before_the_completion_wins() -> None:
    bench = Bench().ready()  # P33
    typed(bench)
    bench.command(ask.Interrupt())
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert len(bench.of(TurnInterrupted)) == 1
    assert bench.of(TurnCompleted) == []


def test_a_second_end_of_a_response_changes_nothing() -> None:
    bench = Bench().ready()
    calling(bench, "a")
    before = len(bench.effects)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert bench.effects[before:] == []


def test_a_connection_lost_inside_a_batch_answers_its_calls() -> None:
    bench = Bench().ready()  # P20
    calling(bench, "a", "b")
    bench.report(reports.LinkLost(ConnectionLost("gone").info))
    assert [(event.call_id, event.ok) for event in bench.of(ToolResult)] == [("a", False), ("b", False)]


def test_a_server_that_begins_answers_without_end_is_remembered_for_a_while_only() -> None:
    bench = Bench().ready()  # M14, P31: what is forgotten shows in what is told of it, and the talk goes on
    for number in range(1000):
        bench.receive(wire.ResponseCreated(response_id=f"r{number}"))
        bench.command(ask.Interrupt())
    usage = Usage(input=1, output=1, total=2)
    for response_id in ("r0", "r999"):
        bench.receive(wire.ResponseDone(response_id=response_id, status="cancelled", usage=usage))
    assert [event.response_id for event in bench.of(UsageReported)] == ["r999"]
    oldest, *_, newest = (one.event_id for one in bench.sent_of(wire.CancelResponse))
    for event_id in (newest, oldest):
        bench.receive(wire.ProviderError(code="odd", message="no", caused_by=event_id))
    assert len(bench.of(ErrorOccurred)) == 1
    assert bench.command(ask.SendText(text="hello?"))
