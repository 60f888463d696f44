"""A talk in lines with a real microphone and a real speaker: Enter begins and ends what is said."""

import sys
from pathlib import Path

import pytest

from tests.devices.card import Listener, missing, say
from tests.devices.terminal import Terminal
from tests.local.engines import voices

pytestmark = [
    pytest.mark.device,
    pytest.mark.timeout(240),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
TALK = f"{sys.executable} -m realtime_chat talk --plain"


def test_a_question_is_spoken_between_two_enters_and_answered_aloud(tmp_path: Path) -> None:
    with Terminal(TALK, tmp_path) as terminal, Listener() as listener:
        terminal.shows("Enter begins and ends what you say", "Microphone:")
        terminal.press("Enter")
        terminal.shows("Listening.")
        say(voices.say("what time is it"), tmp_path)
        terminal.press("Enter")
        terminal.shows("You said: what time is it", "Assistant: It is")
        terminal.until(lambda: listener.sound_ms > 500)
        terminal.press("C-d")
        terminal.shows("EXIT 0")


def test_hands_free_it_just_listens(tmp_path: Path) -> None:
    with Terminal(f"{TALK} --vad --record {tmp_path}/talk.wav", tmp_path) as terminal, Listener() as listener:
        terminal.shows("Just talk", "Listening.")
        say(voices.say("what time is it"), tmp_path)
        terminal.shows("You said: what time is it", "Assistant: It is")
        terminal.until(lambda: listener.sound_ms > 500)
        terminal.press("Enter")
        terminal.shows("Muted.")
        terminal.press("C-d")
        terminal.shows("EXIT 0")
        assert (tmp_path / "talk.wav").stat().st_size > 100_000
