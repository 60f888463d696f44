"""Hours of talk in minutes: the whole session over real sockets, with time that only this file moves.

The peer is the one of the transport's tests, but its connections break in every way, and its model does what it likes.
"""

import asyncio
import gc
import json
import os
import random
import threading
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.messages import Incoming, Outgoing
from realtime_chat.core.ports import Capabilities, Ledger
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.virtual_audio import VirtualSink
from tests.core.transports.openai_peer import OpenAIService
from tests.core.transports.ways import Call, Calls, Fails, Hangs, Reply, Says, SaysAloud

#: Hertz × bytes of the sound of an answer's second.
SECOND = 48_000
#: How connections end, in turn; a good one is renewed after most of an hour.
FAULTS = ("abort", "stall", "leaves", "none", "dead", "4000")
GARBAGE = (
    "not json",
    "[" * 100_000,
    '{"type": 7}',
    '{"type": "brand.new", "x": [1]}',
    '{"type": "response.output_audio.delta", "delta": "AA*A"}',
    '{"type": "error", "error": {"type": "server_error", "code": "overloaded", "message": "\\u001b[2J"}}',
    '{"type": "response.output_text.delta", "response_id": "nobody", "delta": "late"}',
)


class Moods(deque[Reply]):
    """What the model does next; after calls it answers."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice
        self._called = False
        self.made: Counter[str] = Counter()

    def popleft(self) -> Reply:
        reply = self._next()
        self._called = isinstance(reply, Calls)
        self.made[type(reply).__name__] += 1
        return reply

    def _next(self) -> Reply:
        dice = self._dice
        kind = dice.choice(["says", "aloud", "aloud", "calls", "calls", "fails", "hangs"])
        if self._called and kind == "calls":
            kind = "aloud"
        match kind:
            case "says":
                return Says("It is so. " * dice.randint(1, 8))
            case "aloud":
                return SaysAloud("One two three four.", bytes(int(SECOND * dice.uniform(0.2, 6)) // 2 * 2))
            case "calls":
                names = dice.sample(["quick", "slow", "broken", "risky", "nobody"], dice.randint(1, 3))
                return Calls(tuple(Call(name, dice.choice(["{}", "{", '{"seconds": 3}'])) for name in names))
            case "fails":
                return Fails("server_error", "The model stumbled.")
            case _:
                return Hangs("Let me think about")


@dataclass
class Service:
    """The provider: every connection has a fault of its own, and garbage in between."""

    dice: random.Random
    moods: Moods
    seen: Counter[str] = field(default_factory=Counter[str])
    url: str = ""
    _dead: list[ServerConnection] = field(default_factory=list[ServerConnection])

    async def talk(self, socket: ServerConnection) -> None:
        self.seen["connections"] += 1
        fault, at = FAULTS[self.seen["connections"] % len(FAULTS)], self.dice.randint(5, 100)
        self._bury()
        service = OpenAIService(self.moods)
        with suppress(ConnectionClosed):
            await socket.send(json.dumps(service.hello()))
            async for number, message in _numbered(socket):
                if number == at and await self._breaks(socket, fault):
                    return
                if fault == "stall" and number > at:
                    continue  # it reads, and its pongs come, but it says nothing any more
                await self._answer(socket, service, json.loads(message))

    async def _breaks(self, socket: ServerConnection, fault: str) -> bool:
        """Whether the connection is over; one that is dead is there for as long as the other side believes in it."""
        self.seen[fault] += 1
        match fault:
            case "abort":
                socket.transport.abort()
            case "leaves":
                await socket.close(1001, "going away")
            case "4000":
                await socket.close(4000, "enough")
            case "dead":
                socket.transport.pause_reading()  # type: ignore[attr-defined]
                self._dead.append(socket)
                await socket.wait_closed()
            case _:
                return False
        return True

    def _bury(self) -> None:
        """Whoever reads nothing does not see that the other side left; the next connection shows it."""
        while self._dead:
            self._dead.pop().transport.abort()

    async def _answer(self, socket: ServerConnection, service: OpenAIService, frame: dict[str, Any]) -> None:
        for answer in service.take(frame):
            if self.dice.random() < 0.01:
                self.seen["garbage"] += 1
                await socket.send(self.dice.choice(GARBAGE))
            await socket.send(json.dumps(answer))
        if frame["type"] == "input_audio_buffer.commit":
            service.pcm.clear()
        del service._items[:-40]  # what it forgets shows in no figure of ours

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """One in ten is turned away, for a moment."""
        if self.dice.random() < 0.1:
            self.seen["refused"] += 1
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "busy")
        return None


async def _numbered(socket: ServerConnection) -> AsyncIterator[tuple[int, str | bytes]]:
    number = 0
    async for message in socket:
        yield number, message
        number += 1


class Line:
    """A connection; while it is opened or closed, which takes real time, the virtual one is to stand still."""

    def __init__(self, url: str, pace: "Pace") -> None:
        endpoint = OpenAIEndpoint(model="m", base_url=url, capabilities=Capabilities(max_session_s=3600))
        self._line = openai_transport(endpoint)
        self._pace = pace
        self.capabilities = self._line.capabilities

    @property
    def is_closed(self) -> bool:
        return self._line.is_closed

    async def connect(self) -> None:
        with self._pace:
            await self._line.connect()

    async def send(self, message: Outgoing) -> None:
        await self._line.send(message)

    def messages(self) -> AsyncIterator[Incoming]:
        return self._line.messages()

    async def ping(self) -> None:
        await self._line.ping()

    async def close(self) -> None:
        with self._pace:
            await self._line.close()


class Pace:
    """Moves the clock on for as long as nothing happens that takes real time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._held = 0
        self._free = asyncio.Event()
        self._free.set()

    def __enter__(self) -> None:
        self._held += 1
        self._free.clear()

    def __exit__(self, *_: object) -> None:
        self._held -= 1
        if not self._held:
            self._free.set()

    async def run(self) -> None:
        """Steps so small that what is on the wire arrives between two of them."""
        while True:
            await self._free.wait()
            await self._clock.advance(0.25)


