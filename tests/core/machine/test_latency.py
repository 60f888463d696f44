"""How long the user waits is measured in every turn, from the end of the speech, or from the sending."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost
from realtime_chat.core.events import (
    AnswerHeard,
    Latency,
    LatencyMeasured,
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
)
from realtime_chat.core.machine import reports
from realtime_chat.core.options import SemanticVad, ServerVad, SessionOptions, TurnDetection
from realtime_chat.core.pcm import pcm_bytes
from tests.core.machine.provider import Bench, calling, ended, sound, typed

DONE = wire.ResponseDone(response_id="r1", status="completed")


def words(bench: Bench, response: str = "r1") -> None:
    bench.receive(wire.OutputTranscriptDelta(response_id=response, item_id="i1", delta="Hi"))


def at(bench: Bench, ms: float) -> Bench:
    """What comes next comes at this time of the bench's clock, which moves by 10 ms with every input."""
    bench.now = ms / 1000 - 0.01
    return bench


def measured(bench: Bench) -> list[Latency]:
    return [one.latency for one in bench.of(LatencyMeasured)]


def heard(bench: Bench, at_ms: float, played_ms: int, item: str = "i1") -> None:
    at(bench, at_ms).report(reports.PlaybackReached({item: played_ms}))


def held_down(*, speaker: bool = True) -> Bench:
    """A push-to-talk question that is committed at 1000 ms."""
    bench = Bench(speaker=speaker).ready()
    bench.machine.audio_appended(pcm_bytes(800))
    at(bench, 1000).command(ask.CommitAudio())
    return bench


def said_hands_free(detection: TurnDetection, *, speech_ms: int = 2000) -> Bench:
    """Speech whose end the provider tells at 5000 ms."""
    bench = Bench(SessionOptions(turn_detection=detection), speaker=True).ready()
    at(bench, 5000 - speech_ms).receive(wire.UserSpeechStarted(item_id="u1", at_ms=0))
    at(bench, 5000).receive(wire.UserSpeechStopped(item_id="u1", at_ms=speech_ms))
    return bench


def test_a_push_to_talk_turn_is_measured_from_the_commit_to_the_first_sound_that_is_heard() -> None:
    bench = held_down()
    at(bench, 1040).receive(wire.AudioCommitted(item_id="u1"))
    at(bench, 1200).receive(wire.ResponseCreated(response_id="r1"))
    words(at(bench, 1300))
    words(at(bench, 1310))
    sound(at(bench, 1450), 500)
    sound(at(bench, 1460), 500)
    heard(bench, 1700, 200)
    heard(bench, 1950, 450)
    bench.receive(DONE)
    bench.report(reports.PlaybackEnded("t1"))
    assert measured(bench) == [
        Latency(commit_ms=40, first_token_ms=300, first_audio_ms=450, first_audible_ms=500)
    ]


def test_a_typed_turn_is_measured_from_its_sending_and_has_no_commit() -> None:
    bench = Bench().ready()
    at(bench, 1000).command(ask.SendText(text="hi"))
    bench.receive(wire.ResponseCreated(response_id="r1"))
    at(bench, 1250).receive(wire.OutputTextDelta(response_id="r1", item_id="i1", delta="Hello"))
    bench.receive(DONE)
    assert measured(bench) == [Latency(first_token_ms=250)]


@pytest.mark.parametrize(
    ("detection", "silence_ms"),
    [(ServerVad(silence_duration_ms=300), 300), (ServerVad(), 500), (SemanticVad(), 0)],
    ids=["said", "usual", "by the words"],
)
def test_hands_free_the_silence_that_ends_a_turn_is_a_part_of_the_wait(
    detection: TurnDetection, silence_ms: int
) -> None:
    bench = said_hands_free(detection)
    at(bench, 5020).receive(wire.AudioCommitted(item_id="u1"))
    bench.receive(wire.ResponseCreated(response_id="r1"))
    words(at(bench, 5200))
    bench.receive(DONE)
    assert measured(bench) == [Latency(commit_ms=20 + silence_ms, first_token_ms=200 + silence_ms)]


def test_the_wait_does_not_begin_before_the_turn() -> None:
    bench = said_hands_free(ServerVad(silence_duration_ms=900), speech_ms=400)
    at(bench, 5000).receive(wire.AudioCommitted(item_id="u1"))
    bench.receive(wire.ResponseCreated(response_id="r1"), DONE)
    assert measured(bench) == [Latency(commit_ms=400)]


def test_of_several_pauses_the_last_ends_the_speech() -> None:
    bench = said_hands_free(ServerVad(silence_duration_ms=100))
    at(bench, 5500).receive(wire.UserSpeechStarted(item_id="u1", at_ms=2500))
    at(bench, 7000).receive(wire.UserSpeechStopped(item_id="u1", at_ms=4000))
    at(bench, 7010).receive(wire.AudioCommitted(item_id="u1"))
    bench.receive(wire.ResponseCreated(response_id="r1"), DONE)
    assert measured(bench) == [Latency(commit_ms=110)]


