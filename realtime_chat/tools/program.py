"""Runs a program apart from us: without secrets, in a group of its own, with what it prints in bounded memory."""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import BinaryIO, Literal, TypeAlias

from realtime_chat.core.errors import ChatError, InvalidArguments, NotFound
from realtime_chat.core.ports import CancelFlag, Clock
from realtime_chat.tools.workers import Workers

#: Bytes of what it printed that the model gets: the beginning, and the end, where errors stand.
HEAD_BYTES = 6_000
TAIL_BYTES = 9_000
#: After its end, for what it printed last; longer only a process that left the group holds the pipe.
DRAIN_S = 1.0
CHUNK = 65_536

#: What a program needs to find its way. Keys and tokens in other variables are not its business.
_KEPT = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR"}
) | frozenset(
    {"TEMP", "TMP", "SYSTEMROOT", "COMSPEC", "PATHEXT", "USERPROFILE"}  # Windows
)


Ending: TypeAlias = Literal["by itself", "interrupted", "late"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended; `code` is its exit code, negative for a signal."""

    how: Ending
    code: int | None
    printed: str


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


async def execute(
    words: list[str],
    workspace: Path,
    *,
    clock: Clock,
    cancel: CancelFlag,
    timeout_s: float,
    stdin: BinaryIO | None = None,
) -> Ended:
    """Run it in `workspace`, to its end, its deadline or the flag; nothing that it started in its group is left.

    `stdin` is a file; without it there is nothing to read. Raises NotFound, InvalidArguments when it cannot start.
    """
    process, pipe = _started(words, workspace, stdin)
    printed, workers = _Printed(), Workers()
    reading = workers.start(lambda: printed.read(pipe), name="run-output")
    end = workers.start(process.wait, name="run-end")
    try:
        how = await _until_ended(end, clock, cancel, timeout_s)
    finally:
        _kill(process)  # also what it left behind, and when nobody waits for it any more
        await _let_go(end, reading, clock)
    return Ended(how, end.result() if end.done() else None, printed.text())


def _started(words: list[str], workspace: Path, stdin: BinaryIO | None) -> "tuple[Popen[bytes], int]":
    """The program, and where to read what it prints.

    Not asyncio's way to start one: cancelled in the midst of it, that leaves the program's children alive.
    """
    ours, its = os.pipe()
    try:
        process = Popen(
            words,
            cwd=workspace,
            env=environment(),
            stdin=DEVNULL if stdin is None else stdin,
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
    end: "asyncio.Future[int]", clock: Clock, cancel: CancelFlag, timeout_s: float
) -> Ending:
    async with asyncio.TaskGroup() as crew:
        late = crew.create_task(clock.sleep(timeout_s), name="run-deadline")
        stop = crew.create_task(cancel.wait(), name="run-interruption")
        await asyncio.wait({end, late, stop}, return_when=asyncio.FIRST_COMPLETED)
        how: Ending = "by itself" if end.done() else "interrupted" if stop.done() else "late"
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
