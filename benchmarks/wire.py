"""What the measurements at the socket share: clients of the blast server, ours, a bare one, and other libraries'."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.contestant import Contestant
from benchmarks.peers import Peer, peers
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import AudioSource
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport

UPDATE = '{"type": "session.update", "session": {"type": "realtime"}}'
PROGRAMS = {
    "openai SDK": ("openai-sdk", "openai_sdk.py"),
    "openai-agents": ("openai-agents", "openai_agents.py"),
    "livekit-agents": ("livekit-agents", "livekit_session.py"),
    "pipecat": ("pipecat", "pipecat_service.py"),
}


@contextmanager
def libraries(port: int) -> Generator[dict[str, Contestant]]:
    """The other libraries that speak this protocol, each a contestant for "events" and "uplink"."""
    known = peers()
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Contestant(_command(known[peer], program, port)))
            for name, (peer, program) in PROGRAMS.items()
        }


def _command(peer: Peer, program: str, port: int) -> Callable[[], list[str]]:
    script = Path(__file__).parent / "beside" / program
    return lambda: [peer.python(), str(script), str(port)]


def speaking(port: int, source: AudioSource | None = None) -> SessionSetup:
    """A spoken session with the blast server."""
    endpoint = OpenAIEndpoint(model="blast", base_url=f"http://127.0.0.1:{port}/v1", api_key=lambda: "none")
    return SessionSetup(
        transport=lambda: openai_transport(endpoint),
        options=SessionOptions(turn_detection="none") if source is None else SessionOptions(),
        mode="voice",
        source=source,
    )


@asynccontextmanager
async def bare_socket(port: int) -> AsyncGenerator[ClientConnection]:
    """A connection of the library that we use, configured."""
    async with connect(f"ws://127.0.0.1:{port}/v1/realtime", compression=None, max_size=None) as socket:
        await socket.recv()
        await socket.send(UPDATE)
        await socket.recv()
        yield socket


def cpu_us(work: Callable[[], Coroutine[Any, Any, float]], count: int) -> Callable[[], float]:
    """µs for each of so many, of a run that gives its CPU seconds."""
    return lambda: asyncio.run(work()) * 1e6 / count
