"""Approval is part of the session: an event asks, a command answers, and nothing else does."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import (
    ApprovalRequested,
    PermissionDecided,
    ToolResult,
    TurnInterrupted,
    UserTranscript,
)
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.ports import ApprovalQuestion
from tests.core.machine.provider import Bench, calling, ended


def wants(bench: Bench, batch: str, call_id: str = "a") -> None:
    question = ApprovalQuestion(
        call_id=call_id, tool="clock", arguments={"zone": "\x1b[2J"}, reason="It changes.", scope="all of it"
    )
    bench.report(reports.ApprovalWanted(batch, question))


def rulings(bench: Bench) -> list[tuple[str, ask.Verdict, str]]:
    return [
        (one.call_id, one.ruling.verdict, one.ruling.by)
        for one in bench.effects
        if isinstance(one, do.Resolve)
    ]


def test_a_waiting_call_is_told_with_all_that_a_human_must_know():
    bench = Bench().ready()  # P18, P19
    wants(bench, calling(bench, "a"))
    (asked,) = bench.of(ApprovalRequested)
    assert (asked.name, asked.reason, asked.scope) == ("clock", "It changes.", "all of it")
    assert asked.arguments == '{"zone":"\\u001b[2J"}'
    assert rulings(bench) == []


@pytest.mark.parametrize("verdict", ["allow", "allow_session", "allow_always", "deny"])
def test_the_word_is_logged_before_the_call_gets_it(verdict: ask.Verdict):
    bench = Bench().ready()  # P18, P19
    wants(bench, calling(bench, "a"))
    assert bench.command(ask.Answer(call_id="a", verdict=verdict))
    (decided,) = bench.of(PermissionDecided)
    assert (decided.call_id, decided.allowed, decided.by) == ("a", verdict != "deny", "user")
    assert rulings(bench) == [("a", verdict, "user")]
    emitted = next(n for n, one in enumerate(bench.effects) if one == do.Emit(decided))
    assert isinstance(bench.effects[emitted + 1], do.Resolve)


def test_the_first_word_counts_and_a_word_nobody_asked_for_is_refused():
    bench = Bench().ready()
    batch = calling(bench, "a", "b")
    wants(bench, batch)
    for call_id in ("b", "x"):
        with pytest.raises(InvalidArguments):
            bench.machine.command(ask.Answer(call_id=call_id, verdict="allow"), 1)
    bench.command(ask.Answer(call_id="a", verdict="deny"))
    with pytest.raises(InvalidArguments):
        bench.machine.command(ask.Answer(call_id="a", verdict="allow"), 1)
    assert rulings(bench) == [("a", "deny", "user")]


def test_with_nobody_there_the_call_is_denied_at_once_and_the_turn_goes_on():
    bench = Bench(attended=False).ready()  # P19, C18
    batch = calling(bench, "a")
    wants(bench, batch)
    (decided,) = bench.of(PermissionDecided)
    assert (decided.allowed, decided.by) == (False, "no_asker")
    assert rulings(bench) == [("a", "deny", "no_asker")]
    assert bench.of(ApprovalRequested) == []
    ended(bench, batch, "a")
    bench.report(reports.BatchFinished(batch))
    assert isinstance(bench.sent[-1], wire.CreateResponse)


def test_an_interruption_answers_the_waiting_call_once_and_a_later_word_is_refused():
    bench = Bench().ready()  # M4, P20
    batch = calling(bench, "a")
    wants(bench, batch)
    bench.command(ask.Interrupt())
    bench.command(ask.Interrupt())
    assert [(one.call_id, one.ok) for one in bench.of(ToolResult)] == [("a", False)]
    assert [one for one in bench.effects if isinstance(one, do.CancelTools)] == [do.CancelTools(batch)]
    assert not bench.command(ask.Answer(call_id="a", verdict="allow"))
    wants(bench, batch)
    assert rulings(bench) == []
    assert len(bench.of(ApprovalRequested)) == 1


def test_a_spoken_yes_approves_nothing():
    options = SessionOptions(turn_detection=ServerVad())
    bench = Bench(options).ready()  # P19: only the command does
    wants(bench, calling(bench, "a"))
    bench.receive(
        wire.UserSpeechStarted(item_id="u1", at_ms=0),
        wire.UserSpeechStopped(item_id="u1", at_ms=400),
        wire.AudioCommitted(item_id="u1"),
        wire.InputTranscript(item_id="u1", text="yes, do it"),
    )
    assert [one.text for one in bench.of(UserTranscript)] == ["yes, do it"]
    assert [one.reason for one in bench.of(TurnInterrupted)] == ["barge_in"]
    assert bench.of(PermissionDecided) == []
    assert rulings(bench) == []


def test_speech_that_may_not_interrupt_leaves_the_call_waiting():
    options = SessionOptions(turn_detection=ServerVad(), allow_interruptions=False)
    bench = Bench(options).ready()  # T11
    wants(bench, calling(bench, "a"))
    bench.receive(wire.UserSpeechStarted(item_id="u1", at_ms=0))
    assert rulings(bench) == []
    assert bench.command(ask.Answer(call_id="a", verdict="allow"))
    assert rulings(bench) == [("a", "allow", "user")]


def test_what_was_decided_without_asking_is_told_for_a_call_that_runs():
    bench = Bench().ready()  # P18
    batch = calling(bench, "a")
    decision = PermissionDecided(call_id="a", name="clock", allowed=True, by="rule", reason="so")
    bench.report(reports.PermissionSettled("batch_7", decision))
    assert bench.of(PermissionDecided) == []
    bench.report(reports.PermissionSettled(batch, decision))
    assert bench.of(PermissionDecided) == [decision]