def test_a_commit_that_nobody_announced_is_the_beginning() -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad())).ready()
    at(bench, 1000).receive(wire.AudioCommitted(item_id="u1"))
    bench.receive(wire.ResponseCreated(response_id="r1"))
    words(at(bench, 1400))
    bench.receive(DONE)
    assert measured(bench) == [Latency(commit_ms=0, first_token_ms=400)]


def test_a_cut_tells_what_was_heard_until_then() -> None:
    bench = held_down()
    bench.receive(wire.ResponseCreated(response_id="r1"))
    sound(at(bench, 1500), 2000)
    bench.ledger = {"i1": 120}
    at(bench, 1690).command(ask.Interrupt())  # the speaker answers at 1700
    (latency,) = measured(bench)
    assert (latency.first_audio_ms, latency.first_audible_ms) == (500, 580)


def test_sound_that_a_cut_kept_from_the_speaker_was_never_audible() -> None:
    bench = held_down()
    bench.receive(wire.ResponseCreated(response_id="r1"))
    sound(at(bench, 1500), 2000)
    at(bench, 1510).command(ask.Interrupt())
    assert measured(bench) == [Latency(first_audio_ms=500)]


def test_two_items_that_were_heard_before_anybody_looked_count_together() -> None:
    bench = held_down()
    bench.receive(wire.ResponseCreated(response_id="r1"))
    sound(at(bench, 1500), 100)
    sound(at(bench, 1510), 100, item="i2")
    bench.ledger = {"i1": 100, "i2": 50}
    at(bench, 1690).command(ask.Interrupt())  # the speaker answers at 1700
    assert measured(bench)[0].first_audible_ms == 550


def test_nothing_is_heard_before_it_came() -> None:
    """A file takes sound at once, however long it lasts."""
    bench = held_down()
    bench.receive(wire.ResponseCreated(response_id="r1"))
    sound(at(bench, 1500), 5000)
    heard(bench, 1510, 5000)
    bench.receive(DONE)
    bench.report(reports.PlaybackEnded("t1"))
    assert measured(bench)[0].first_audible_ms == 500


def test_what_plays_of_another_turn_is_none_of_this_ones() -> None:
    bench = held_down()
    bench.receive(wire.ResponseCreated(response_id="r1"))
    sound(at(bench, 1500), 500)
    heard(bench, 1600, 80, item="of an earlier one")
    heard(bench, 1800, 200)
    bench.command(ask.Interrupt())
    assert measured(bench)[0].first_audible_ms == 600


def test_tools_are_a_part_of_the_wait() -> None:
    bench = Bench().ready()
    batch = calling(bench, "c1")
    began = bench.now - 0.02
    ended(bench, batch, "c1")
    bench.report(reports.BatchFinished(batch))
    bench.receive(wire.ResponseCreated(response_id="r2"))
    words(at(bench, began * 1000 + 3000), response="r2")
    bench.receive(wire.ResponseDone(response_id="r2", status="completed"))
    assert measured(bench) == [Latency(first_token_ms=3000)]


def test_a_turn_in_which_nothing_came_is_not_measured() -> None:
    bench = Bench().ready()
    typed(bench)
    bench.command(ask.Interrupt())
    assert bench.of(TurnInterrupted) != []
    assert measured(bench) == []


def test_what_the_program_says_by_itself_lets_nobody_wait() -> None:
    bench = Bench().ready()
    bench.command(ask.Announce(text="The tea is ready.", item_id="n1"))
    bench.fire("announcement")
    bench.receive(wire.ResponseCreated(response_id="r1"))
    words(bench)
    bench.receive(DONE)
    assert len(bench.of(TurnCompleted)) == 1
    assert measured(bench) == []


@pytest.mark.parametrize("end", ["completed", "failed", "interrupted"])
def test_it_is_told_once_and_before_the_end_of_the_turn(end: str) -> None:  # P21
    bench = held_down()
    bench.receive(wire.ResponseCreated(response_id="r1"))
    words(bench)
    sound(bench, 200)
    if end == "interrupted":
        bench.command(ask.Interrupt())
    else:
        bench.receive(
            wire.ResponseDone(response_id="r1", status="failed" if end == "failed" else "completed")
        )
        bench.report(reports.PlaybackEnded("t1"))
    last = [one for one in bench.events if getattr(one, "turn_id", "") == "t1"][-3:]
    at_the_end = [type(one) for one in last if isinstance(one, LatencyMeasured | TurnCompleted | TurnFailed)]
    if end == "interrupted":
        assert [type(one) for one in bench.of(AnswerHeard, LatencyMeasured, TurnInterrupted)] == [
            AnswerHeard,
            LatencyMeasured,
            TurnInterrupted,
        ]
    else:
        assert at_the_end == [LatencyMeasured, TurnCompleted if end == "completed" else TurnFailed]
    assert len(measured(bench)) == 1


def test_another_connection_does_not_begin_the_wait_anew() -> None:
    bench = Bench().ready()
    at(bench, 1000).command(ask.SendText(text="hi"))
    bench.report(reports.LinkLost(ConnectionLost("gone").info))
    bench.report(reports.LinkOpening())
    bench.receive(wire.SessionCreated(), wire.SessionUpdated(), wire.ResponseCreated(response_id="r1"))
    words(at(bench, 6000))
    bench.receive(DONE)
    assert measured(bench) == [Latency(first_token_ms=5000)]
