"""The whole road on the real screen: typed, interrupted, spoken, allowed, named, left, and taken up again."""

import sys
from pathlib import Path

import pytest

from tests.devices.card import Listener, missing, say
from tests.devices.terminal import Terminal
from tests.devices.test_talk import completed, logged, words
from tests.local.engines import voices

pytestmark = [
    pytest.mark.device,
    pytest.mark.timeout(240),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
PROGRAM = f"{sys.executable} -m realtime_chat"


def asking(home: Path) -> str:
    """Settings in which a sum wants a word."""
    file = home / "settings.toml"
    file.write_text('[permissions]\nask = ["calculate"]\n')
    return f"--config {file}"


def test_one_types_talks_interrupts_allows_leaves_and_comes_back(tmp_path: Path) -> None:
    with Terminal(f"{PROGRAM} talk {asking(tmp_path)}", tmp_path) as terminal, Listener() as listener:
        terminal.shows("ready")
        terminal.type("what can you do")
        terminal.press("Enter")
        terminal.until(lambda: listener.sound_ms > 800)
        terminal.press("Escape")
        terminal.shows("(unheard)")

        terminal.press("Space")
        terminal.shows("listening")
        say(voices.say("what is twelve times seven"), tmp_path)
        terminal.press("Space")
        terminal.shows("May it?", "calculate", "waits for your word")
        terminal.press("Tab")
        terminal.shows("y once")
        terminal.press("y")
        terminal.shows("12 times 7 is 84")
        terminal.until(lambda: completed(tmp_path) == 1)
        assert words(tmp_path) == ["what is twelve times seven"]

        terminal.type("/rename the trip")
        terminal.press("Enter")
        terminal.shows("This talk is called the trip.")
        terminal.press("C-d")
        terminal.shows("EXIT 0", "Resume with: realtime-chat resume")

    with Terminal(f"{PROGRAM} resume 'the trip' {asking(tmp_path)}", tmp_path) as terminal:
        terminal.shows("(unheard)", "what is twelve times seven", "12 times 7 is 84", "ready")
        terminal.type("what time is it")
        terminal.press("Enter")
        terminal.shows("It is")
        terminal.until(lambda: completed(tmp_path) == 2)
        terminal.press("C-d")
        terminal.shows("EXIT 0")
    shown = [event["type"] for event in logged(tmp_path)]
    assert shown.count("session_started") == shown.count("session_resumed") == 1
    assert [event["data"]["reason"] for event in logged(tmp_path) if event["type"] == "turn_interrupted"] == [
        "manual"
    ]
