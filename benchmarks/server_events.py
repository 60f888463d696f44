"""CPU per server event, the whole way: socket, decode, machine, log, bus, one screen that reads."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from openai import AsyncOpenAI
from websockets.asyncio.client import connect

from benchmarks.blast import ANSWER
from benchmarks.figures import Figure, interleaved
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport

CREATE = '{"type": "response.create"}'
UPDATE = '{"type": "session.update", "session": {"type": "realtime"}}'


def measure(rounds: int) -> Figure:
    """µs of CPU for each event."""
    with blasting() as port, tempfile.TemporaryDirectory() as folder:
        medians = interleaved(
            {
                "ours": run(lambda: ours(port, Path(folder))),
                "websockets recv": run(lambda: bare(port)),
                "openai SDK parse": run(lambda: sdk(port)),
            },
            rounds,
        )
    return Figure(
        name="CPU per server event",
        unit="µs",
        ours=medians.pop("ours"),
        beside=medians,
        floor="websockets recv",
        goal=3.0,
    )


@contextmanager
def blasting() -> Generator[int]:
    """The other side's port."""
    command = [sys.executable, "-m", "benchmarks.blast"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def run(work: Callable[[], Coroutine[Any, Any, float]]) -> Callable[[], float]:
    """µs of CPU per event of one answer."""
    return lambda: asyncio.run(work()) * 1e6 / len(ANSWER)


async def ours(port: int, folder: Path) -> float:
    """A whole session with one subscriber that coalesces, as a screen does."""
    clock = SystemClock()
    endpoint = OpenAIEndpoint(model="blast", base_url=f"http://127.0.0.1:{port}/v1", api_key=lambda: "none")
    async with Supervisor(SessionStore(folder, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        setup = SessionSetup(
            transport=lambda: openai_transport(endpoint),
            options=SessionOptions(turn_detection="none"),
            mode="voice",
        )
        session_id = await conversation.start(setup)
        seen = 0
        with conversation.subscribe(session_id, coalesce=True) as events:
            began = time.process_time()
            turn_id = await conversation.send(session_id, "go")
            async for envelope in events:
                seen += 1
                if envelope.type == "turn_completed":
                    break
            spent = time.process_time() - began
        turn = await conversation.await_turn(session_id, turn_id)
        assert (turn.status, seen > 10) == ("completed", True)
        return spent


async def bare(port: int) -> float:
    """The socket alone: nothing is looked at but where the answer ends."""
    async with connect(f"ws://127.0.0.1:{port}/v1/realtime", compression=None, max_size=None) as socket:
        await socket.recv()
        await socket.send(UPDATE)
        await socket.recv()
        began = time.process_time()
        await socket.send(CREATE)
        for _ in ANSWER:
            await socket.recv(decode=False)
        return time.process_time() - began


async def sdk(port: int) -> float:
    """The vendor's client: receive and parse, nothing more."""
    client = AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)
    async with client, client.realtime.connect(model="blast") as connection:
        await connection.recv()
        await connection.session.update(session=cast(Any, {"type": "realtime"}))
        await connection.recv()
        began = time.process_time()
        await connection.response.create()
        for _ in ANSWER:
            await connection.recv()
        return time.process_time() - began
