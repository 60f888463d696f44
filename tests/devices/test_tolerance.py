"""Tolerant barge-in and the volume, on a real microphone and speaker of a virtual card."""

import sys
from pathlib import Path

import pytest

from realtime_chat.audio.levels import dbfs
from tests.devices.card import Listener, missing, say
from tests.devices.terminal import Terminal
from tests.devices.test_talk import completed, logged, words
from tests.local.engines import voices

pytestmark = [
    pytest.mark.device,
    pytest.mark.timeout(240),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
TALK = f"{sys.executable} -m realtime_chat talk --headphones"


def interrupted(home: Path) -> list[str]:
    return [event["data"]["reason"] for event in logged(home) if event["type"] == "turn_interrupted"]


def test_a_yeah_over_an_answer_lets_it_go_on_and_a_question_cuts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALTIME_CHAT_TURNS__BARGE_IN", "tolerant")
    with Terminal(f"{TALK} --vad", tmp_path) as terminal, Listener() as listener:
        terminal.shows("listening")
        say(voices.say("what can you do"), tmp_path)
        terminal.until(lambda: listener.sound_ms > 1000)
        say(voices.say("yeah", "en-gb"), tmp_path)
        terminal.until(lambda: completed(tmp_path) == 1)
        assert interrupted(tmp_path) == []
        assert words(tmp_path) == ["what can you do"]
        before = listener.sound_ms
        say(voices.say("what can you do"), tmp_path)
        terminal.until(lambda: listener.sound_ms > before + 1000)
        say(voices.say("what time is it"), tmp_path)
        terminal.until(lambda: completed(tmp_path) == 2)
        assert interrupted(tmp_path) == ["barge_in"]
        assert words(tmp_path) == ["what can you do", "what can you do", "what time is it"]


def test_the_volume_is_what_one_hears(tmp_path: Path) -> None:
    with Terminal(TALK, tmp_path) as terminal, Listener() as listener:
        terminal.shows("ready")
        terminal.type("what time is it")
        terminal.press("Enter")
        terminal.until(lambda: completed(tmp_path) == 1)
        loud = listener.heard
        terminal.press(*["C-Down"] * 9)
        terminal.shows("vol 10 %")
        terminal.type("what time is it")
        terminal.press("Enter")
        terminal.until(lambda: completed(tmp_path) == 2)
        soft = listener.heard[len(loud) :]
        assert 15 < loudest(loud) - loudest(soft) < 25


def loudest(pcm: bytes) -> float:
    """Of all 20 ms, dBFS."""
    return max(dbfs(pcm[at : at + 960]) for at in range(0, len(pcm), 960))
