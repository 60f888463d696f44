"""Run a program in the workspace: without secrets, and with an end.

Two tools, since a rule or a leave for one must never cover the other: only `run_shell` reads shell.
"""

import asyncio
import os
import shlex
import signal
from contextlib import suppress
from subprocess import DEVNULL, Popen
from typing import ClassVar, Literal, TypeAlias

from realtime_chat.core.errors import Category, ChatError, InvalidArguments, NotFound, TimedOut
from realtime_chat.core.ports import CancelFlag, Clock
from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.workers import Workers

#: Bytes of what it printed that the model gets: the beginning, and the end, where errors stand.
HEAD_BYTES = 6_000
TAIL_BYTES = 9_000
MAX_SECONDS = 600
#: After its end, for what it printed last; longer only a process that left the group holds the pipe.
DRAIN_S = 1.0
CHUNK = 65_536

#: What a program needs to find its way. Keys and tokens in other variables are not its business.
_KEPT = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR"}
) | frozenset(
    {"TEMP", "TMP", "SYSTEMROOT", "COMSPEC", "PATHEXT", "USERPROFILE"}  # Windows
)


_Ending: TypeAlias = Literal["by itself", "interrupted", "late"]


class Stopped(ChatError):
    """The user interrupted; the program and all it started were killed."""

    kind: ClassVar[str] = "aborted"
    category: ClassVar[Category] = Category.RETRYABLE


@tool(need="run", target="command", parallel_safe=False)
async def run(command: str, ctx: ToolContext, timeout_s: int = 30) -> str:
    """Run a program in the workspace's folder and read what it prints. Quote its arguments as in a shell; but
    pipes, wildcards and variables are not read."""
    return await _run(_words(command), ctx, timeout_s)


@tool(need="run", target="command", parallel_safe=False)
async def run_shell(command: str, ctx: ToolContext, timeout_s: int = 30) -> str:
    """Run a line of shell in the workspace's folder and read what it prints."""
    return await _run(
        ["cmd", "/c", command] if os.name == "nt" else ["/bin/sh", "-c", command], ctx, timeout_s
    )


def environment() -> dict[str, str]:
    """The variables that a program gets."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    return {**kept, "TERM": "dumb", "NO_COLOR": "1"}


class _Printed:
    """What a program printed, in bounded memory."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    def read(self, pipe: int) -> None:
        """Read to the end, and close. Thread: one of its own, which a child that left the group may hold."""
        try:
            while chunk := os.read(pipe, CHUNK):
                self._take(chunk)
        finally:
            os.close(pipe)

    def _take(self, chunk: bytes) -> None:
        room = HEAD_BYTES - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:] if room > 0 else chunk
        surplus = max(0, len(self._tail) - TAIL_BYTES)
        del self._tail[:surplus]
        self._left_out += surplus

    def text(self) -> str:
        """Whole characters; what is left out is said in its place."""
        if not self._left_out:
            return (self._head + self._tail).decode("utf-8", "replace")
        head = self._head.decode("utf-8", "ignore")
        tail = self._tail.decode("utf-8", "ignore")
        return f"{head}\n[… {self._left_out} bytes left out …]\n{tail}"


async def _run(words: list[str], ctx: ToolContext, timeout_s: int) -> str:
    if not 1 <= timeout_s <= MAX_SECONDS:
        raise InvalidArguments(f"timeout_s must be from 1 to {MAX_SECONDS}.")
    process, pipe = _started(words, ctx)
    printed, workers = _Printed(), Workers()
    reading = workers.start(lambda: printed.read(pipe), name="run-output")
    end = workers.start(process.wait, name="run-end")
    try:
        how = await _until_ended(end, ctx.clock, ctx.cancel_event, timeout_s)
    finally:
        _kill(process)  # also what it left behind, and when nobody waits for it any more
        await _let_go(end, reading, ctx.clock)
    if how == "interrupted":
        raise Stopped("The program was stopped: the user interrupted.")
    if how == "late":
        raise TimedOut(f"The program was stopped after {timeout_s} s. It printed: {printed.text()[-500:]}")
    return f"exit code {end.result()}\n{printed.text()}"


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InvalidArguments(f"The command cannot be read ({error}); mend its quotes.") from error
    if not words or not words[0]:
        raise InvalidArguments("The command is empty.")
    return words


def _started(words: list[str], ctx: ToolContext) -> "tuple[Popen[bytes], int]":
    """The program, and where to read what it prints.

    Not asyncio's way to start one: cancelled in the midst of it, that leaves the program's children alive.
    """
    ours, its = os.pipe()
    try:
        process = Popen(
            words,
            cwd=ctx.workspace,
            env=environment(),
            stdin=DEVNULL,
            stdout=its,
            stderr=its,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        os.close(ours)
        raise _unstarted(error, words[0]) from error
    finally:
        os.close(its)
    return process, ours


def _unstarted(error: OSError | ValueError, name: str) -> ChatError:
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return NotFound(f"The program {name[:100]!r} cannot be started ({reason}).")
    return InvalidArguments("The command holds characters that no program takes.")  # NUL, lone surrogates


async def _until_ended(
    end: "asyncio.Future[int]", clock: Clock, cancel: CancelFlag, timeout_s: int
) -> _Ending:
    async with asyncio.TaskGroup() as crew:
        late = crew.create_task(clock.sleep(timeout_s), name="run-deadline")
        stop = crew.create_task(cancel.wait(), name="run-interruption")
        await asyncio.wait({end, late, stop}, return_when=asyncio.FIRST_COMPLETED)
        how: _Ending = "by itself" if end.done() else "interrupted" if stop.done() else "late"
        late.cancel()
        stop.cancel()
    return how


async def _let_go(end: "asyncio.Future[int]", reading: "asyncio.Future[None]", clock: Clock) -> None:
    """Wait for the killed program and for the last of its words: then nothing of it is left here."""
    async with asyncio.TaskGroup() as crew:
        patience = crew.create_task(clock.sleep(DRAIN_S), name="run-drain")
        for future in (end, reading):
            await asyncio.wait({future, patience}, return_when=asyncio.FIRST_COMPLETED)
        patience.cancel()


def _kill(process: "Popen[bytes]") -> None:
    """The program and whatever it started. Its group may be gone already."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
