"""What the user says aloud, as the provider hears it: whose turn it is, and where its words go."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost
from realtime_chat.core.events import (
    Noticed,
    SpeechStarted,
    SpeechStopped,
    TurnCompleted,
    TurnInterrupted,
    TurnPhase,
    UserMessage,
    UserTranscript,
)
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.waiting_speech import MOST_WAITING
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from tests.core.machine.provider import Bench, sound, typed


@pytest.mark.parametrize("provider_cancels", [True, False])
def test_speech_over_an_answer_cuts_it_and_begins_the_next_turn(provider_cancels: bool) -> None:
    options = SessionOptions(turn_detection=ServerVad(interrupt_response=provider_cancels))
    bench = Bench(options, speaker=True).ready()  # M15
    typed(bench)
    sound(bench, 1000)
    bench.ledger = {"i1": 400}
    bench.receive(wire.UserSpeechStarted(item_id="u1", at_ms=0))
    assert [event.reason for event in bench.of(TurnInterrupted)] == ["barge_in"]
    assert len(bench.sent_of(wire.CancelResponse)) == (0 if provider_cancels else 1)
    assert bench.sent_of(wire.TruncateItem) == [wire.TruncateItem(item_id="i1", audio_end_ms=400)]
    assert bench.machine.turn is not None
    assert bench.machine.turn.phase is TurnPhase.HEARING


def uninterrupted() -> Bench:
    """Inside an answer that speech may not cut, and of which 1000 ms came."""
    detection = ServerVad(create_response=False, interrupt_response=False)
    options = SessionOptions(turn_detection=detection, allow_interruptions=False)
    bench = Bench(options, speaker=True).ready()
    typed(bench)
    sound(bench, 1000)
    return bench


def utterance(item: str, ms: int = 700) -> tuple[wire.Incoming, ...]:
    return (
        wire.UserSpeechStarted(item_id=item, at_ms=0),
        wire.UserSpeechStopped(item_id=item, at_ms=ms),
        wire.AudioCommitted(item_id=item),
    )


def played_to_the_end(bench: Bench, response: str, turn: str) -> None:
    bench.receive(wire.ResponseDone(response_id=response, status="completed"))
    bench.report(reports.PlaybackEnded(turn))


def spoken(bench: Bench) -> list[UserMessage]:
    return [event for event in bench.of(UserMessage) if event.source == "spoken"]


def test_speech_over_an_answer_that_may_not_be_cut_is_the_next_turn() -> None:
    bench = uninterrupted()  # T11
    bench.receive(*utterance("u1"))
    assert bench.of(TurnInterrupted) == []
    assert bench.sent_of(wire.CancelResponse, wire.TruncateItem) == []
    played_to_the_end(bench, "r1", "t1")
    assert [event.turn_id for event in bench.of(TurnCompleted)] == ["t1"]
    (message,) = spoken(bench)
    assert (message.turn_id, message.audio_ms) == ("t2", 700)
    assert len(bench.sent_of(wire.CreateResponse)) == 2
    bench.command(ask.Interrupt())  # Esc cuts all the same
    assert [event.turn_id for event in bench.of(TurnInterrupted)] == ["t2"]


def test_several_utterances_over_such_an_answer_are_turns_in_their_order() -> None:
    bench = uninterrupted()  # T11
    bench.receive(*utterance("u1"), *utterance("u2"))
    played_to_the_end(bench, "r1", "t1")
    assert [event.item_id for event in spoken(bench)] == ["u1"]
    bench.receive(wire.ResponseCreated(response_id="r2"))
    played_to_the_end(bench, "r2", "t2")
    assert [(event.turn_id, event.item_id) for event in spoken(bench)] == [("t2", "u1"), ("t3", "u2")]
    assert bench.of(Noticed) == []


def test_of_more_speech_than_can_wait_the_latest_is_kept_and_the_user_is_told() -> None:
    bench = uninterrupted()
    for count in range(MOST_WAITING + 3):
        bench.receive(*utterance(f"u{count}"))
    assert [event.level for event in bench.of(Noticed)] == ["warning"] * 3
    for count in range(1, MOST_WAITING + 3):
        played_to_the_end(bench, f"r{count}", f"t{count}")
        bench.receive(wire.ResponseCreated(response_id=f"r{count + 1}"))
    assert [event.item_id for event in spoken(bench)] == [f"u{count}" for count in range(3, MOST_WAITING + 3)]


def test_speech_that_begins_and_ends_for_ever_waits_as_one_utterance() -> None:
    bench = uninterrupted()  # a server that repeats itself fills no memory
    for count in range(1000):
        bench.receive(
            wire.UserSpeechStarted(item_id=f"u{count}", at_ms=count),
            wire.UserSpeechStopped(item_id=f"u{count}", at_ms=count + 1),
            wire.UserSpeechStopped(item_id=f"u{count}", at_ms=count + 500),
        )
    for _ in range(1000):
        bench.receive(wire.AudioCommitted(item_id="u999"))
    played_to_the_end(bench, "r1", "t1")
    assert [event.item_id for event in bench.of(SpeechStarted)] == ["u999"]
    assert [event.item_id for event in bench.of(SpeechStopped)] == ["u999"]
    assert [(event.item_id, event.audio_ms) for event in spoken(bench)] == [("u999", 500)]
    assert bench.of(Noticed) == []


def test_speech_that_waited_is_forgotten_with_the_connection() -> None:
    bench = uninterrupted()
    bench.receive(*utterance("u1"))
    bench.report(reports.LinkLost(ConnectionLost("gone").info))
    assert spoken(bench) == []
    assert bench.machine.turn is None


def test_spoken_words_find_their_message_however_late() -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad())).ready()  # docs/protocol.md
    bench.receive(
        wire.UserSpeechStarted(item_id="u1", at_ms=100),
        wire.UserSpeechStopped(item_id="u1", at_ms=900),
        wire.AudioCommitted(item_id="u1"),
        wire.ResponseCreated(response_id="r1"),
        wire.ResponseDone(response_id="r1", status="completed"),
        wire.InputTranscript(item_id="u1", text=" hello "),
    )
    (message,) = bench.of(UserMessage)
    assert (message.item_id, message.text, message.audio_ms) == ("u1", None, 800)
    assert [event.text for event in bench.of(UserTranscript)] == ["hello"]


def test_words_that_never_come_say_why() -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad())).ready()
    bench.receive(wire.InputTranscriptFailed(item_id="u1", error="The sound was noise."))
    assert [(one.text, one.error) for one in bench.of(UserTranscript)] == [(None, "The sound was noise.")]


def test_an_answer_that_was_on_its_way_to_speech_that_was_cut_is_cancelled_as_it_begins() -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad())).ready()  # PROTOCOL row 9
    bench.receive(*utterance("u1"))
    bench.command(ask.Interrupt())
    bench.receive(wire.ResponseCreated(response_id="r1"))
    assert [one.response_id for one in bench.sent_of(wire.CancelResponse)] == ["r1"]
    assert bench.machine.turn is None
    bench.receive(wire.ResponseCreated(response_id="r2"))  # the next one it begins by itself is welcome
    assert bench.machine.turn is not None


@pytest.mark.parametrize(("ms", "cleared"), [(0, 0), (99, 1)])
def test_a_commit_too_short_to_be_speech_sends_no_commit(ms: int, cleared: int) -> None:
    bench = Bench().ready()  # J23, C27
    bench.machine.audio_appended(pcm_bytes(ms))
    bench.command(ask.CommitAudio())
    assert bench.sent_of(wire.CommitAudio, wire.CreateResponse) == []
    assert len(bench.sent_of(wire.ClearAudio)) == cleared
    assert len(bench.of(Noticed)) == 1
    assert bench.machine.turn is None
