"""A session that only writes down what is said: each utterance is a turn that ends with its words."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import (
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
    TurnPhase,
    UserMessage,
    UserTranscript,
)
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.options import ServerVad, SessionOptions, TurnDetection
from tests.core.machine.provider import Bench


def listening(detection: TurnDetection = "none") -> Bench:
    return Bench(SessionOptions(intent="transcription", turn_detection=detection)).ready()


def utterance(bench: Bench, item: str) -> None:
    """As a detector tells it."""
    bench.receive(
        wire.UserSpeechStarted(item_id=item, at_ms=0),
        wire.UserSpeechStopped(item_id=item, at_ms=900),
        wire.AudioCommitted(item_id=item),
    )


def test_a_push_to_talk_turn_asks_for_no_answer_and_ends_with_its_words():
    bench = listening()
    bench.machine.audio_appended(48_000)
    bench.command(ask.CommitAudio())
    bench.receive(wire.AudioCommitted(item_id="u1"), wire.InputTranscript(item_id="u1", text="Hello."))
    assert bench.of(TurnCompleted)
    assert bench.machine.turn is None
    assert not bench.sent_of(wire.CreateResponse)


def test_words_that_precede_the_commits_echo_end_the_turn_all_the_same():
    bench = listening()
    bench.machine.audio_appended(48_000)
    bench.command(ask.CommitAudio())
    bench.receive(wire.InputTranscript(item_id="u1", text="Hello."))
    assert not bench.of(TurnCompleted)
    bench.receive(wire.AudioCommitted(item_id="u1"))
    assert bench.of(TurnCompleted)


def test_speech_that_goes_on_while_words_are_awaited_cuts_nothing_and_is_the_next_turn():
    bench = listening(ServerVad())
    utterance(bench, "u1")
    utterance(bench, "u2")
    bench.receive(wire.UserSpeechStarted(item_id="u3", at_ms=0))
    bench.receive(
        wire.InputTranscript(item_id="u2", text="Two."), wire.InputTranscript(item_id="u1", text="One.")
    )
    assert [one.item_id for one in bench.of(UserMessage)] == ["u1", "u2"]
    assert len(bench.of(TurnCompleted)) == 2
    assert not bench.of(TurnInterrupted)
    assert bench.machine.turn is not None
    assert bench.machine.turn.phase is TurnPhase.HEARING
    assert not bench.sent_of(wire.CreateResponse, wire.CancelResponse)


def test_words_that_cannot_be_written_down_fail_their_turn_and_say_why():
    bench = listening(ServerVad())
    utterance(bench, "u1")
    bench.receive(wire.InputTranscriptFailed(item_id="u1", error="no such model"))
    (failed,) = bench.of(TurnFailed)
    assert failed.error.kind == "transcription_failed"
    assert "no such model" in failed.error.message


def test_words_that_never_come_end_the_turn_in_time_and_late_ones_are_still_told():
    bench = listening(ServerVad())
    utterance(bench, "u1")
    bench.fire("response")
    (failed,) = bench.of(TurnFailed)
    assert failed.terminal_status == "timed_out"
    bench.receive(wire.InputTranscript(item_id="u1", text="Hello."))
    assert [one.text for one in bench.of(UserTranscript)] == ["Hello."]
    assert len(bench.of(TurnFailed, TurnCompleted)) == 1


def test_esc_ends_the_wait():
    bench = listening(ServerVad())
    utterance(bench, "u1")
    bench.command(ask.Interrupt())
    assert bench.of(TurnInterrupted)
    assert not bench.sent_of(wire.CancelResponse)


@pytest.mark.parametrize(
    "command",
    [
        ask.SendText(text="hi"),
        ask.UpdateInstructions(instructions="be brief"),
        ask.Announce(text="ding", item_id="a1"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_wants_an_answer_is_refused_and_says_what_to_do(command: ask.Command):
    bench = listening()
    with pytest.raises(InvalidArguments, match="only writes down what is said"):
        bench.machine.command(command, 1.0)


def test_a_new_connection_is_told_nothing_of_the_talk_before():
    machine = SessionMachine(SessionOptions(intent="transcription", turn_detection="none"))
    bench = Bench()
    bench.machine = machine
    bench.report(reports.LinkOpening(seed=(wire.Item(item_id="i", kind="message", role="user", text="Hi"),)))
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())
    assert not bench.sent_of(wire.CreateItem)
