"""Our end of the MCP host: the child started, asked, listened to, ended.

resource       acquired        released by
host process   _live           its end: __aexit__ ends its input; killed 3 s later; the end of ours ends it anyway
reader task    __aenter__      __aexit__
waiting call   call            its answer, its cancellation, or the host's end
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Any, assert_never

from realtime_chat.core.errors import Category
from realtime_chat.tools.mcp.wire import (
    LINE_BYTES,
    Answered,
    Begin,
    CallTool,
    DropCall,
    Listed,
    Lost,
    Order,
    Progressed,
    Report,
    ServerSpec,
    Started,
    line,
    read_report,
)

#: `-P` keeps the working directory off the module path: it is the user's, not ours.
COMMAND = (sys.executable, "-P", "-m", "realtime_chat.tools.mcp.host.program")
_END_S = 3.0
#: The host is our own program: one that dies again and again is broken.
_STARTS = 5
_PAUSE_S = 1.0
_GONE = "The program that holds the MCP servers ended; try again in a moment."


@dataclass(frozen=True, slots=True)
class _Waiting:
    answer: asyncio.Future[Answered]
    progress: Callable[[str], None]


class McpLink:
    """The configured servers, as one object that never raises for what they do.

    `async with` it: servers start at once and beside each other; on leaving they are gone.
    """

    def __init__(self, servers: Sequence[ServerSpec], *, command: Sequence[str] = COMMAND) -> None:
        self._specs = tuple(servers)
        self._command = command
        self._crew = asyncio.TaskGroup()
        self._numbers = count(1)
        self._process: Process | None = None
        self._ending = False
        self._waiting: dict[int, _Waiting] = {}
        self._listed: dict[str, Listed] = {}
        self._lost: dict[str, str] = {}
        self._groups: dict[str, int] = {}
        self._settled = asyncio.Event()

    async def __aenter__(self) -> "McpLink":
        await self._crew.__aenter__()
        self._crew.create_task(self._live(), name="mcp-host")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        await self._crew.__aexit__(None, None, None)  # what was raised inside is not the group's to wrap

    @property
    def listed(self) -> Mapping[str, Listed]:
        """The servers that are, or were, there, with their tools."""
        return self._listed

    @property
    def lost(self) -> Mapping[str, str]:
        """The servers that are not there now, and why, in one line."""
        return self._lost

    async def settled(self, within_s: float) -> None:
        """Return when every server has come or failed, or when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._settled.wait()

    async def call(
        self, server: str, tool: str, arguments: dict[str, Any], progress: Callable[[str], None]
    ) -> Answered:
        """How the call ended, whatever happens to server and host. Cancelled, it is dropped there, too."""
        number = next(self._numbers)
        order = CallTool(number=number, server=server, tool=tool, arguments=arguments)
        waiting = _Waiting(asyncio.get_running_loop().create_future(), progress)
        if not self._send(order):
            return _gone(number)
        self._waiting[number] = waiting
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            self._send(DropCall(number=number))
            raise
        finally:
            del self._waiting[number]

    def _send(self, order: Order) -> bool:
        """Bound: the calls of one batch. The host's input is read by a thread that does nothing else."""
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return False
        process.stdin.write(line(order))
        return True

    async def _live(self) -> None:
        for _ in range(_STARTS):
            try:
                self._process = await self._start()
            except OSError as error:
                self._lose_all(f"its host cannot be started ({error.strerror})")
                return
            try:
                await self._listen(self._process)
            finally:
                await self._end(self._process)
                self._end_orphans(self._process)
                self._process = None
            self._lose_all("its host ended")
            if self._ending:
                return
            await asyncio.sleep(_PAUSE_S)

    async def _start(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=LINE_BYTES,
            start_new_session=True,  # keys pressed in our terminal are not meant for it
        )
        assert process.stdin is not None
        process.stdin.write(line(Begin(servers=self._specs)))
        if self._ending:
            process.stdin.close()
        return process

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        with suppress(ValueError):  # not our language, or too long a line: the host is broken
            while raw := await process.stdout.readline():
                self._hear(read_report(raw))

    def _hear(self, report: Report) -> None:
        match report:
            case Started(server=server, group=group):
                self._groups[server] = group
            case Listed(server=server):
                self._listed[server] = report
                self._lost.pop(server, None)
            case Lost(server=server, why=why):
                self._lost[server] = why
                self._groups.pop(server, None)
            case Answered(number=number):
                if number in self._waiting and not self._waiting[number].answer.done():
                    self._waiting[number].answer.set_result(report)
            case Progressed(number=number, text=text):
                if number in self._waiting:
                    self._waiting[number].progress(text)
            case _:
                assert_never(report)
        if all(spec.name in self._listed or spec.name in self._lost for spec in self._specs):
            self._settled.set()

    def _lose_all(self, why: str) -> None:
        for spec in self._specs:
            self._lost.setdefault(spec.name, why)
        for number, waiting in self._waiting.items():
            if not waiting.answer.done():
                waiting.answer.set_result(_gone(number))
        self._settled.set()

    def _end_orphans(self, process: Process) -> None:
        """A host that was killed, by the system for want of memory, say, ended none of its servers."""
        if process.returncode != 0:
            for group in self._groups.values():
                _kill(group)
        self._groups.clear()

    @staticmethod
    async def _end(process: Process) -> None:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            return
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def _kill(group: int) -> None:
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _gone(number: int) -> Answered:
    return Answered(number=number, ok=False, text=_GONE, kind="mcp_unavailable", category=Category.RETRYABLE)
