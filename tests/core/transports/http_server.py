"""A small real HTTP server on loopback, for what no library's server would send."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

ENDS = b"\r\n"


@dataclass
class Exchange:
    """One request, and the way to answer it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader = field(repr=False)
    writer: asyncio.StreamWriter = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    async def answer(self, status: int, body: bytes | Any, **headers: str) -> None:
        """All at once; what is no bytes goes out as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"content-type": "application/json", "content-length": str(len(raw))}
        self._head(status, usual | {name.replace("_", "-"): value for name, value in headers.items()})
        await self.raw(raw)

    async def begin(self, kind: str = "text/event-stream") -> None:
        """A stream, in chunks."""
        self._head(200, {"content-type": kind, "transfer-encoding": "chunked"})
        await self.raw(b"")

    async def piece(self, data: bytes) -> None:
        if data:
            await self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    async def event(self, value: Any) -> None:
        await self.piece(b"data: " + json.dumps(value).encode() + b"\n\n")

    async def end(self) -> None:
        await self.raw(b"0\r\n\r\n")

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def gone(self) -> None:
        """Return when the client left."""
        with suppress(ConnectionError):
            while await self.reader.read(1024):
                pass

    def _head(self, status: int, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Anything", *(f"{name}: {value}" for name, value in headers.items())]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())


Handler = Callable[[Exchange], Awaitable[None]]


@dataclass
class HttpServer:
    """Where it is, what it was asked, and who is connected."""

    url: str = ""
    asked: list[Exchange] = field(default_factory=list)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def drop(self) -> None:
        """Cut all connections."""
        for writer in list(self.writers):
            writer.transport.abort()


@asynccontextmanager
async def http_server(handler: Handler, *, port: int = 0) -> AsyncGenerator[HttpServer]:
    """Serves one request after another on each connection."""
    here = HttpServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.writers.add(writer)
        try:
            while (exchange := await _read(reader, writer)) is not None:
                here.asked.append(exchange)
                await handler(exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            here.writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    here.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield here
        here.drop()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Exchange(method, path, headers, body, reader, writer)
