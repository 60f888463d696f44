"""Programs: no shell unless asked for, no secrets, bounded output, and none outlives its call."""

import asyncio
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core.ports import ToolOutcome
from realtime_chat.tools.builtin.run import run, run_shell
from realtime_chat.tools.outcomes import OUTPUT_BYTES
from tests.tools.kit import Bench, call, kind
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs here are POSIX ones")

PYTHON = sys.executable


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "work").mkdir()
    return Bench(tmp_path, run, run_shell)


async def ran(bench: Bench, command: str, *, shell: bool = False, **arguments: Any) -> str:
    tool = "run_shell" if shell else "run"
    outcome = await bench.one(tool, json.dumps({"command": command, **arguments}))
    assert outcome.ok, outcome.output
    return outcome.output


async def test_a_program_runs_in_the_workspace_and_tells_what_it_printed(bench: Bench, tmp_path: Path):
    assert await ran(bench, "pwd") == f"exit code 0\n{tmp_path / 'work'}\n"
    both = await ran(bench, "echo out; echo err >&2; exit 3", shell=True)
    assert both == "exit code 3\nout\nerr\n"


async def test_words_are_read_as_a_shell_would_but_no_shell_reads_them(bench: Bench, tmp_path: Path):
    hostile = "a $(touch x) `touch x` ; touch x | touch x > x & $HOME * ~"
    assert await ran(bench, f"echo '{hostile}'") == f"exit code 0\n{hostile}\n"
    assert await ran(bench, "echo b; touch x > x") == "exit code 0\nb; touch x > x\n"
    assert list((tmp_path / "work").iterdir()) == []
    assert await ran(bench, "echo $((6 * 7)) | cat", shell=True) == "exit code 0\n42\n"


async def test_a_program_sees_no_secrets_and_no_input(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    for name in ("OPENAI_API_KEY", "GITHUB_TOKEN", "REALTIME_CHAT_PROVIDER__OPENAI__API_KEY", "MY_PASSWORD"):
        monkeypatch.setenv(name, "canary")
    told = await ran(bench, "env; cat", shell=True)
    assert "canary" not in told
    assert "PATH=" in told


async def test_long_output_keeps_beginning_and_end_within_the_bound(bench: Bench):
    code = "import sys; sys.stdout.buffer.write(b'begin' + 'é\\x1b'.encode() * 2_000_000 + b'end')"
    told = await ran(bench, shlex.join([PYTHON, "-c", code]))
    assert told.startswith("exit code 0\nbeginé")
    assert told.endswith("end")
    assert "bytes left out" in told
    assert "\ufffd" not in told
    assert len(told.encode()) <= OUTPUT_BYTES


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"command": "no-such-program-here"}, "cannot be started (No such file"),
        ({"command": "echo 'x"}, "mend its quotes"),
        ({"command": " "}, "empty"),
        ({"command": "'' x"}, "empty"),
        ({"command": "a\x00b"}, "no program takes"),
        ({"command": "echo", "timeout_s": 0}, "timeout_s"),
        ({"command": "echo", "timeout_s": 601}, "timeout_s"),
    ],
)
async def test_what_cannot_run_is_told(bench: Bench, arguments: dict[str, Any], told: str):
    outcome = await bench.one("run", json.dumps(arguments))
    assert not outcome.ok
    assert told in json.loads(outcome.output)["error"]


def is_gone(pid: int) -> bool:
    """Ended, though perhaps not yet reaped by whoever adopted it."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


FAMILY = "echo began; sleep 50 & echo $! > child; echo $$ > leader; "


async def running(
    bench: Bench, folder: Path, tail: str
) -> "tuple[asyncio.Task[list[ToolOutcome]], list[int]]":
    """A program with a child, once both run."""
    task = asyncio.create_task(bench.run(call("r", "run_shell", json.dumps({"command": FAMILY + tail}))))
    files = [folder / "work" / name for name in ("leader", "child")]
    await eventually(lambda: all(file.exists() and file.read_text().endswith("\n") for file in files))
    return task, [int(file.read_text()) for file in files]


async def test_a_program_that_takes_too_long_is_killed_with_all_it_started(bench: Bench, tmp_path: Path):
    task, pids = await running(bench, tmp_path, "wait")
    await bench.clock.advance(30)
    (outcome,) = await task
    assert kind(outcome) == "timeout"
    assert "It printed: began" in outcome.output
    await eventually(lambda: all(map(is_gone, pids)))


async def test_an_interruption_kills_the_program_with_all_it_started(bench: Bench, tmp_path: Path):
    # M4
    task, pids = await running(bench, tmp_path, "wait")
    bench.flag.set()
    (outcome,) = await task
    assert kind(outcome) == "aborted"
    await eventually(lambda: all(map(is_gone, pids)))


async def test_the_deadline_of_all_tools_kills_the_program_too(bench: Bench, tmp_path: Path):
    task, pids = await running(bench, tmp_path, "wait")
    task.cancel()
    await asyncio.wait({task})
    await eventually(lambda: all(map(is_gone, pids)))


async def test_what_a_program_leaves_behind_is_killed_at_its_end(bench: Bench, tmp_path: Path):
    task, pids = await running(bench, tmp_path, "exit 0")
    (outcome,) = await task
    assert outcome.output == "exit code 0\nbegan\n"
    await eventually(lambda: all(map(is_gone, pids)))
