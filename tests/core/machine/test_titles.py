"""A title is asked for beside the talk, never in the way of it, and hurts nobody when it fails."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.events import ErrorOccurred, SessionTitled, TurnCompleted, Usage, UsageReported
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.sequencer import ALREADY_ACTIVE
from realtime_chat.core.machine.titles import REQUEST, TITLE, TRIES
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import Capabilities
from tests.core.machine.provider import Bench

ABLE = Capabilities(out_of_band=True)
GONE = ErrorInfo(kind="connection_lost", message="gone", category=Category.RETRYABLE)


def bench_of(options: SessionOptions | None = None, able: Capabilities = ABLE) -> Bench:
    bench = Bench(options or SessionOptions(turn_detection="none", titles=True))
    bench.report(reports.LinkOpening())
    bench.report(reports.LinkOpened(None, able))
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())
    return bench


def turn(bench: Bench, number: int) -> None:
    """A typed turn, answered."""
    bench.command(ask.SendText(text=f"question {number}"))
    begin(bench, f"r{number}")
    finish(bench, f"r{number}", f"answer {number}")


def begin(bench: Bench, response: str) -> None:
    """What was asked for last begins."""
    request = bench.sent_of(wire.CreateResponse)[-1]
    bench.receive(wire.ResponseCreated(response_id=response, metadata=request.metadata))


def finish(bench: Bench, response: str, text: str = "", status: wire.ResponseStatus = "completed") -> None:
    items = (wire.Item(item_id=f"i_{response}", kind="message", role="assistant", text=text),) if text else ()
    usage = Usage(input=3, total=3)
    bench.receive(wire.ResponseDone(response_id=response, status=status, items=items, usage=usage))


def asides(bench: Bench) -> list[wire.CreateResponse]:
    return [each for each in bench.sent_of(wire.CreateResponse) if each.out_of_band]


def asked_for(bench: Bench | None = None) -> Bench:
    """Two turns, and a request for a title."""
    bench = bench or bench_of()
    turn(bench, 1)
    turn(bench, 2)
    return bench


def test_after_two_turns_a_title_is_asked_for_beside_the_talk() -> None:
    bench = bench_of()
    turn(bench, 1)
    assert asides(bench) == []
    turn(bench, 2)
    (request,) = asides(bench)
    assert (request.text_only, request.tool_choice, request.instructions) == (True, "none", REQUEST)
    assert (request.metadata or {})["purpose"] == "title"
    assert request.input is not None
    assert request.input[0].text == (
        "User: question 1\nAssistant: answer 1\nUser: question 2\nAssistant: answer 2"
    )


def test_it_becomes_a_fact_costs_what_it_costs_and_is_no_turn() -> None:
    bench = asked_for()
    begin(bench, "rt")
    finish(bench, "rt", ' "Two small\nquestions" ')
    assert [one.title for one in bench.of(SessionTitled)] == ["Two small questions"]
    assert [one.response_id for one in bench.of(UsageReported)] == ["r1", "r2", "rt"]
    assert (bench.of(UsageReported)[-1].turn_id, bench.of(UsageReported)[-1].status) == ("", "completed")
    assert len(bench.of(TurnCompleted)) == 2
    turn(bench, 3)
    assert len(asides(bench)) == 1


def test_a_long_one_is_cut() -> None:
    bench = asked_for()
    begin(bench, "rt")
    finish(bench, "rt", "x" * 500)
    (titled,) = bench.of(SessionTitled)
    assert len(titled.title) <= TITLE


@pytest.mark.parametrize(
    "bench",
    [
        bench_of(able=Capabilities()),
        bench_of(SessionOptions(turn_detection="none")),
    ],
    ids=["not able", "not wanted"],
)
def test_nothing_is_asked_where_it_cannot_be_had_or_is_not_wanted(bench: Bench) -> None:
    assert asides(asked_for(bench)) == []


def test_nothing_is_asked_while_the_user_holds_the_key() -> None:
    bench = bench_of()
    turn(bench, 1)
    bench.command(ask.SendText(text="question 2"))
    bench.machine.audio_appended(pcm_bytes(200))
    begin(bench, "r2")
    finish(bench, "r2", "answer 2")
    assert asides(bench) == []
    bench.command(ask.ClearAudio())
    assert len(asides(bench)) == 1


def test_a_talk_that_its_user_named_is_asked_for_no_title() -> None:
    bench = bench_of()
    bench.command(ask.Rename(name="Lisbon"))
    assert asides(asked_for(bench)) == []


def test_a_turn_that_begins_cancels_it_and_waits_for_its_end_only() -> None:
    bench = asked_for()
    begin(bench, "rt")
    bench.command(ask.SendText(text="question 3"))
    (cancel,) = bench.sent_of(wire.CancelResponse)
    assert cancel.response_id == "rt"
    assert bench.sent_of(wire.CreateResponse)[-1].out_of_band  # the answer is not asked for yet
    finish(bench, "rt", status="cancelled")
    begin(bench, "r3")
    finish(bench, "r3", "answer 3")
    assert len(bench.of(TurnCompleted)) == 3
    assert len(asides(bench)) == TRIES  # once more, now that it is quiet


def test_an_answer_does_not_wait_for_a_title_that_has_not_begun() -> None:
    bench = asked_for()
    late = asides(bench)[0]
    bench.command(ask.SendText(text="question 3"))
    request = bench.sent_of(wire.CreateResponse)[-1]
    assert not request.out_of_band
    bench.receive(wire.ResponseCreated(response_id="rt", metadata=late.metadata))
    assert bench.sent_of(wire.CancelResponse)[-1].response_id == "rt"
    bench.receive(wire.ProviderError(code=ALREADY_ACTIVE, message="busy", caused_by=request.event_id))
    finish(bench, "rt", status="cancelled")
    begin(bench, "r3")
    finish(bench, "r3", "answer 3")
    assert len(bench.of(TurnCompleted)) == 3
    assert bench.of(ErrorOccurred) == []


@pytest.mark.parametrize("status", ["failed", "cancelled", "incomplete"])
def test_one_that_fails_is_tried_once_more_and_then_never(status: wire.ResponseStatus) -> None:
    bench = asked_for()
    for number in range(TRIES):
        begin(bench, f"rt{number}")
        finish(bench, f"rt{number}", "half", status)
    assert len(asides(bench)) == TRIES
    assert bench.of(SessionTitled) == []
    turn(bench, 3)
    assert len(bench.of(TurnCompleted)) == 3


def test_a_refusal_is_nobodys_news() -> None:
    bench = asked_for()
    refused = wire.ProviderError(code="invalid_value", message="no", caused_by=asides(bench)[0].event_id)
    bench.receive(refused)
    assert bench.of(ErrorOccurred) == []
    turn(bench, 3)
    assert len(bench.of(TurnCompleted)) == 3


def test_speech_cancels_it_before_the_provider_answers_by_itself() -> None:
    options = SessionOptions(turn_detection=ServerVad(), titles=True, modalities=("text",))
    bench = asked_for(bench_of(options))
    begin(bench, "rt")
    bench.receive(wire.UserSpeechStarted(item_id="u3"))
    assert bench.sent_of(wire.CancelResponse)[-1].response_id == "rt"
    bench.receive(wire.UserSpeechStopped(item_id="u3"), wire.AudioCommitted(item_id="u3"))
    bench.receive(wire.ResponseCreated(response_id="r3"))
    finish(bench, "rt", status="cancelled")
    finish(bench, "r3", "answer 3")
    assert len(bench.of(TurnCompleted)) == 3


def test_a_lost_connection_forgets_it() -> None:
    bench = asked_for()
    begin(bench, "rt")
    bench.report(reports.LinkLost(GONE))
    bench.report(reports.LinkOpening())
    bench.report(reports.LinkOpened(None, ABLE))
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())
    turn(bench, 3)
    assert len(bench.of(TurnCompleted)) == 3
