"""A recorded talk sounds again when it is replayed, on a real speaker."""

import sys
from pathlib import Path

import pytest

from tests.cli.program import logs
from tests.devices.card import Listener, missing, say
from tests.devices.terminal import Terminal
from tests.local.engines import voices

pytestmark = [
    pytest.mark.device,
    pytest.mark.timeout(240),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
PROGRAM = f"{sys.executable} -m realtime_chat"


def test_question_and_answer_are_heard_again(tmp_path: Path) -> None:
    with Terminal(f"{PROGRAM} talk --plain --record {tmp_path}/talk.wav", tmp_path) as terminal:
        terminal.shows("Enter begins and ends what you say")
        terminal.press("Enter")
        terminal.shows("Listening.")
        say(voices.say("what time is it"), tmp_path)
        terminal.press("Enter")
        terminal.shows("Assistant: It is")
        terminal.until(lambda: b"turn_completed" in logs(tmp_path)[0].read_bytes())
        terminal.press("C-d")
        terminal.shows("EXIT 0")
    (log,) = logs(tmp_path)
    with Terminal(f"{PROGRAM} sessions replay {log.stem}", tmp_path) as terminal, Listener() as listener:
        terminal.shows("what time is it", "It is", "The replay is over.")
        assert listener.sound_ms > 1000
        terminal.press("Escape")
        terminal.shows("EXIT 0")