class Speaker(VirtualSink):
    """One that keeps no sound that was heard."""

    def forget(self) -> None:
        super().forget()
        self._heard.clear()

    def flush(self) -> Ledger:
        ledger = super().flush()
        self._heard.clear()
        self._thrown_away.clear()
        return ledger


@asynccontextmanager
async def provider(service: Service) -> AsyncGenerator[None]:
    """The service behind a real socket."""
    async with serve(
        service.talk, "127.0.0.1", 0, process_request=service.admit, close_timeout=1, ping_interval=None
    ) as server:
        service.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1"
        yield


@dataclass(frozen=True)
class Sample:
    """What this process holds, at a quiet moment."""

    minute: float
    rss_kb: int
    fds: int
    threads: int
    tasks: int
    objects: int
    log_kb: int
    turns: int
    connections: int


def sample(minute: float, log: Path, *, turns: int, connections: int) -> Sample:
    """Now. Linux says it in /proc; elsewhere memory and files are not looked at."""
    gc.collect()
    proc = Path("/proc/self")
    rss = (
        int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
        if proc.exists()
        else 0
    )
    return Sample(
        minute=minute,
        rss_kb=rss,
        fds=len(os.listdir(proc / "fd")) if proc.exists() else 0,
        threads=threading.active_count(),
        tasks=len(asyncio.all_tasks()),
        objects=len(gc.get_objects()),
        log_kb=log.stat().st_size // 1024,
        turns=turns,
        connections=connections,
    )


def slope(samples: list[Sample], of: str) -> float:
    """Per hour, by least squares."""
    hours = [one.minute / 60 for one in samples]
    values = [float(getattr(one, of)) for one in samples]
    middle, mean = sum(hours) / len(hours), sum(values) / len(values)
    spread = sum((hour - middle) ** 2 for hour in hours)
    return (
        sum((h - middle) * (v - mean) for h, v in zip(hours, values, strict=True)) / spread if spread else 0.0
    )
