"""Sound in: push-to-talk, server VAD, idle timeout, recognition and its transcript."""

from typing import Any

import pytest

from realtime_chat.local.ear import MAX_SPEECH_MS
from realtime_chat.local.outbox import Think, Transcribe
from tests.local.machine import Machine, b64, kinds, loud, only_error, quiet

COMMITTED = ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]


def push_to_talk(**audio_input: Any) -> Machine:
    return Machine(audio={"input": {"turn_detection": None, **audio_input}})


def vad(**settings: Any) -> Machine:
    return Machine(audio={"input": {"turn_detection": {"type": "server_vad", **settings}}})


def test_push_to_talk_commits_and_answers_only_when_told() -> None:
    machine = push_to_talk()
    assert machine.append(loud(300)) == []
    assert kinds(machine.send("input_audio_buffer.commit")) == COMMITTED
    assert kinds(machine.send("response.create")) == ["response.created"]
    assert machine.last(Transcribe).pcm == loud(300)


def test_the_brain_is_asked_once_the_speech_was_recognised() -> None:
    machine = push_to_talk()
    machine.append(loud(300))
    machine.send("input_audio_buffer.commit")
    machine.send("response.create")
    assert not [effect for effect in machine.work if isinstance(effect, Think)]
    machine.hear("what time is it")
    request = machine.last(Think).request
    assert (request.text, request.spoken, request.understood) == ("what time is it", True, True)


def test_speech_that_was_not_understood_is_said_to_be() -> None:
    machine = push_to_talk(transcription={"model": "any"})
    machine.append(loud(300))
    machine.send("input_audio_buffer.commit")
    machine.send("response.create")
    events = machine.hear("wild guess", understood=False)
    assert events[0]["transcript"] == ""
    assert machine.last(Think).request.understood is False
    assert machine.last(Think).request.text == ""


@pytest.mark.parametrize("held_ms", [0, 50, 99])
def test_a_commit_below_100_ms_is_refused_and_keeps_the_buffer(held_ms: int) -> None:
    machine = push_to_talk()
    machine.append(loud(held_ms))
    error = only_error(machine.send("input_audio_buffer.commit", event_id="e"))
    assert (error["code"], error["event_id"]) == ("input_audio_buffer_commit_empty", "e")
    assert f"{held_ms}ms" in error["message"]
    machine.append(loud(100))
    assert kinds(machine.send("input_audio_buffer.commit")) == COMMITTED


def test_clear_forgets_what_was_appended() -> None:
    machine = push_to_talk()
    machine.append(loud(300))
    assert kinds(machine.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert only_error(machine.send("input_audio_buffer.commit"))["code"] == "input_audio_buffer_commit_empty"


@pytest.mark.parametrize(
    "sound", ["***", b64(b"\x00"), "AAA", "ÄÄÄÄ"], ids=["signs", "half sample", "padding", "letters"]
)
def test_sound_that_is_none_is_refused(sound: str) -> None:
    assert only_error(Machine().send("input_audio_buffer.append", audio=sound))["param"] == "audio"


def test_a_push_to_talk_buffer_is_bounded() -> None:
    machine = push_to_talk()
    minutes = b64(quiet(120_000))
    for _ in range(5):
        assert machine.send("input_audio_buffer.append", audio=minutes) == []
    assert "commit or clear" in only_error(machine.append(quiet(20)))["message"]


def test_speech_starts_and_ends_a_turn_by_itself() -> None:
    machine = vad(silence_duration_ms=200)
    events = machine.append(quiet(1000)) + machine.append(loud(400)) + machine.append(quiet(300))
    assert kinds(events) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        *COMMITTED,
        "response.created",
    ]
    assert events[0]["audio_start_ms"] == 700
    assert events[1]["audio_end_ms"] == 1600
    assert {event["item_id"] for event in events[:3]} == {events[3]["item"]["id"]}
    assert machine.last(Transcribe).pcm == quiet(300) + loud(400) + quiet(200)


def test_two_utterances_in_one_append_are_two_turns() -> None:
    machine = vad(silence_duration_ms=200, create_response=False)
    events = machine.append(loud(400) + quiet(2000) + loud(400) + quiet(2000))
    assert kinds(events).count("input_audio_buffer.committed") == 2
    assert "response.created" not in kinds(events)
    sounds = [effect.pcm for effect in machine.work if isinstance(effect, Transcribe)]
    assert sounds == [loud(400) + quiet(200), quiet(300) + loud(400) + quiet(200)]


