"""A service that repeats the key that it was given, in every way that it has; and one that behaves."""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.core.transports.http_server import Exchange, http_server
from tests.core.transports.openai_peer import OpenAIService
from tests.core.transports.ways import Call, Calls, Reply, Says, SaysAloud

HEADERS = ("authorization", "api-key", "x-goog-api-key")
WAYS = ("refuses", "closes", "tells", "answers")


class _Endless(deque[Reply]):
    """A word, a call, a sound, and again."""

    def popleft(self) -> Reply:
        self.rotate(-1)
        return self[-1]


class Tattler:
    """`way` is how it behaves just now; `socket` and `http` are where it is."""

    def __init__(self) -> None:
        self.way = "answers"
        self.socket = ""
        self.http = ""
        self._replies = _Endless(
            [Calls((Call("clock", "{}"),)), Says("Hello."), SaysAloud("One two.", bytes(9600))]
        )

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.way == "refuses":
            body = {
                "error": {
                    "message": f"Incorrect API key provided: {quoted(dict(request.headers.raw_items()))}"
                }
            }
            return connection.respond(401, json.dumps(body))  # type: ignore[arg-type]
        return None

    async def talk(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        said = quoted(dict(socket.request.headers.raw_items()))
        service = OpenAIService(self._replies)
        try:
            if self.way == "closes":
                await socket.close(1011, said[:120])
                return
            await socket.send(json.dumps(service.hello()))
            if self.way == "tells":
                error = {
                    "type": "invalid_request_error",
                    "code": said,
                    "message": f"Bad key {said}",
                    "param": said,
                }
                await socket.send(json.dumps({"type": "error", "error": error}))
            async for message in socket:
                for frame in service.take(json.loads(message)):
                    await socket.send(json.dumps(frame))
        except (ConnectionClosed, KeyError):  # Gemini is not understood
            pass

    async def answer(self, exchange: Exchange) -> None:
        said = quoted(exchange.headers)
        match self.way:
            case "refuses":
                await exchange.answer(401, {"error": {"message": f"Incorrect key {said}", "code": said}})
            case "closes":
                exchange.writer.transport.abort()
            case _ if exchange.method == "GET":
                await exchange.answer(404, b"")
            case "tells":
                await exchange.begin()
                await exchange.event({"error": {"message": f"Bad key {said}", "code": said}})
                await exchange.end()
            case _:
                await exchange.begin()
                await exchange.event(
                    {
                        "choices": [
                            {"index": 0, "delta": {"content": f"Hello {said}."}, "finish_reason": "stop"}
                        ]
                    }
                )
                await exchange.end()

    async def serve(self, up: threading.Event, until: asyncio.Event) -> None:
        async with (
            serve(self.talk, "127.0.0.1", 0, process_request=self.admit, close_timeout=1) as server,
            http_server(self.answer) as http,
        ):
            self.socket = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            self.http = http.url
            up.set()
            await until.wait()


def quoted(headers: dict[str, str]) -> str:
    """The keys among the headers, and what no terminal should be told."""
    return "\x1b]0;x\x07\x9b2J " + " ".join(
        value for name, value in headers.items() if name.lower() in HEADERS
    )


@contextmanager
def tattler() -> Generator[Tattler]:
    """In a thread of its own, since what it is asked by runs its own loop."""
    playing, up = Tattler(), threading.Event()
    loop, until = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(playing.serve(up, until)))
    thread.start()
    try:
        assert up.wait(10)
        yield playing
    finally:
        loop.call_soon_threadsafe(until.set)
        thread.join(10)
        loop.close()


def providers(service: Tattler) -> Iterator[tuple[str, list[str]]]:
    """How each provider is led to it."""
    yield "openai", ["--provider", "openai", "--url", f"{service.socket}/v1"]
    yield "azure", ["--provider", "azure", "--url", service.socket, "--model", "d"]
    yield "gemini", ["--provider", "gemini", "--url", service.socket]
    for name in ("openai", "azure", "gemini"):
        yield (
            f"{name}, stateless",
            [*("--provider", name, "--transport", "stateless", "--url", service.http, "--model", "m")],
        )
