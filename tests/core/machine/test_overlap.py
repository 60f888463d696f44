"""Speech over an answer where a backchannel is tolerated: judged first, then cut or let pass."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost
from realtime_chat.core.events import (
    AnswerHeard,
    LinkState,
    SpeechStarted,
    TurnCompleted,
    TurnInterrupted,
    TurnPhase,
    TurnStarted,
    UserMessage,
    UserTranscript,
)
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.overlap import MOST
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from tests.core.machine.provider import Bench

STARTED = wire.UserSpeechStarted(item_id="u1", at_ms=0)
STOPPED = wire.UserSpeechStopped(item_id="u1", at_ms=300)
COMMITTED = wire.AudioCommitted(item_id="u1")
CUTS = (wire.CancelResponse, wire.TruncateItem, wire.DeleteItem)


def answering(*, words: bool = True, speaker: bool = True, detection: ServerVad | None = None) -> Bench:
    """An answer of a second, 400 ms of it heard."""
    options = SessionOptions(
        turn_detection=detection or ServerVad(create_response=False, interrupt_response=False),
        barge_in="tolerant",
        transcription={"model": "any"} if words else None,
    )
    bench = Bench(options, speaker=speaker).ready()
    bench.command(ask.SendText(text="tell me"))
    bench.receive(wire.ResponseCreated(response_id="r1"))
    bench.receive(wire.AudioDelta(response_id="r1", item_id="i1", pcm=bytes(pcm_bytes(1000))))
    bench.ledger = {"i1": 400}
    return bench


def spoken(bench: Bench) -> list[str]:
    return [event.item_id for event in bench.of(UserMessage) if event.source == "spoken"]


def said(text: str, item_id: str = "u1") -> wire.InputTranscript:
    return wire.InputTranscript(item_id=item_id, text=text)


def finish(bench: Bench) -> None:
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    bench.report(reports.PlaybackEnded("t1"))


def assert_nothing_happened(bench: Bench) -> None:
    assert not bench.ducked
    assert bench.timers <= {"response", "idle", "total"}
    assert bench.of(TurnInterrupted, AnswerHeard, UserTranscript, SpeechStarted) == []
    assert bench.sent_of(wire.CancelResponse, wire.TruncateItem) == []
    assert spoken(bench) == []
    assert len(bench.sent_of(wire.CreateResponse)) == 1


def assert_cut_and_heard(bench: Bench) -> None:
    assert not bench.ducked
    assert [(event.turn_id, event.reason) for event in bench.of(TurnInterrupted)] == [("t1", "barge_in")]
    assert bench.sent_of(*CUTS)[1:] == [wire.TruncateItem(item_id="i1", audio_end_ms=400)]
    assert len(bench.sent_of(wire.CancelResponse)) == 1
    assert [event.turn_id for event in bench.of(TurnStarted)] == ["t1", "t2"]


def test_the_answer_is_turned_down_while_we_listen() -> None:
    bench = answering()
    bench.receive(STARTED)
    assert bench.ducked
    timers = [
        one.seconds for one in bench.effects if isinstance(one, do.StartTimer) and one.name == "overlap"
    ]
    assert timers == [0.4]
    assert bench.of(TurnInterrupted) == []


def test_a_sound_that_stops_in_time_and_is_a_mhm_changes_nothing_and_is_forgotten() -> None:
    bench = answering()
    bench.receive(STARTED, STOPPED)
    assert not bench.ducked
    bench.receive(COMMITTED, said("Mhm."))
    finish(bench)
    assert_nothing_happened(bench)
    assert bench.sent_of(wire.DeleteItem) == [wire.DeleteItem(item_id="u1")]
    assert [event.turn_id for event in bench.of(TurnCompleted)] == ["t1"]


@pytest.mark.parametrize("known", [said(""), wire.InputTranscriptFailed(item_id="u1", error="noise")])
def test_a_sound_without_words_is_forgotten(known: wire.Incoming) -> None:
    bench = answering()
    bench.receive(STARTED, STOPPED, COMMITTED, known)
    assert_nothing_happened(bench)
    assert bench.sent_of(wire.DeleteItem) == [wire.DeleteItem(item_id="u1")]


def test_where_no_words_will_come_what_is_short_is_forgotten_at_its_commit() -> None:
    bench = answering(words=False)
    bench.receive(STARTED, STOPPED, COMMITTED)
    assert_nothing_happened(bench)
    assert bench.sent_of(wire.DeleteItem) == [wire.DeleteItem(item_id="u1")]


def test_who_still_speaks_after_the_window_cuts_the_answer_and_has_a_turn() -> None:
    bench = answering()
    bench.receive(STARTED)
    bench.fire("overlap")
    assert_cut_and_heard(bench)
    assert bench.machine.turn is not None
    assert bench.machine.turn.phase is TurnPhase.HEARING
    assert bench.machine.user_speaks
    bench.receive(wire.UserSpeechStopped(item_id="u1", at_ms=1500), COMMITTED, said("what time is it"))
    assert spoken(bench) == ["u1"]
    assert bench.sent_of(wire.DeleteItem) == []
    bench.receive(wire.ResponseDone(response_id="r1", status="cancelled"))
    assert len(bench.sent_of(wire.CreateResponse)) == 2  # we ask for the answer, for the provider does not


def test_real_words_cut_before_the_window_is_over() -> None:
    bench = answering()
    bench.receive(STARTED, wire.InputTranscriptDelta(item_id="u1", delta="Ye"))
    assert bench.ducked
    bench.receive(wire.InputTranscriptDelta(item_id="u1", delta="ah, but"))
    assert_cut_and_heard(bench)
    bench.receive(STOPPED, COMMITTED, said("Yeah, but why?"))
    assert [event.text for event in bench.of(UserTranscript)] == ["Yeah, but why?"]
    assert spoken(bench) == ["u1"]


def test_a_short_stop_cuts_when_its_word_is_known() -> None:
    bench = answering()
    bench.receive(STARTED, STOPPED, COMMITTED)
    assert not bench.ducked
    assert bench.of(TurnInterrupted) == []
    bench.receive(said("Stop!"))
    assert_cut_and_heard(bench)
    assert spoken(bench) == ["u1"]
    assert [event.text for event in bench.of(UserTranscript)] == ["Stop!"]
    bench.receive(wire.ResponseDone(response_id="r1", status="cancelled"))
    assert len(bench.sent_of(wire.CreateResponse)) == 2


def test_a_voice_that_our_ear_hears_no_more_lets_the_answer_go_on() -> None:
    bench = answering()  # a provider tells the end only after its own silence, much later than the window
    bench.receive(STARTED)
    bench.report(reports.VoiceHeard(True))
    bench.report(reports.VoiceHeard(False))
    bench.fire("overlap")
    assert not bench.ducked
    bench.receive(STOPPED, COMMITTED, said("uh-huh"))
    assert_nothing_happened(bench)


def test_a_voice_that_comes_back_after_a_pause_has_a_window_again() -> None:
    bench = answering()
    bench.report(reports.VoiceHeard(True))
    bench.receive(STARTED)
    bench.report(reports.VoiceHeard(False))
    bench.fire("overlap")
    bench.report(reports.VoiceHeard(True))
    assert bench.ducked
    bench.fire("overlap")
    assert_cut_and_heard(bench)


def test_who_still_speaks_when_the_answer_ends_has_a_turn() -> None:
    bench = answering()
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"), STARTED)
    bench.report(reports.PlaybackEnded("t1"))
    assert not bench.ducked
    assert bench.of(TurnInterrupted) == []
    assert bench.machine.turn is not None
    assert (bench.machine.turn.turn_id, bench.machine.turn.phase) == ("t2", TurnPhase.HEARING)
    bench.receive(STOPPED, COMMITTED, said("yes"))
    assert spoken(bench) == ["u1"]
    assert bench.sent_of(wire.DeleteItem) == []


def test_a_mhm_whose_end_is_told_after_the_answers_is_forgotten_all_the_same() -> None:
    bench = answering()
    bench.receive(STARTED)
    bench.report(reports.VoiceHeard(False))
    bench.fire("overlap")
    finish(bench)
    assert bench.machine.turn is None
    bench.receive(STOPPED, COMMITTED, said("mhm"))
    assert_nothing_happened(bench)


def test_words_known_after_the_answer_has_ended_are_a_turn_of_their_own() -> None:
    bench = answering()
    bench.receive(STARTED, STOPPED, COMMITTED)
    finish(bench)
    bench.receive(said("And tomorrow?"))
    assert bench.of(TurnInterrupted) == []
    assert spoken(bench) == ["u1"]
    assert len(bench.sent_of(wire.CreateResponse)) == 2


def test_words_known_when_another_turn_has_begun_join_it_and_cut_nothing() -> None:
    bench = answering()
    bench.receive(STARTED, STOPPED, COMMITTED)
    finish(bench)
    bench.command(ask.SendText(text="next"))
    bench.receive(said("And tomorrow?"))
    assert bench.of(TurnInterrupted) == []
    assert [event.turn_id for event in bench.of(UserMessage)] == ["t1", "t2", "t2"]
    assert [event.text for event in bench.of(UserTranscript)] == ["And tomorrow?"]
    assert bench.sent_of(wire.DeleteItem) == []


def test_esc_cuts_at_once_while_we_still_listen_and_what_was_being_said_goes_too() -> None:
    bench = answering()
    bench.receive(STARTED)
    bench.command(ask.Interrupt())
    assert [event.reason for event in bench.of(TurnInterrupted)] == ["manual"]
    assert not bench.ducked
    assert len(bench.sent_of(wire.ClearAudio)) == 1
    assert bench.machine.turn is None
    assert not bench.command(ask.Interrupt())  # M16


def test_a_close_and_a_lost_connection_end_the_listening() -> None:
    for end in (
        lambda bench: bench.command(ask.Close()),
        lambda bench: bench.report(reports.LinkLost(ConnectionLost("gone").info)),
    ):
        bench = answering()
        bench.receive(STARTED)
        end(bench)
        assert not bench.ducked
        assert "overlap" not in bench.timers
        assert bench.machine.turn is None


def test_without_a_speaker_nothing_is_turned_down_and_the_rest_is_the_same() -> None:
    bench = answering(speaker=False)
    bench.receive(STARTED)
    assert not bench.ducked
    bench.fire("overlap")
    assert [event.reason for event in bench.of(TurnInterrupted)] == ["barge_in"]


def test_a_provider_that_acts_by_itself_leaves_nothing_to_judge() -> None:
    for detection in (ServerVad(), ServerVad(create_response=False), ServerVad(interrupt_response=False)):
        bench = answering(detection=detection)
        bench.receive(STARTED)
        assert not bench.ducked
        assert [event.reason for event in bench.of(TurnInterrupted)] == ["barge_in"]


def test_of_many_whose_words_never_come_the_oldest_is_left_alone() -> None:
    bench = answering()
    for n in range(MOST + 1):
        item_id = f"u{n}"
        bench.receive(
            wire.UserSpeechStarted(item_id=item_id),
            wire.UserSpeechStopped(item_id=item_id),
            wire.AudioCommitted(item_id=item_id),
        )
    bench.receive(*(said("mhm", f"u{n}") for n in range(MOST + 1)))
    assert [one.item_id for one in bench.sent_of(wire.DeleteItem)] == [f"u{n}" for n in range(1, MOST + 1)]
    assert bench.of(TurnInterrupted) == []


def test_speech_that_waits_to_be_judged_begins_nothing_after_the_session_ended() -> None:
    bench = answering()
    bench.report(reports.LinkLost(ConnectionLost("gone").info))
    bench.report(reports.LinkOpening())
    bench.receive(wire.SessionCreated(), COMMITTED, STARTED, STARTED, wire.AudioCommitted(item_id="u2"))
    bench.receive(wire.ProviderError(code="invalid_api_key", message="no"))
    assert bench.machine.link is LinkState.ERROR
    assert bench.machine.turn is None
