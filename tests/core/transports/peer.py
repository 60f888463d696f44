"""The other side of a socket, for tests: real servers on loopback."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from realtime_chat.core.transports.scripted import Drop, Emit, Expect, Script


def wire(kind: str, **fields: object) -> bytes:
    return msgspec.json.encode({"type": kind, **fields})


def flat(script: Script) -> list[object]:
    return [each for step in script for each in (step if isinstance(step, list) else [step])]


async def play(socket: ServerConnection, script: Script) -> None:
    """Play a script of raw frames as a server; then wait for the client to leave."""
    for step in flat(script):
        match step:
            case Emit(said=bytes(frame)):
                await socket.send(frame, text=True)
            case Expect():
                await socket.recv()
            case Drop(code=code, reason=reason):
                await socket.close(code, reason)
            case _:
                raise AssertionError(f"A server cannot play {step}.")
    await socket.wait_closed()


@asynccontextmanager
async def websocket_server(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncGenerator[str]:
    async with serve(handler, "127.0.0.1", 0, max_size=None, close_timeout=1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/realtime"


@asynccontextmanager
async def refusing_server(
    status: int, body: str = "", headers: dict[str, str] | None = None
) -> AsyncGenerator[tuple[str, list[Request]]]:
    """Answers every upgrade with an HTTP status; the list holds the requests it got."""
    seen: list[Request] = []

    def refuse(connection: ServerConnection, request: Request) -> Response:
        seen.append(request)
        response = connection.respond(HTTPStatus(status), body)
        response.headers.update(headers or {})
        return response

    async with serve(_never, "127.0.0.1", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/realtime", seen


async def _never(socket: ServerConnection) -> None:
    raise AssertionError("Nobody should have come in.")


@asynccontextmanager
async def tcp_server(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncGenerator[int]:
    """A server that speaks no WebSocket by itself; gives its port."""

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
