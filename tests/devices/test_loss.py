"""The sound server dies in the middle of a talk and comes back: the session lives, the screen tells, sound returns."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.devices.card import Listener, missing, say
from tests.devices.terminal import Terminal
from tests.devices.test_echo import echoing, pactl
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


def test_a_suspended_card_comes_back_into_the_talk(tmp_path: Path) -> None:
    with Terminal(TALK, tmp_path) as terminal:
        terminal.shows("listening")
        pactl("suspend-source", "rtc_mic", "1")
        pactl("suspend-sink", "rtc_speaker", "1")
        terminal.shows("went away")
        pactl("suspend-sink", "rtc_speaker", "0")
        pactl("suspend-source", "rtc_mic", "0")
        terminal.shows("back.")
        asked(terminal, tmp_path, "what time is it", "It is")


def test_when_every_source_and_sink_was_unplugged_and_is_back_the_talk_goes_on(tmp_path: Path) -> None:
    modules = [line.split("\t") for line in pactl("list", "short", "modules").splitlines()]
    plugged = [one for one in modules if one[1] in ("module-null-sink", "module-remap-source")]
    with Terminal(TALK, tmp_path) as terminal:
        terminal.shows("listening")
        for number, *_ in reversed(plugged):
            pactl("unload-module", number)
        terminal.shows("went away")
        for _, name, arguments, *_ in plugged:
            pactl("load-module", name, *arguments.split())
        pactl("set-default-sink", "rtc_speaker")
        pactl("set-default-source", "rtc_mic")
        terminal.shows("back.")
        asked(terminal, tmp_path, "what time is it", "It is")


def test_a_doctor_finds_out_whether_the_card_works(tmp_path: Path) -> None:
    environ = {**os.environ, "REALTIME_CHAT_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "realtime_chat", "doctor", "--sound", "--json"]
    with echoing():
        done = subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["speaker"]["ok"]
    assert checks["microphone"]["ok"]
    assert "hears the speaker" in checks["echo"]["detail"]
    assert done.returncode == 0
