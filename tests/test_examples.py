"""The examples run as their first lines say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not beside the tests")


def run(name: str, *arguments: str) -> str:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_of_ones_own_gets_its_question_answered() -> None:
    assert "84" in run("ask.py", "what is 12 times 7")


def test_a_tool_of_ones_own_is_called() -> None:
    assert "five o'clock, as always" in run("own_tool.py")


def test_another_client_talks_with_the_embedded_server() -> None:
    command = [sys.executable, "-m", "realtime_chat", "serve", "--token", "secret"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+/v1", server.stdout.readline())
            assert found is not None
            assert "sums" in run("any_client.py", found[0], "secret", "what can you do")
        finally:
            server.terminate()


def test_every_example_is_told_of() -> None:
    told = set(re.findall(r"`(\w+\.py)`", (EXAMPLES / "README.md").read_text(encoding="utf-8")))
    assert told == {file.name for file in EXAMPLES.glob("*.py")}
