"""The sound server dies in the middle of a talk and comes back: the session lives, the screen tells, sound returns."""

import os
import subprocess
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
CARD = Path(__file__).parent.parent.parent / "scripts" / "virtual-audio"
TALK = f"{sys.executable} -m realtime_chat talk --vad"


def card(verb: str) -> None:
    environ = {**os.environ, "VIRTUAL_AUDIO_DIR": str(Path(os.environ["ALSA_CONFIG_PATH"]).parent)}
    subprocess.run([CARD, verb], env=environ, check=True, timeout=30)


def pactl(*arguments: str) -> str:
    return subprocess.run(
        ["pactl", *arguments], check=True, timeout=10, capture_output=True, text=True
    ).stdout


def asked(terminal: Terminal, folder: Path, question: str, answer: str) -> None:
    """Speak, and hear the answer."""
    with Listener() as listener:
        say(voices.say(question), folder)
        terminal.shows(answer)
        terminal.until(lambda: listener.sound_ms > 300)


def test_a_killed_sound_server_comes_back_into_the_talk(tmp_path: Path) -> None:
    with Terminal(TALK, tmp_path) as terminal:
        terminal.shows("listening")
        asked(terminal, tmp_path, "what time is it", "It is")
        card("stop")
        terminal.shows("went away")
        terminal.type("what is two plus two")
        terminal.press("Enter")
        terminal.shows("2 plus 2 is 4")
        card("start")
        terminal.shows("back.")
        asked(terminal, tmp_path, "what is twelve times seven", "12 times 7 is 84")
        assert "Expression" not in terminal.screen
        assert "ALSA" not in terminal.screen
        terminal.press("C-d")
        terminal.shows("EXIT 0")
