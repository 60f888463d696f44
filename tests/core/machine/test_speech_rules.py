"""What the user says aloud, as the provider hears it: whose turn it is, and where its words go."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.events import (
    Noticed,
    TurnCompleted,
    TurnInterrupted,
    TurnPhase,
    UserMessage,
    UserTranscript,
)
from realtime_chat.core.machine import reports
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from tests.core.machine.provider import Bench, sound, typed


@pytest.mark.parametrize("provider_cancels", [True, False])
def test_speech_over_an_answer_cuts_it_and_begins_the_next_turn(provider_cancels: bool) -> None:
    options = SessionOptions(turn_detection=ServerVad(interrupt_response=provider_cancels))
    bench = Bench(options, speaker=True).ready()  # M15, PROTOCOL row 4
    typed(bench)
    sound(bench, 1000)
    bench.ledger = {"i1": 400}
    bench.receive(wire.UserSpeechStarted(item_id="u1", at_ms=0))
    assert [event.reason for event in bench.of(TurnInterrupted)] == ["barge_in"]
    assert len(bench.sent_of(wire.CancelResponse)) == (0 if provider_cancels else 1)
    assert bench.sent_of(wire.TruncateItem) == [wire.TruncateItem(item_id="i1", audio_end_ms=400)]
    assert bench.machine.turn is not None
    assert bench.machine.turn.phase is TurnPhase.HEARING


def test_speech_over_an_answer_that_may_not_be_cut_is_the_next_turn() -> None:
    detection = ServerVad(create_response=False, interrupt_response=False)
    options = SessionOptions(turn_detection=detection, allow_interruptions=False)
    bench = Bench(options, speaker=True).ready()  # T11
    typed(bench)
    sound(bench, 1000)
    bench.receive(
        wire.UserSpeechStarted(item_id="u1", at_ms=0),
        wire.UserSpeechStopped(item_id="u1", at_ms=700),
        wire.AudioCommitted(item_id="u1"),
    )
    assert bench.of(TurnInterrupted) == []
    assert bench.sent_of(wire.CancelResponse, wire.TruncateItem) == []
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    bench.report(reports.PlaybackEnded("t1"))
    assert [event.turn_id for event in bench.of(TurnCompleted)] == ["t1"]
    (spoken,) = [event for event in bench.of(UserMessage) if event.source == "spoken"]
    assert (spoken.turn_id, spoken.audio_ms) == ("t2", 700)
    assert len(bench.sent_of(wire.CreateResponse)) == 2
    bench.command(ask.Interrupt())  # Esc cuts all the same
    assert [event.turn_id for event in bench.of(TurnInterrupted)] == ["t2"]


def test_spoken_words_find_their_message_however_late() -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad())).ready()  # PROTOCOL row 16
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


@pytest.mark.parametrize(("ms", "cleared"), [(0, 0), (99, 1)])
def test_a_commit_too_short_to_be_speech_sends_no_commit(ms: int, cleared: int) -> None:
    bench = Bench().ready()  # J23, PROTOCOL row 22
    bench.machine.audio_appended(pcm_bytes(ms))
    bench.command(ask.CommitAudio())
    assert bench.sent_of(wire.CommitAudio, wire.CreateResponse) == []
    assert len(bench.sent_of(wire.ClearAudio)) == cleared
    assert len(bench.of(Noticed)) == 1
    assert bench.machine.turn is None
