"""The real program with a real microphone and a real speaker, on a virtual card: spoken to, it speaks."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

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


def test_hands_free_a_question_is_answered_on_the_speaker(tmp_path: Path) -> None:
    with Terminal(f"{TALK} --vad", tmp_path) as terminal, Listener() as listener:
        terminal.shows("listening")
        say(voices.say("what time is it"), tmp_path)
        terminal.shows("what time is it", "It is")
        terminal.until(lambda: listener.sound_ms > 500)
        terminal.until(lambda: "turn_completed" in [event["type"] for event in logged(tmp_path)])
        assert words(tmp_path) == ["what time is it"]


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
