"""A laptop with its own speaker: what the speaker plays comes back into the microphone."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import echo
from tests.devices.card import Listener, missing, say
from tests.devices.terminal import Terminal
from tests.devices.test_talk import completed, logged, words
from tests.local.engines import voices

pytestmark = [
    pytest.mark.device,
    pytest.mark.timeout(240),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
TALK = f"{sys.executable} -m realtime_chat talk --vad"


def interruptions(home: Path) -> int:
    return [event["type"] for event in logged(home)].count("turn_interrupted")


needs_canceller = pytest.mark.skipif(find_spec("livekit") is None, reason="the aec extra is missing")


@needs_canceller
async def test_the_speaker_is_taken_out_of_the_microphone_and_a_voice_over_it_is_not() -> None:
    found = await echo.measured(cancel=True)
    assert found.erle_db >= 30
    assert found.false_starts == 0
    assert found.near_heard >= 0.8


@needs_canceller
def test_a_voice_over_an_answer_cuts_it_and_the_next_question_is_understood(tmp_path: Path) -> None:
    with Terminal(TALK, tmp_path) as terminal, echo.echoing():
        terminal.shows("listening")
        with Listener() as listener:
            say(voices.say("what can you do"), tmp_path)
            terminal.until(lambda: listener.sound_ms > 3000)
            say(voices.say("thank you that is enough for now", "en-us+f3"), tmp_path)
        terminal.until(lambda: interruptions(tmp_path) > 0)
        terminal.until(lambda: completed(tmp_path) > 0 and "listening" in terminal.screen, within_s=40)
        cut, done = interruptions(tmp_path), completed(tmp_path)
        say(voices.say("what time is it"), tmp_path)
        terminal.until(lambda: words(tmp_path)[-1] == "what time is it")
        terminal.until(lambda: completed(tmp_path) > done)
        assert interruptions(tmp_path) == cut


@needs_canceller
def test_an_answer_does_not_interrupt_itself(tmp_path: Path) -> None:
    with Terminal(TALK, tmp_path) as terminal, echo.echoing():
        terminal.shows("listening")
        for question, answer in (("what can you do", "keep notes and lists"), ("what time is it", "It is")):
            say(voices.say(question), tmp_path)
            terminal.shows(answer)
            terminal.until(lambda: completed(tmp_path) == len(words(tmp_path)), within_s=40)
        assert words(tmp_path) == ["what can you do", "what time is it"]
        assert interruptions(tmp_path) == 0


def test_without_cancellation_the_microphone_is_soon_closed_while_an_answer_sounds(tmp_path: Path) -> None:
    with Terminal(f"{TALK} --no-aec", tmp_path) as terminal, echo.echoing():
        terminal.shows("listening")
        say(voices.say("what can you do"), tmp_path)
        terminal.shows("The microphone hears the speaker", within_s=30)
        assert interruptions(tmp_path) <= 3
        # Nobody speaks any more: an answer is heard to its end, and it does not talk to itself.
        terminal.until(lambda: completed(tmp_path) > 0 and "listening" in terminal.screen, within_s=40)
        done = completed(tmp_path)
        say(voices.say("what time is it"), tmp_path)
        terminal.shows("It is")
        terminal.until(lambda: completed(tmp_path) > done)
