"""A word that bridges the wait for tools, where answers sound: asked for once, never in the way of the real answer."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.events import (
    AssistantMessage,
    ErrorOccurred,
    Noticed,
    ToolResult,
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
    TurnPhase,
)
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.sequencer import ALREADY_ACTIVE
from tests.core.machine.provider import Bench, call, calling, ended, sound

BRIDGE = "Still running: clock.\nTell the user in a few words that it takes a while; the result comes later."


def waiting(*call_ids: str) -> tuple[Bench, str]:
    """Tools that run for long; the model was told, and asked for a word."""
    bench = Bench(speaker=True).ready()
    batch = calling(bench, *(call_ids or ("a",)))
    bench.fire("tools")
    return bench, batch


def bridging(bench: Bench, words: str = "One moment.") -> None:
    """The word, spoken; it has not ended."""
    request = bench.sent_of(wire.CreateResponse)[-1]
    bench.receive(
        wire.ResponseCreated(response_id="r2", metadata=request.metadata),
        wire.OutputTranscriptDelta(response_id="r2", item_id="i2", delta=words),
    )
    sound(bench, 500, item="i2", response="r2")


def done(bench: Bench, response: str, *items: wire.Item, status: wire.ResponseStatus = "completed") -> None:
    bench.receive(wire.ResponseDone(response_id=response, status=status, items=items))


def finish(bench: Bench, batch: str, *call_ids: str) -> None:
    for call_id in call_ids or ("a",):
        ended(bench, batch, call_id)
    bench.report(reports.BatchFinished(batch))


def answered(bench: Bench) -> None:
    """The answer that counts, heard to its end."""
    request = bench.sent_of(wire.CreateResponse)[-1]
    bench.receive(wire.ResponseCreated(response_id="r3", metadata=request.metadata))
    bench.receive(wire.OutputTranscript(response_id="r3", item_id="i3", text="Nine."))
    sound(bench, 300, item="i3", response="r3")
    done(bench, "r3")
    bench.report(reports.PlaybackEnded("t1"))


def said(bench: Bench) -> list[str]:
    return [one.text for one in bench.of(AssistantMessage)]


def test_the_model_is_told_and_asked_for_a_word_without_tools() -> None:
    bench, _ = waiting()
    *_, told, asked = bench.sent
    assert isinstance(told, wire.CreateItem)
    assert (told.item.role, told.item.text) == ("system", BRIDGE)
    assert isinstance(asked, wire.CreateResponse)
    assert asked.tool_choice == "none"
    assert len(bench.of(Noticed)) == 1


def test_the_word_is_said_and_logged_while_the_tools_run_on() -> None:
    bench, batch = waiting()
    bridging(bench)
    done(bench, "r2")
    assert said(bench) == ["One moment."]
    assert bench.machine.turn is not None
    assert bench.machine.turn.phase is TurnPhase.ACTING
    finish(bench, batch)
    assert bench.sent_of(wire.CreateResponse)[-1].tool_choice is None
    answered(bench)
    assert said(bench) == ["One moment.", "Nine."]
    assert len(bench.of(TurnCompleted)) == 1


def test_tools_that_end_meanwhile_are_answered_at_once_and_the_answer_waits_for_the_words_end() -> None:
    bench, batch = waiting()
    bridging(bench)
    requests = len(bench.sent_of(wire.CreateResponse))
    finish(bench, batch)
    assert isinstance(bench.sent[-1], wire.CreateItem)
    assert len(bench.sent_of(wire.CreateResponse)) == requests
    done(bench, "r2")
    assert len(bench.sent_of(wire.CreateResponse)) == requests + 1
    assert bench.of(TurnCompleted) == []
    answered(bench)
    assert len(bench.of(TurnCompleted)) == 1


def test_tools_that_end_before_the_word_began_wait_for_it_too() -> None:
    bench, batch = waiting()
    finish(bench, batch)
    bridging(bench)
    done(bench, "r2")
    answered(bench)
    assert said(bench) == ["One moment.", "Nine."]
    assert len(bench.of(TurnCompleted)) == 1


@pytest.mark.parametrize("status", ["failed", "incomplete", "cancelled"])
def test_a_word_that_fails_harms_nothing(status: wire.ResponseStatus) -> None:
    bench, batch = waiting()
    bridging(bench)
    done(bench, "r2", status=status)
    finish(bench, batch)
    answered(bench)
    assert len(bench.of(TurnCompleted)) == 1
    assert bench.of(TurnFailed) == []


@pytest.mark.parametrize("code", ["invalid_request_error", ALREADY_ACTIVE])
def test_a_word_that_is_refused_is_done_without(code: str) -> None:
    bench, batch = waiting()
    request = bench.sent_of(wire.CreateResponse)[-1]
    bench.receive(wire.ProviderError(code=code, message="No.", caused_by=request.event_id))
    assert bench.of(ErrorOccurred) == []
    if code == ALREADY_ACTIVE:
        done(bench, "someone's")
    finish(bench, batch)
    answered(bench)
    assert len(bench.of(TurnCompleted)) == 1
    assert len(bench.sent_of(wire.CreateResponse)) == 3


def test_a_word_that_calls_tools_gets_refusals_and_one_answer_for_each() -> None:
    bench, batch = waiting()
    bridging(bench)
    done(bench, "r2", call("b"))
    assert [(one.call_id, one.ok) for one in bench.of(ToolResult)] == [("b", False)]
    finish(bench, batch)
    answered(bench)
    assert [one.call_id for one in bench.of(ToolResult)] == ["b", "a"]
    assert len(bench.of(TurnCompleted)) == 1


def test_a_cut_cuts_the_word_and_the_tools_together() -> None:
    bench, batch = waiting()
    bridging(bench, "One moment, this takes a while.")
    bench.ledger = {"i2": 200}
    bench.command(ask.Interrupt())
    assert [one.response_id for one in bench.sent_of(wire.CancelResponse)] == ["r2"]
    assert [one.audio_end_ms for one in bench.sent_of(wire.TruncateItem)] == [200]
    finish(bench, batch)
    assert len(bench.of(TurnInterrupted)) == 1
    assert len(bench.sent_of(wire.CreateResponse)) == 2


def test_a_word_that_begins_after_the_cut_is_cancelled() -> None:
    bench, _ = waiting()
    request = bench.sent_of(wire.CreateResponse)[-1]
    bench.command(ask.Interrupt())
    bench.receive(wire.ResponseCreated(response_id="r2", metadata=request.metadata))
    assert [one.response_id for one in bench.sent_of(wire.CancelResponse)] == ["r2"]
    assert said(bench) == []


def test_without_a_speaker_a_line_is_enough() -> None:
    bench = Bench().ready()
    calling(bench, "a")
    sent = len(bench.sent)
    bench.fire("tools")
    assert len(bench.of(Noticed)) == 1
    assert len(bench.sent) == sent
