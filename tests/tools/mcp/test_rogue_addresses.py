"""Addresses behind which something misbehaves: each costs its own tools, and gets no key that is not its own."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from realtime_chat.core.clock import settle
from realtime_chat.tools.mcp.wire import HttpServer
from tests.tools.mcp.kit import TOKEN, connected, rogue

pytest.importorskip("mcp", reason="the extra realtime-chat[mcp] is not installed")

JSON = "200 OK\r\ncontent-type: application/json"
EVENT = b'event: message\ndata: {"jsonrpc": "2.0", "method": "notifications/message"}\n\n'


class Rogues:
    """An HTTP server by hand. `seen` is every request's head."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.elsewhere = ""

    async def meet(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError), closing(writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.seen.append(head)
            await self._answer(head.split()[1].strip("/"), writer)

    async def _answer(self, how: str, writer: StreamWriter) -> None:
        match how:
            case "hangs":
                await asyncio.Event().wait()
            case "monster":
                await self._put(writer, JSON, b'"' + b"x" * 20_000_000)
            case "packed":
                await self._put(writer, f"{JSON}\r\ncontent-encoding: gzip", b"\x1f\x8b")
            case "page":
                await self._put(writer, "200 OK\r\ncontent-type: text/html", b"<html>Hello!</html>")
            case "broken":
                await self._put(writer, "500 Oops", b"")
            case "redirects":
                await self._put(writer, f"307 Over there\r\nlocation: {self.elsewhere}", b"")
            case "floods":
                await self._put(writer, "200 OK\r\ncontent-type: text/event-stream", b"")
                while True:
                    writer.write(EVENT * 100)
                    await writer.drain()
            case _:
                await self._put(writer, "404 Nothing here", b"")

    @staticmethod
    async def _put(writer: StreamWriter, head: str, body: bytes) -> None:
        writer.write(f"HTTP/1.1 {head}\r\nconnection: close\r\n\r\n".encode() + body)
        await writer.drain()


@asynccontextmanager
async def listening(rogues: Rogues) -> AsyncGenerator[str]:
    tasks: set[asyncio.Task[None]] = set()

    async def meet(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await rogues.meet(reader, writer)

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await settle()


async def test_each_is_told_in_one_line_and_the_others_are_there(tmp_path: Path) -> None:
    rogues, stranger = Rogues(), Rogues()
    async with listening(rogues) as url, listening(stranger) as elsewhere:
        rogues.elsewhere = f"{elsewhere}/mcp"
        bad, silent = ("monster", "packed", "page", "broken", "redirects", "nothing"), ("hangs", "floods")
        servers = [
            HttpServer(name=how, url=f"{url}/{how}", headers={"Authorization": TOKEN})
            for how in (*bad, *silent)
        ]
        async with connected(tmp_path, *servers, rogue("good"), within_s=0) as begun:
            talk = await begun.once_there("good", *bad, but=silent)
            assert (await talk.ping("good")).output == "pong"
            told = dict(zip((*bad, *silent), talk.found.faults, strict=True))
        assert "more than 16 MB" in told["monster"]
        assert "packed form" in told["packed"]
        assert "HTTP status 500" in told["broken"]
        assert "HTTP status 404" in told["nothing"]
        assert all("not ready within 0 s" in told[how] for how in silent)
        assert all("\n" not in one and len(one) < 400 and TOKEN not in one for one in told.values())
        assert any(TOKEN in head for head in rogues.seen)
        assert stranger.seen == []
