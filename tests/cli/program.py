"""The program as a user runs it: its own process, its own folders, no key but the one it is given."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

#: A developer's own keys decide nothing here.
KEYS = ("OPENAI_", "AZURE_OPENAI_", "GEMINI_", "GOOGLE_")
COMMAND = (sys.executable, "-m", "realtime_chat")


class Run(NamedTuple):
    """A run that ended: its exit code and all that it printed."""

    code: int
    out: bytes
    err: bytes

    @property
    def told(self) -> list[str]:
        """The lines of stderr."""
        return self.err.decode().splitlines()


def surroundings(home: Path, key: str | None = None) -> dict[str, str]:
    """The variables it sees."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(KEYS)}
    environ |= {"REALTIME_CHAT_DATA_DIR": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    return environ if key is None else {**environ, "OPENAI_API_KEY": key}


def logs(home: Path) -> list[Path]:
    """The sessions that it left."""
    return list((home / "data" / "sessions").glob("*.jsonl"))


@asynccontextmanager
async def started(home: Path, *arguments: str, key: str | None = None) -> AsyncGenerator[Process]:
    """The program while it runs; it is gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, env=surroundings(home, key), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def program(home: Path, *arguments: str, stdin: bytes = b"", key: str | None = None) -> Run:
    """One run to its end. It shows no traceback, and prints and writes its key nowhere."""
    async with started(home, *arguments, key=key) as process, asyncio.timeout(50):
        out, err = await process.communicate(stdin)
    assert process.returncode is not None
    assert b"Traceback" not in err
    assert key is None or key.encode() not in out + err + written(home)
    return Run(process.returncode, out, err)


def written(home: Path) -> bytes:
    """All that is in its files."""
    return b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())


def value(run: Run) -> dict[str, Any]:
    """The exactly one JSON value on stdout (P26, C20)."""
    assert run.code == 0, run.err.decode()
    return json.loads(run.out)
