"""What the machine tells of an error, a limit and a cut: whole, of the right turn, and no more than happened."""

from collections.abc import Callable

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import Category, ConnectionLost, ErrorInfo, Rejected
from realtime_chat.core.events import (
    AnswerHeard,
    AssistantMessage,
    ErrorOccurred,
    LinkState,
    Noticed,
    RateLimited,
    ResponseStarted,
    ToolBatchSubmitted,
    ToolCallStarted,
    ToolResult,
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
    Usage,
    UsageReported,
)
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import ApprovalQuestion, ToolOutcome
from tests.core.machine.provider import Bench, call, calling, sound, typed


def committed(bench: Bench) -> wire.CreateResponse:
    """A spoken turn that waits for its answer; the request for it."""
    bench.machine.audio_appended(pcm_bytes(500))
    bench.command(ask.CommitAudio())
    return bench.sent_of(wire.CreateResponse)[-1]


def test_an_error_that_is_not_about_the_answer_is_told_and_the_turn_goes_on() -> None:
    bench = Bench().ready()  # M14
    typed(bench)
    bench.receive(wire.ProviderError(code="invalid_value", message="bad", caused_by="another"))
    assert [one.error.details for one in bench.of(ErrorOccurred)] == [{}]
    assert bench.of(TurnFailed) == []
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert bench.machine.turn is None


def test_an_error_about_something_else_does_not_end_a_turn_whose_sound_has_no_place_yet() -> None:
    bench = Bench().ready()
    committed(bench)
    bench.receive(wire.ProviderError(code="invalid_value", message="bad", caused_by="another"))
    assert bench.of(TurnFailed) == []
    typed_turn = Bench().ready()
    typed(typed_turn)
    typed_turn.receive(wire.ProviderError(code="input_audio_buffer_commit_empty", message="Nothing."))
    assert typed_turn.of(TurnFailed) == []


def test_an_error_names_the_field_it_is_about() -> None:
    bench = Bench().ready()
    bench.receive(wire.ProviderError(code="invalid_value", message="bad", param="item.content"))
    assert [one.error.details for one in bench.of(ErrorOccurred)] == [{"param": "item.content"}]


def test_a_refused_request_fails_its_turn_with_the_providers_words() -> None:
    bench = Bench().ready()
    bench.command(ask.SendText(text="hi"))
    (request,) = bench.sent_of(wire.CreateResponse)
    bench.receive(wire.ProviderError(code="invalid_value", message="bad", caused_by=request.event_id))
    assert [one.error.message for one in bench.of(TurnFailed)] == ["bad"]


def test_an_answer_to_sound_that_the_provider_did_not_have_is_cancelled_as_it_begins() -> None:
    bench = Bench().ready()
    request = committed(bench)
    bench.receive(wire.ProviderError(code="input_audio_buffer_commit_empty", message="Nothing to commit."))
    assert [one.error.kind for one in bench.of(TurnFailed)] == ["input_audio_buffer_commit_empty"]
    bench.receive(wire.ResponseCreated(response_id="r1", metadata=request.metadata))
    assert [one.response_id for one in bench.sent_of(wire.CancelResponse)] == ["r1"]
    assert bench.of(ResponseStarted) == []


def test_a_configuration_that_is_refused_ends_the_session_and_says_why() -> None:
    bench = Bench()
    bench.report(reports.LinkOpening())
    bench.receive(wire.SessionCreated())
    bench.receive(
        wire.ProviderError(code="invalid_value", message="No such voice.", error_type="invalid_request")
    )
    (told,) = bench.of(ErrorOccurred)
    assert (told.error.message, told.recoverable) == ("No such voice.", told.error.recoverable)
    (left,) = [one for one in bench.effects if isinstance(one, do.Disconnect)]
    assert left == do.Disconnect("server", told.error)


def test_a_session_that_cannot_go_on_says_that_it_cannot() -> None:
    bench = Bench(attended=False).ready()
    bench.report(reports.LinkLost(Rejected("The key was refused. Check it.").info))
    assert [one.recoverable for one in bench.of(ErrorOccurred)] == [False]


def test_giving_up_for_now_is_told_as_what_may_be_tried_again() -> None:
    bench = Bench(SessionOptions(turn_detection="none", reconnect_tries=1)).ready()  # J16
    for _ in range(2):
        bench.report(reports.LinkLost(ConnectionLost("gone").info))
    assert bench.machine.link is LinkState.PAUSED
    assert bench.of(ErrorOccurred)[-1].recoverable


@pytest.mark.parametrize(("remaining", "told"), [(5, [1500]), (6, [])])
def test_a_limit_is_news_when_a_twentieth_of_it_is_left_and_says_when_it_is_whole(
    remaining: int, told: list[int]
) -> None:
    bench = Bench().ready()
    limit = {"name": "tokens", "limit": 100, "remaining": remaining, "reset_seconds": 1.5}
    bench.receive(wire.RateLimits(limits=(limit, {"name": "requests", "limit": 100, "remaining": 100})))
    assert [one.reset_ms for one in bench.of(RateLimited)] == told


