"""CPU per 20 ms of the microphone's sound, in a tight loop: from the source through the session to the socket."""

import asyncio
import base64
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.beside.samples import FRAME, FRAMES
from benchmarks.blast import blasting
from benchmarks.figures import Figure, interleaved
from benchmarks.wire import bare_socket, cpu_us, libraries, speaking
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor

FLOOR = "base64 and websockets send"


class Microphone:
    """So many frames as soon as they are wanted, then silence; `went` when the last of them was taken."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.went = asyncio.Event()

    async def frames(self) -> AsyncIterator[bytes]:
        await self.opened.wait()
        for _ in range(FRAMES):
            yield FRAME
        self.went.set()
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass


def measure(rounds: int, *, with_peers: bool = True) -> Figure:
    """µs of CPU for each frame."""
    with blasting() as port, tempfile.TemporaryDirectory() as folder, libraries(port) as peers:
        asked = {name: one.sample("uplink") for name, one in peers.items() if with_peers}
        medians = interleaved(
            {
                "ours": cpu_us(lambda: ours(port, Path(folder)), FRAMES),
                "our transport alone": cpu_us(lambda: transport(port), FRAMES),
                FLOOR: cpu_us(lambda: bare(port), FRAMES),
                **{name: lambda ask=ask: ask() * 1e6 / FRAMES for name, ask in asked.items()},
            },
            rounds,
        )
    return Figure(
        name="uplink, CPU per frame of 20 ms",
        unit="µs",
        ours=medians.pop("ours"),
        beside=medians,
        floor=FLOOR,
        goal=1.15,
    )


async def ours(port: int, folder: Path) -> float:
    """A whole session, hands-free, whose microphone is as fast as the session lets it."""
    clock, microphone = SystemClock(), Microphone()
    async with Supervisor(SessionStore(folder, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        session_id = await conversation.start(speaking(port, microphone))
        conversation.listen(session_id, True)
        session = supervisor.live(session_id)
        began = time.process_time()
        microphone.opened.set()
        await microphone.went.wait()
        while session.queue_length:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
        return time.process_time() - began


async def transport(port: int) -> float:
    """From the message to the socket: no microphone, no session."""
    line = speaking(port).transport()
    await line.connect()
    try:
        began = time.process_time()
        for _ in range(FRAMES):
            await line.send(wire.AppendAudio(pcm=FRAME))
        return time.process_time() - began
    finally:
        await line.close()


async def bare(port: int) -> float:
    """What nobody can do without."""
    async with bare_socket(port) as socket:
        began = time.process_time()
        for _ in range(FRAMES):
            sound = base64.b64encode(FRAME)
            frame = b'{"type":"input_audio_buffer.append","audio":"' + sound + b'"}'
            await socket.send(frame, text=True)
        return time.process_time() - began
