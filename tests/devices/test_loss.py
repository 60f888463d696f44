"""Sound goes away in the middle of a sentence and comes back: the session lives, the screen tells, sound returns."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from benchmarks.echo import pactl
from tests.devices.card import Listener, missing, say, saying
from tests.devices.terminal import Terminal
from tests.devices.test_talk import logged, words
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


@contextmanager
def killed() -> Generator[None]:
    """The sound server itself is gone."""
    card("stop")
    yield
    card("start")


@contextmanager
def suspended() -> Generator[None]:
    """The devices are there and stand still."""
    pactl("suspend-source", "rtc_mic", "1")
    pactl("suspend-sink", "rtc_speaker", "1")
    yield
    pactl("suspend-sink", "rtc_speaker", "0")
    pactl("suspend-source", "rtc_mic", "0")


@contextmanager
def unplugged() -> Generator[None]:
    """Every source and every sink is gone; the server is there."""
    modules = [line.split("\t") for line in pactl("list", "short", "modules").splitlines()]
    plugged = [one for one in modules if one[1] in ("module-null-sink", "module-remap-source")]
    for number, *_ in reversed(plugged):
        pactl("unload-module", number)
    yield
    for _, name, arguments, *_ in plugged:
        pactl("load-module", name, *arguments.split())
    pactl("set-default-sink", "rtc_speaker")
    pactl("set-default-source", "rtc_mic")


def asked(terminal: Terminal, folder: Path, question: str, answer: str) -> None:
    """Speak, and hear the answer."""
    with Listener() as listener:
        say(voices.say(question), folder)
        terminal.shows(answer)
        terminal.until(lambda: listener.sound_ms > 300)


def cuts(home: Path) -> list[str]:
    """Why answers were cut."""
    return [event["data"]["reason"] for event in logged(home) if event["type"] == "turn_interrupted"]


@pytest.mark.parametrize("lost", [killed, suspended, unplugged])
def test_a_card_lost_in_the_middle_of_an_answer_comes_back_into_the_talk(
    tmp_path: Path, lost: Callable[[], AbstractContextManager[None]]
) -> None:
    with Terminal(TALK, tmp_path) as terminal:
        terminal.shows("listening")
        with Listener() as listener:
            say(voices.say("what can you do"), tmp_path)
            terminal.until(lambda: listener.sound_ms > 1000)
        with lost():
            terminal.shows("went away", "(unheard)")
            terminal.until(lambda: cuts(tmp_path) == ["device_lost"])
            terminal.type("what is two plus two")
            terminal.press("Enter")
            terminal.shows("2 plus 2 is 4")
        terminal.shows("back.")
        asked(terminal, tmp_path, "what is twelve times seven", "12 times 7 is 84")
        assert cuts(tmp_path) == ["device_lost"]
        assert "Expression" not in terminal.screen
        assert "ALSA" not in terminal.screen
        terminal.press("C-d")
        terminal.shows("EXIT 0")


@pytest.mark.parametrize("lost", [killed, suspended, unplugged])
def test_a_card_lost_in_the_middle_of_a_question_ends_it_and_hears_the_next_one(
    tmp_path: Path, lost: Callable[[], AbstractContextManager[None]]
) -> None:
    with Terminal(TALK, tmp_path) as terminal:
        terminal.shows("listening")
        question = voices.say("what is on my shopping list")
        with saying(question, tmp_path):
            terminal.shows("hearing")
            with lost():
                terminal.shows("went away")
                terminal.until(lambda: len(words(tmp_path)) == 1)
        terminal.shows("back.", "listening")
        asked(terminal, tmp_path, "what is twelve times seven", "12 times 7 is 84")
