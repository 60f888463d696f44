"""Ctrl+C and SIGTERM from outside, as a shell sends them."""

import asyncio
import json
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.audio.kit import wav
from tests.cli.program import started
from tests.local.machine import loud
from tests.local.serving import TOKEN, running
from tests.local.slow_engines import Mouth, engines


@asynccontextmanager
async def talk(home: Path, *arguments: str) -> AsyncGenerator[tuple[Process, Mouth]]:
    """The program with a server whose answers can be held back."""
    mouth = Mouth()
    async with running(engines(mouth)) as url, started(home, *arguments, "--url", url, key=TOKEN) as process:
        try:
            yield process, mouth
        finally:
            mouth.gate.set()


async def until(process: Process, kind: str) -> dict[str, Any]:
    """The next event of that type."""
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while line := await process.stdout.readline():
            event = json.loads(line)
            if event["type"] == kind:
                return event
    raise AssertionError(f"no {kind} came")


async def ended(process: Process) -> tuple[int, str]:
    assert process.stderr is not None
    async with asyncio.timeout(20):
        told = (await process.stderr.read()).decode()
        return await process.wait(), told


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
async def test_a_signal_ends_an_idle_talk_with_its_code(
    tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    async with talk(tmp_path, "text", "--plain", "--events") as (process, _):  # P28, P27
        await until(process, "session_started")
        process.send_signal(sent)
        ended_with, told = await ended(process)
        assert ended_with == code
        assert "Traceback" not in told
        assert "Resume with: realtime-chat resume " in told


async def test_ctrl_c_in_a_turn_interrupts_it_and_keeps_what_came(tmp_path: Path) -> None:
    question = tmp_path / "q.wav"
    question.write_bytes(wav(loud(600)))
    arguments = ("talk", "--in", str(question), "--out", str(tmp_path / "a.wav"), "--no-tools", "--events")
    async with talk(tmp_path, *arguments) as (process, mouth):  # P28, P23
        mouth.gate.clear()
        await until(process, "response_started")
        process.send_signal(signal.SIGINT)
        assert (await until(process, "turn_interrupted"))["data"]["reason"] == "manual"
        mouth.gate.set()
        await until(process, "session_closed")
        ended_with, told = await ended(process)
        assert ended_with == 130
        assert "Traceback" not in told