@pytest.mark.parametrize(("reason", "told"), [("turn_detected", "barge_in"), ("client_cancelled", "error")])
def test_a_response_that_others_cancelled_interrupts_its_turn_and_says_by_whom(
    reason: str, told: str
) -> None:
    bench = Bench().ready()
    typed(bench)
    bench.receive(wire.ResponseDone(response_id="r1", status="cancelled", reason=reason, items=(call("a"),)))
    assert [one.reason for one in bench.of(TurnInterrupted)] == [told]
    assert [(one.call_id, one.ok, one.error and one.error.kind) for one in bench.of(ToolResult)] == [
        ("a", False, "incomplete_call")
    ]


def test_a_call_is_told_as_it_begins_also_where_it_has_no_name_yet() -> None:
    bench = Bench().ready()
    typed(bench)
    for name in ("clock", None):
        item = wire.Item(item_id="i1", kind="function_call", call_id="a", name=name)
        bench.receive(wire.OutputItemAdded(response_id="r1", item=item))
    assert [(one.turn_id, one.call_id, one.name) for one in bench.of(ToolCallStarted)] == [
        ("t1", "a", "clock"),
        ("t1", "a", ""),
    ]


@pytest.mark.parametrize("cut", [False, True])
def test_an_outcome_goes_to_the_model_as_the_output_of_its_call(cut: bool) -> None:
    bench = Bench(SessionOptions(turn_detection="none", on_interrupt="submit")).ready()  # M5, M17
    batch = calling(bench, "a")
    outcome = ToolOutcome(call_id="a", name="clock", ok=True, output="out a", duration_ms=7)
    bench.report(reports.ToolFinished(batch, outcome))
    if cut:
        bench.command(ask.Interrupt())
    else:
        bench.report(reports.BatchFinished(batch))
    assert [(one.output, one.duration_ms) for one in bench.of(ToolResult)] == [("out a", 7)]
    output = wire.Item(item_id="", kind="function_call_output", call_id="a", output="out a")
    assert bench.sent_of(wire.CreateItem)[-1].item == output
    assert [(one.turn_id, one.call_ids) for one in bench.of(ToolBatchSubmitted)] == [("t1", ["a"])]


def test_a_call_that_the_end_of_its_response_does_not_repeat_runs_all_the_same() -> None:
    bench = Bench().ready()
    typed(bench)
    bench.receive(wire.OutputItemDone(response_id="r1", item=call("a")))
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert [[one.call_id for one in batch.calls] for batch in bench.batches] == [["a"]]


def test_what_an_answer_cost_that_nobody_wanted_any_more_is_told() -> None:
    bench = Bench().ready()  # M32
    bench.command(ask.SendText(text="hi"))
    bench.command(ask.Interrupt())
    bench.receive(wire.ResponseCreated(response_id="late"))
    usage = Usage(input=3, output=4, total=7)
    bench.receive(wire.ResponseDone(response_id="late", status="cancelled", usage=usage))
    assert [(one.response_id, one.usage.total) for one in bench.of(UsageReported)] == [("late", 7)]


def test_a_batch_that_ends_without_an_outcome_is_answered_all_the_same() -> None:
    bench = Bench().ready()  # P20
    bench.report(reports.BatchFinished(calling(bench, "a")))
    assert [one.error and one.error.kind for one in bench.of(ToolResult)] == ["no_outcome"]
    assert "tools" not in bench.timers


def test_nobody_is_asked_about_a_call_that_is_none_of_the_batch() -> None:
    bench = Bench().ready()
    batch = calling(bench, "a")
    before = len(bench.effects)
    question = ApprovalQuestion(call_id="b", tool="clock", arguments={}, reason="", scope="")
    bench.report(reports.ApprovalWanted(batch, question))
    assert bench.effects[before:] == []


def test_silence_that_nobody_asked_for_changes_nothing() -> None:
    bench = Bench(speaker=True).ready()
    typed(bench)
    before = len(bench.effects)
    bench.report(reports.PlaybackFlushed({}))
    assert bench.effects[before:] == []


@pytest.mark.parametrize("interrupts", [None, False])
def test_an_answer_that_begins_while_the_user_speaks_is_nobodys(interrupts: bool | None) -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad(interrupt_response=interrupts))).ready()
    bench.receive(wire.UserSpeechStarted(item_id="u1"))
    bench.receive(wire.ResponseCreated(response_id="early"))
    bench.receive(wire.OutputTextDelta(response_id="early", item_id="i1", delta="Well,"))
    assert bench.of(ResponseStarted) == []
    cancelled = [one.response_id for one in bench.sent_of(wire.CancelResponse)]
    assert cancelled == ([] if interrupts is None else ["early"])  # else it cancels by itself


