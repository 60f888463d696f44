"""Between a client and a server: bytes go through until the fault of their connection."""

import asyncio
import struct
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never
from urllib.parse import urlsplit

Kind: TypeAlias = Literal["reset", "half close", "stall", "drip", "goodbye", "custom code", "huge frame"]
KINDS: tuple[Kind, ...] = ("reset", "half close", "stall", "drip", "goodbye", "custom code", "huge frame")
HUGE = 20 * 2**20


@dataclass(frozen=True)
class Fault:
    """After so many bytes of the server's."""

    kind: Kind
    after: int


class Relay:
    """Every connection takes the next fault; without one it is good."""

    def __init__(self, url: str, faults: Iterator[Fault]) -> None:
        self.count = 0
        self.tasks = set[asyncio.Task[None]]()
        self.url = ""
        self._to = urlsplit(url)
        self._faults = faults

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        fault = next(self._faults, None)
        self.count += 1
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(_pass(reader, back))
                    await _answers(there, writer, fault)
                    raise _Over
            except* _Over:
                pass
            finally:
                for one in (back, writer):
                    one.transport.abort()


class _Over(Exception):
    """Leaves the task group."""


@asynccontextmanager
async def relay(url: str, faults: Iterator[Fault]) -> AsyncGenerator[Relay]:
    made = Relay(url, faults)
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made.url = urlsplit(url)._replace(netloc=f"127.0.0.1:{port}").geturl()
    try:
        yield made
    finally:
        server.close()
        for task in made.tasks:
            task.cancel()
        await asyncio.gather(*made.tasks, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault | None) -> None:
    """The server's bytes, up to the fault."""
    passed = 0
    while data := await reader.read(65536):
        if fault is None or passed + len(data) < fault.after:
            passed += len(data)
            writer.write(data)
            await writer.drain()
            continue
        await _break(reader, writer, data, fault, passed)
        return


async def _break(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes, fault: Fault, passed: int
) -> None:
    match fault.kind:
        case "reset":
            writer.write(data[: fault.after - passed])  # in the middle of a frame
            await writer.drain()
        case "half close":
            writer.write(data)
            writer.write_eof()
            await asyncio.sleep(0)
        case "stall":
            await asyncio.Event().wait()
        case "drip":
            while data:
                for at in range(0, len(data), 64):
                    writer.write(data[at : at + 64])
                    await writer.drain()
                data = await reader.read(65536)
        case "goodbye" | "custom code":
            writer.write(data + struct.pack(">BBH", 0x88, 2, 1001 if fault.kind == "goodbye" else 4000))
            await writer.drain()
            await reader.read(65536)
        case "huge frame":
            writer.write(data + struct.pack(">BBQ", 0x81, 127, HUGE) + b" " * HUGE)
            await writer.drain()
        case _:
            assert_never(fault.kind)