def test_without_interruption_the_answer_to_new_speech_waits_for_the_running_one() -> None:
    machine = vad(silence_duration_ms=200, interrupt_response=False)
    machine.send("response.create")
    machine.think("long answer")
    events = machine.append(loud(400) + quiet(300))
    assert "response.created" not in kinds(events)
    machine.speak(100, 11)
    assert kinds(machine.stop_speaking())[-3:] == ["response.done", "rate_limits.updated", "response.created"]


def test_speech_that_never_ends_becomes_a_turn_after_a_minute() -> None:
    machine = vad()
    events = machine.append(loud(MAX_SPEECH_MS + 2000))
    assert "input_audio_buffer.committed" in kinds(events)


def test_a_commit_by_hand_takes_the_speech_that_runs() -> None:
    machine = vad()
    started = machine.append(loud(400))[0]
    events = machine.send("input_audio_buffer.commit")
    assert events[0]["item_id"] == started["item_id"]
    assert kinds(events) == COMMITTED
    assert "input_audio_buffer.speech_stopped" not in kinds(machine.append(quiet(1000)))


def test_long_quiet_after_an_answer_triggers_the_idle_timeout_once() -> None:
    machine = vad(idle_timeout_ms=5000)
    assert machine.append(quiet(8000)) == []  # nothing was answered yet
    machine.spoken_answer("hello", 2000)
    assert machine.append(quiet(6900)) == []  # the answer still plays for two of these seconds
    events = machine.append(quiet(1000))
    assert kinds(events) == ["input_audio_buffer.timeout_triggered", *COMMITTED, "response.created"]
    assert events[0]["audio_start_ms"] == 10_000


def test_semantic_vad_waits_by_eagerness() -> None:
    def turns(eagerness: str, pause_ms: int) -> int:
        detection = {"type": "semantic_vad", "eagerness": eagerness}
        machine = Machine(audio={"input": {"turn_detection": detection}})
        return kinds(machine.append(loud(300) + quiet(pause_ms))).count("input_audio_buffer.committed")

    assert [turns("high", 700), turns("auto", 700), turns("low", 1500)] == [1, 0, 0]
    assert [turns("auto", 1500), turns("low", 2500)] == [1, 1]


def test_the_transcript_is_told_only_when_asked_for() -> None:
    silent, told = push_to_talk(), push_to_talk(transcription={"model": "any", "language": "en"})
    for machine in (silent, told):
        machine.append(loud(1500))
        machine.send("input_audio_buffer.commit")
    assert silent.hear("hello") == []
    delta, completed = told.hear("hello")
    assert delta["delta"] == completed["transcript"] == "hello"
    assert completed["usage"] == {"type": "duration", "seconds": 1.5}


def test_recognition_that_fails_fails_the_answer_and_says_why() -> None:
    machine = push_to_talk(transcription={"model": "any"})
    machine.append(loud(300))
    machine.send("input_audio_buffer.commit")
    machine.send("response.create")
    item_id = machine.take(Transcribe).item_id
    events = machine.did(lambda c: c.not_heard(item_id, "No model."))
    assert kinds(events) == [
        "conversation.item.input_audio_transcription.failed",
        "response.done",
        "rate_limits.updated",
    ]
    assert events[1]["response"]["status_details"]["error"]["code"] == "transcription_failed"


def test_speech_deleted_before_it_was_recognised_does_not_hold_up_the_answer() -> None:
    machine = push_to_talk()
    machine.append(loud(300))
    item_id = machine.send("input_audio_buffer.commit")[0]["item_id"]
    machine.send("response.create")
    machine.send("conversation.item.delete", item_id=item_id)
    machine.hear("hello")
    assert machine.last(Think).request.text == "hello"


def test_telephone_sound_is_understood() -> None:
    machine = push_to_talk(format={"type": "audio/pcmu"})
    machine.send("input_audio_buffer.append", audio=b64(b"\xff" * 8000))
    machine.send("input_audio_buffer.commit")
    assert abs(len(machine.last(Transcribe).pcm) - 48_000) < 2000
