"""Where a turn of tools ends that would not end by itself."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.events import (
    AssistantMessage,
    ToolCall,
    ToolResult,
    TurnCompleted,
    TurnFailed,
)
from realtime_chat.core.machine import reports
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import ToolOutcome
from tests.core.machine.provider import Bench, call, ended


def bench_with(*, rounds: int, mistakes: int) -> Bench:
    options = SessionOptions(turn_detection="none", max_iterations=rounds, max_consecutive_mistakes=mistakes)
    return Bench(options).ready()


def play(bench: Bench, rounds: str) -> None:
    """One turn of tools: a letter is a call that went well (o) or did not (x), a word is a round of calls."""
    bench.command(ask.SendText(text="hi"))
    for calls in rounds.split():
        answer(bench, *(f"{letter}{len(bench.of(ToolCall)) + place}" for place, letter in enumerate(calls)))
        batch = bench.batches[-1]
        for request in batch.calls:
            outcome = ToolOutcome(
                call_id=request.call_id, name="clock", ok=request.call_id.startswith("o"), output="out"
            )
            bench.report(reports.ToolFinished(batch.batch_id, outcome))
        bench.report(reports.BatchFinished(batch.batch_id))


def answer(bench: Bench, *call_ids: str, text: str = "") -> None:
    """The model's next answer: words, calls, or both."""
    response_id = f"r{len(bench.sent_of(wire.CreateResponse)) + 10}"
    bench.receive(wire.ResponseCreated(response_id=response_id))
    if text:
        bench.receive(wire.OutputText(response_id=response_id, item_id="i1", text=text))
    items = tuple(call(one) for one in call_ids)
    bench.receive(wire.ResponseDone(response_id=response_id, status="completed", items=items))


def may_use_tools(bench: Bench) -> list[bool]:
    """Of each answer that was asked for."""
    return [one.tool_choice != "none" for one in bench.sent_of(wire.CreateResponse)]


@pytest.mark.parametrize(
    ("limits", "rounds", "goes_on"),
    [
        ((25, 3), "x x", True),
        ((25, 3), "x x x", False),
        ((25, 3), "xx x xxx", False),
        ((25, 3), "x x o x x", True),
        ((25, 3), "x x xo x x", True),
        ((25, 3), "o x x x", False),
        ((25, 1), "x", False),
        ((25, 0), "x " * 24, True),
        ((25, 0), "x " * 25, False),
        ((25, 3), "o " * 24, True),
        ((25, 3), "o " * 25, False),
        ((2, 3), "ooo o", False),
        ((0, 0), "x o " * 50, True),
    ],
)
def test_at_a_limit_the_model_is_asked_once_more_without_tools(
    limits: tuple[int, int], rounds: str, goes_on: bool
) -> None:
    # X11, X17
    bench = bench_with(rounds=limits[0], mistakes=limits[1])
    play(bench, rounds)
    *before, last = may_use_tools(bench)
    assert all(before)
    assert last is goes_on
    answer(bench, text="That is how far I came.")
    assert len(bench.of(TurnCompleted)) == 1


@pytest.mark.parametrize(
    ("limits", "rounds", "kind", "why"),
    [
        ((25, 2), "x x", "max_consecutive_mistakes", "Tools failed 2 times in a row"),
        ((2, 3), "x o", "max_iterations", "Tools were used 2 times in this turn"),
        ((1, 3), "o", "max_iterations", "Tools were used once in this turn"),
    ],
)
def test_a_model_that_calls_all_the_same_ends_its_turn(
    limits: tuple[int, int], rounds: str, kind: str, why: str
) -> None:
    # X11, X17, P20, P21
    bench = bench_with(rounds=limits[0], mistakes=limits[1])
    play(bench, rounds)
    answer(bench, "again", text="Once more:")
    assert len(bench.batches) == len(rounds.split())
    refused = bench.of(ToolResult)[-1]
    assert (refused.call_id, refused.ok, refused.error and refused.error.kind) == ("again", False, kind)
    (failed,) = bench.of(TurnFailed)
    assert failed.error.message.startswith(why)
    assert (failed.terminal_status, failed.error.kind, failed.error.recoverable) == (
        "partial_failed",
        kind,
        True,
    )
    assert [one.text for one in bench.of(AssistantMessage)] == ["Once more:"]
    assert len(bench.sent_of(wire.CreateResponse)) == len(rounds.split()) + 1


@pytest.mark.parametrize("begins", ["before the calls", "while they run"])
def test_an_answer_beside_a_batch_takes_nothing_from_it(begins: str) -> None:
    # M5, P20
    bench = Bench().ready()
    bench.command(ask.SendText(text="hi"))
    bench.receive(wire.ResponseCreated(response_id="r1"))
    second = wire.ResponseCreated(response_id="r2")
    if begins == "before the calls":
        bench.receive(second)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed", items=(call("a"),)))
    if begins == "while they run":
        bench.receive(second)
    bench.receive(wire.ResponseDone(response_id="r2", status="completed", items=(call("b"),)))
    (batch,) = bench.batches
    ended(bench, batch.batch_id, "a")
    bench.report(reports.BatchFinished(batch.batch_id))
    answer(bench, text="So it is.")
    assert [(one.call_id, one.ok) for one in bench.of(ToolResult)] == [("a", True)]
    assert len(bench.of(TurnCompleted)) == 1


@pytest.mark.parametrize("ok", [True, False])
def test_after_a_halt_the_model_answers_without_tools_and_the_next_turn_has_them(ok: bool) -> None:
    # X19
    bench = bench_with(rounds=0, mistakes=0)
    bench.command(ask.SendText(text="hi"))
    answer(bench, "a", "b")
    (batch,) = bench.batches
    for call_id, halt in (("a", True), ("b", False)):
        outcome = ToolOutcome(call_id=call_id, name="clock", ok=ok, output="out", halt=halt)
        bench.report(reports.ToolFinished(batch.batch_id, outcome))
    bench.report(reports.BatchFinished(batch.batch_id))
    answer(bench, text="I was stopped.")
    bench.command(ask.SendText(text="go on"))
    assert may_use_tools(bench) == [True, False, True]


def test_the_next_turn_begins_anew() -> None:
    # X17
    bench = bench_with(rounds=25, mistakes=2)
    play(bench, "x x")
    answer(bench, text="It does not work.")
    play(bench, "x")
    assert may_use_tools(bench) == [True, True, False, True, True]


def test_a_last_answer_that_was_refused_for_now_is_asked_for_again_without_tools() -> None:
    # X17
    bench = bench_with(rounds=25, mistakes=1)
    play(bench, "x")
    request = bench.sent_of(wire.CreateResponse)[-1]
    code = "conversation_already_has_active_response"
    bench.receive(
        wire.ProviderError(code=code, message="busy", caused_by=request.event_id),
        wire.ResponseDone(response_id="other", status="completed"),
    )
    assert may_use_tools(bench) == [True, False, False]
