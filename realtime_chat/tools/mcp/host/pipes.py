"""A server that is a program: started in a process group of its own, read at a bounded pace, ended for sure.

resource             acquired   released by
process and group    opened     _end: end of stdin, then SIGTERM, then SIGKILL, half a second each
its three pipes      _spawn     the process's end
reader, writer, tail opened     their TaskGroup, on leaving
"""

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from realtime_chat.tools.mcp.host.pace import MESSAGE_BYTES, Pace
from realtime_chat.tools.mcp.host.peer import Peer
from realtime_chat.tools.mcp.wire import StdioServer

#: What a program may know of ours: nothing that could be a secret.
_HARMLESS = (
    *("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"),
    *("APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATHEXT", "PROCESSOR_ARCHITECTURE", "SYSTEMDRIVE"),
    *("SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE"),
)
_TAIL_BYTES = 4096
#: How long it may take a server to react to each step of its end.
_STEP_S = 0.5
#: A server that does not read what we send for so long hangs.
_WRITE_S = 10.0


@asynccontextmanager
async def opened(spec: StdioServer) -> AsyncGenerator[Peer]:
    """The connection; the program and its children are gone on leaving. Raises OSError when it cannot start."""
    process = await _spawn(spec)
    try:
        to_session, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        write, from_session = anyio.create_memory_object_stream[SessionMessage](0)
        peer, tail = Peer(read, write, process.pid), bytearray()
        async with asyncio.TaskGroup() as crew, to_session, read, write, from_session:
            said = crew.create_task(_keep(process, tail), name="stderr")
            tasks = [
                crew.create_task(_write(process, from_session, peer), name="writer"),
                crew.create_task(_read(process, to_session, peer, said, tail), name="reader"),
                said,
            ]
            with _cancelling(tasks):
                yield peer
    finally:
        await _end(process)


@contextmanager
def _cancelling(tasks: Sequence[asyncio.Task[None]]) -> Generator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def _spawn(spec: StdioServer) -> Process:
    variables = {name: os.environ[name] for name in _HARMLESS if name in os.environ} | spec.env
    program = shutil.which(spec.command, path=variables.get("PATH"))
    if program is None:
        raise FileNotFoundError(f"there is no program {spec.command!r}")
    return await asyncio.create_subprocess_exec(
        program,
        *spec.args,
        env=_as_bytes(variables),
        cwd=spec.folder,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=MESSAGE_BYTES,
        start_new_session=True,
    )


def _as_bytes(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Without the NULs that no system takes."""
    return {name: value.replace("\0", "") for name, value in variables.items()}


async def _read(
    process: Process,
    to_session: MemoryObjectSendStream[SessionMessage | Exception],
    peer: Peer,
    said: asyncio.Task[None],
    tail: bytearray,
) -> None:
    """Hand its messages on until it ends, and tell why it did."""
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # the session is gone first
        try:
            await _hand_on(process, to_session)
        except ValueError:  # asyncio's word for a line above the limit
            peer.end(f"it sent a message of more than {MESSAGE_BYTES // 1_000_000} MB")
        else:
            await asyncio.wait([said], timeout=_STEP_S)
            await _ended(process)
            peer.end(_last_words(process.returncode, tail))
        await to_session.aclose()


async def _hand_on(process: Process, to_session: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    """Its messages as it may send them; what is none (a greeting, say) is skipped."""
    assert process.stdout is not None
    pace = Pace()
    while raw := await process.stdout.readline():
        with suppress(ValueError):
            message = jsonrpc_message_adapter.validate_json(raw, by_name=False)
            await to_session.send(SessionMessage(message))
        await pace.take(len(raw))


async def _write(
    process: Process, from_session: MemoryObjectReceiveStream[SessionMessage], peer: Peer
) -> None:
    assert process.stdin is not None
    try:
        async for message in from_session:
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            process.stdin.write(text.encode("utf-8", "replace") + b"\n")
            async with asyncio.timeout(_WRITE_S):
                await process.stdin.drain()
    except TimeoutError:
        peer.end("it does not read what it is sent")
    except ConnectionError:
        return  # the reader tells how it ended


async def _keep(process: Process, tail: bytearray) -> None:
    """Read its stderr, so that it never waits for us, and keep the last of it: it tells why it ended."""
    assert process.stderr is not None
    while piece := await process.stderr.read(_TAIL_BYTES):
        tail += piece
        del tail[:-_TAIL_BYTES]


def _last_words(code: int | None, tail: bytearray) -> str:
    ended = "it closed its output" if code is None else f"it ended with code {code}"
    lines = tail.decode("utf-8", "replace").strip().splitlines()
    return f"{ended}: {lines[-1].strip()}" if lines else ended


async def _end(process: Process) -> None:
    """End it and whatever it started."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        if not await _ended(process):
            _signal(process, signal.SIGTERM)
            await _ended(process)
    finally:
        _signal(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        await _ended(process)


async def _ended(process: Process) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(_STEP_S):
            await process.wait()
    return process.returncode is not None


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, number)
