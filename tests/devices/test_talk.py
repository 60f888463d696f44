"""The real program with a real microphone and a real speaker, on a virtual card: spoken to, it speaks."""

import asyncio
import json
import re
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.cli.program import program
from tests.devices.card import Listener, missing, say
from tests.devices.terminal import Terminal
from tests.local.engines import voices

pytestmark = [
    pytest.mark.device,
    pytest.mark.timeout(240),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
TALK = f"{sys.executable} -m realtime_chat talk"


def logged(home: Path) -> list[dict[str, Any]]:
    (log,) = (home / "data" / "sessions").glob("*.jsonl")
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()[1:]]


def words(home: Path) -> list[str]:
    return [event["data"].get("text") for event in logged(home) if event["type"] == "user_transcript"]


def completed(home: Path) -> int:
    return [event["type"] for event in logged(home)].count("turn_completed")


def recorded(file: Path) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Left and right."""
    with wave.open(str(file)) as sound:
        both = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0], both[:, 1]


def test_hands_free_a_question_is_answered_on_the_speaker(tmp_path: Path) -> None:
    with Terminal(f"{TALK} --vad --record {tmp_path}/talk.wav", tmp_path) as terminal, Listener() as listener:
        terminal.shows("listening")
        say(voices.say("what time is it"), tmp_path)
        terminal.shows("what time is it", "It is")
        terminal.until(lambda: listener.sound_ms > 500)
        terminal.until(lambda: "turn_completed" in [event["type"] for event in logged(tmp_path)])
        assert words(tmp_path) == ["what time is it"]
        terminal.press("C-d")
        terminal.shows("EXIT 0")
        user, assistant = recorded(tmp_path / "talk.wav")
        assert all(np.abs(side).max() > 3000 for side in (user, assistant))
        assert np.flatnonzero(np.abs(user) > 3000)[0] < np.flatnonzero(np.abs(assistant) > 3000)[0]
        (log,) = (tmp_path / "data" / "sessions").glob("*.jsonl")
        export = program(tmp_path, "sessions", "export", log.stem, "--audio", str(tmp_path / "out.wav"))
        assert asyncio.run(export).code == 0
        assert (tmp_path / "out.wav").read_bytes() == (tmp_path / "talk.wav").read_bytes()


def test_talking_over_an_answer_cuts_it_and_is_answered(tmp_path: Path) -> None:
    with Terminal(f"{TALK} --vad --headphones", tmp_path) as terminal, Listener() as listener:
        terminal.shows("listening")
        say(voices.say("what can you do"), tmp_path)
        terminal.until(lambda: listener.sound_ms > 1000)
        say(voices.say("what time is it"), tmp_path)
        terminal.shows("(unheard)", "It is")
        terminal.until(lambda: completed(tmp_path) == 1)
        assert words(tmp_path) == ["what can you do", "what time is it"]
        (cut,) = [event["data"] for event in logged(tmp_path) if event["type"] == "answer_heard"]
        assert 1000 <= cut["played_ms"] < cut["produced_ms"]
        assert [e["data"]["reason"] for e in logged(tmp_path) if e["type"] == "turn_interrupted"] == [
            "barge_in"
        ]


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("ears", ["--headphones", ""], ids=["headphones", "loudspeaker"])
def test_twenty_turns_in_a_row_lose_no_first_word(tmp_path: Path, ears: str) -> None:
    with Terminal(f"{TALK} --vad {ears}", tmp_path, lines=60) as terminal:
        terminal.shows("listening")
        for turn in range(20):
            question = ("what time is it", "what can you do", "what is the date today", "list the files")[
                turn % 4
            ]
            say(voices.say(question), tmp_path)
            terminal.until(lambda: completed(tmp_path) == len(words(tmp_path)) > turn, within_s=40)  # noqa: B023
            assert words(tmp_path)[-1] == question


def test_push_to_talk_by_the_space_key(tmp_path: Path) -> None:
    with Terminal(TALK, tmp_path) as terminal, Listener() as listener:
        terminal.shows("ready")
        terminal.press("Space")
        terminal.shows("listening")
        say(voices.say("what is twelve times seven"), tmp_path)
        terminal.press("Space")
        terminal.shows("12 times 7 is 84")
        terminal.until(lambda: listener.sound_ms > 500)
        terminal.press("C-d")
        terminal.shows("EXIT 0")
        assert re.search(r"Resume with: realtime-chat resume \S+", terminal.screen)
        assert "ALSA" not in terminal.screen
