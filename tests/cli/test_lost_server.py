"""The program whose server dies in the middle of a talk."""

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path

from tests.cli.program import logs, started


def kill_server(program_pid: int) -> None:
    """The embedded one, and nothing else of the program's."""
    found = subprocess.run(
        ["pgrep", "-P", str(program_pid), "-f", "local.program"], capture_output=True, text=True, check=True
    )
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)


async def test_a_talk_outlives_its_server(tmp_path: Path) -> None:
    # J19, C26
    async with started(tmp_path, "text", "--plain") as process, asyncio.timeout(40):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"what is two plus two\n")
        assert await process.stdout.readline() == b"2 plus 2 is 4.\n"
        kill_server(process.pid)
        process.stdin.write(b"what did I ask before\n")
        assert await process.stdout.readline() == b"You said: what is two plus two.\n"
        process.stdin.write_eof()
        _, err = await process.communicate()
    told = err.decode().splitlines()
    assert process.returncode == 0
    assert any("Connecting again in 1 s (try 1 of 5)." in line for line in told)
    assert "Connected again." in told
    events = [json.loads(line)["type"] for line in logs(tmp_path)[0].read_text().splitlines()[1:]]
    assert (events.count("user_message"), events.count("turn_completed")) == (2, 2)
    assert (events.count("session_started"), events.count("session_closed")) == (1, 1)