def test_a_frame_that_cannot_be_read_is_told_and_nothing_ends() -> None:
    bench = Bench().ready()
    bench.receive(wire.Malformed(detail="half a frame"))
    (told,) = bench.of(ErrorOccurred)
    assert (told.error.kind, told.recoverable) == ("parse_error", True)
    assert "half a frame" in told.error.message
    assert bench.machine.link is LinkState.READY


def test_a_speaker_that_goes_away_in_the_middle_of_an_answer_cuts_it() -> None:
    bench = Bench(speaker=True).ready()
    typed(bench)
    sound(bench, 1000)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    bench.ledger["i1"] = 400
    bench.report(reports.PlaybackEnded("t0", cut=True))
    assert bench.of(TurnInterrupted) == []
    bench.report(reports.PlaybackEnded("t1", cut=True))
    assert [one.reason for one in bench.of(TurnInterrupted)] == ["device_lost"]
    assert [(one.played_ms, one.produced_ms) for one in bench.of(AnswerHeard)] == [(400, 1000)]


def test_the_end_of_an_earlier_batch_ends_no_other() -> None:
    bench = Bench().ready()  # J25
    earlier = calling(bench, "a")
    bench.command(ask.Interrupt())
    bench.command(ask.SendText(text="again"))
    bench.receive(wire.ResponseCreated(response_id="r2"))
    bench.receive(wire.ResponseDone(response_id="r2", status="completed", items=(call("b"),)))
    bench.report(reports.BatchFinished(earlier))
    assert [one.call_id for one in bench.of(ToolResult)] == ["a"]
    bench.report(reports.BatchFinished(bench.batches[-1].batch_id))
    assert [one.call_id for one in bench.of(ToolResult)] == ["a", "b"]


def test_calls_run_in_the_order_of_the_responses_end_and_then_the_others() -> None:
    bench = Bench().ready()
    typed(bench)
    for call_id in ("c", "b", "a"):
        bench.receive(wire.OutputItemDone(response_id="r1", item=call(call_id)))
    words = wire.Item(item_id="i1", kind="message", role="assistant", text="Well.", call_id="none")
    bench.receive(
        wire.ResponseDone(response_id="r1", status="completed", items=(words, call("a"), call("b")))
    )
    assert [one.call_id for one in bench.batches[-1].calls] == ["a", "b", "c"]


def test_an_items_sound_is_complete_when_its_response_says_so_and_nobody_elses() -> None:
    bench = Bench(speaker=True).ready()
    typed(bench)
    sound(bench, 100)
    bench.receive(wire.AudioDone(response_id="r9", item_id="i9"))
    bench.receive(wire.AudioDone(response_id="r1", item_id="i1"))
    assert [one for one in bench.effects if isinstance(one, do.FinishPlayback)] == [do.FinishPlayback("i1")]


@pytest.mark.parametrize("spoken", [True, False])
def test_words_that_come_only_whole_are_an_answer_that_was_spoken_or_written(spoken: bool) -> None:
    bench = Bench().ready()
    typed(bench)
    kind = wire.OutputTranscript if spoken else wire.OutputText
    bench.receive(kind(response_id="r1", item_id="i1", text="Four."))
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert [(one.text, one.spoken) for one in bench.of(AssistantMessage)] == [("Four.", spoken)]


@pytest.mark.parametrize("emptied", ["committed", "cleared"])
def test_after_what_was_said_is_sent_or_forgotten_there_is_nothing_to_send(emptied: str) -> None:
    bench = Bench().ready()  # J23
    bench.machine.audio_appended(pcm_bytes(500))
    bench.command(ask.CommitAudio() if emptied == "committed" else ask.ClearAudio())
    bench.command(ask.Interrupt())
    bench.command(ask.CommitAudio())
    assert [one.text for one in bench.of(Noticed)] == ["There is no buffered audio to send."]


def _worst(error: ErrorInfo) -> Category | None:
    return Category.FATAL if error.kind == "quota" else None


def _broken(error: ErrorInfo) -> Category | None:
    raise KeyError(error.kind)


@pytest.mark.parametrize(
    ("classify", "code", "recoverable"),
    [(_worst, "quota", False), (_worst, "invalid_value", True), (_broken, "quota", True)],
)
def test_an_error_weighs_what_the_agent_says_where_it_says_anything(
    classify: Callable[[ErrorInfo], Category | None], code: str, recoverable: bool
) -> None:
    bench = Bench()  # J24
    bench.machine = SessionMachine(SessionOptions(turn_detection="none"), classify=classify)
    bench.ready().receive(wire.ProviderError(code=code, message="No."))
    assert [(one.error.message, one.recoverable) for one in bench.of(ErrorOccurred)] == [("No.", recoverable)]


def test_a_turn_tells_how_long_it_took() -> None:
    bench = Bench().ready()
    typed(bench)
    bench.now += 2
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert [round(one.duration_ms, -2) for one in bench.of(TurnCompleted)] == [2000]
