"""A laptop with its own speaker: what the speaker plays comes back into the microphone."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.devices.card import missing, say
from tests.devices.terminal import Terminal
from tests.devices.test_talk import completed, logged, words
from tests.local.engines import voices

pytestmark = [
    pytest.mark.device,
    pytest.mark.timeout(240),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
TALK = f"{sys.executable} -m realtime_chat talk --vad"
#: -12 dB, as PulseAudio counts.
VOLUME = "63%"


def pactl(*arguments: str) -> str:
    return subprocess.run(
        ["pactl", *arguments], check=True, timeout=10, capture_output=True, text=True
    ).stdout


@contextmanager
def echoing() -> Generator[None]:
    """The speaker's sound comes into the microphone, 60 ms later and softer."""
    path = ("source=rtc_speaker.monitor", "sink=rtc_mic_feed", "latency_msec=60")
    module = pactl("load-module", "module-loopback", *path).strip()
    try:
        inputs = pactl("list", "short", "sink-inputs").splitlines()
        for line in inputs:
            if "module-loopback" in line:  # the programs of other tests come and go
                pactl("set-sink-input-volume", line.split()[0], VOLUME)
        yield
    finally:
        pactl("unload-module", module)


def interruptions(home: Path) -> int:
    return [event["type"] for event in logged(home)].count("turn_interrupted")


@pytest.mark.skipif(
    "not __import__('importlib.util').util.find_spec('livekit')", reason="the aec extra is missing"
)
def test_an_answer_does_not_interrupt_itself(tmp_path: Path) -> None:
    with Terminal(TALK, tmp_path) as terminal, echoing():
        terminal.shows("listening")
        for question, answer in (("what can you do", "keep notes and lists"), ("what time is it", "It is")):
            say(voices.say(question), tmp_path)
            terminal.shows(answer)
            terminal.until(lambda: completed(tmp_path) == len(words(tmp_path)), within_s=40)
        assert words(tmp_path) == ["what can you do", "what time is it"]
        assert interruptions(tmp_path) == 0


def test_without_cancellation_the_microphone_is_soon_closed_while_an_answer_sounds(tmp_path: Path) -> None:
    with Terminal(f"{TALK} --no-aec", tmp_path) as terminal, echoing():
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
