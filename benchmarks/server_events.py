"""CPU per server event, the whole way: socket, decode, machine, log, bus, one screen that reads."""

import base64
import json
import tempfile
import time
from pathlib import Path

from benchmarks.blast import ANSWER, blasting
from benchmarks.figures import Figure, interleaved
from benchmarks.wire import bare_socket, cpu_us, libraries, speaking
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor

CREATE = '{"type": "response.create"}'


def measure(rounds: int, *, with_peers: bool = True) -> Figure:
    """µs of CPU for each event."""
    with blasting() as port, tempfile.TemporaryDirectory() as folder, libraries(port) as peers:
        asked = {name: one.sample("events") for name, one in peers.items() if with_peers}
        medians = interleaved(
            {
                "ours": cpu_us(lambda: ours(port, Path(folder)), len(ANSWER)),
                FLOOR: cpu_us(lambda: bare(port), len(ANSWER)),
                "decode by type and base64": cpu_us(lambda: decoding(port), len(ANSWER)),
                **{name: lambda ask=ask: ask() * 1e6 / len(ANSWER) for name, ask in asked.items()},
            },
            rounds,
        )
    return Figure(
        name="CPU per server event",
        unit="µs",
        ours=medians.pop("ours"),
        beside=medians,
        floor=FLOOR,
        goal=3.0,
    )


FLOOR = "websockets recv"


async def ours(port: int, folder: Path) -> float:
    """A whole session with one subscriber that coalesces, as a screen does."""
    clock = SystemClock()
    async with Supervisor(SessionStore(folder, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        session_id = await conversation.start(speaking(port))
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
    """The socket alone: nothing is looked at, so what is counted says where the answer ends."""
    async with bare_socket(port) as socket:
        began = time.process_time()
        await socket.send(CREATE)
        for _ in ANSWER:
            await socket.recv(decode=False)
        return time.process_time() - began


async def decoding(port: int) -> float:
    """And what has to be done with each: sound out of its base64, the rest out of its JSON."""
    async with bare_socket(port) as socket:
        began = time.process_time()
        await socket.send(CREATE)
        for _ in ANSWER:
            frame = await socket.recv(decode=False)
            if b'"response.output_audio.delta"' in frame[:80]:
                start = frame.index(b'"delta": "') + 10
                base64.b64decode(frame[start : frame.index(b'"', start)])
            else:
                json.loads(frame)
        return time.process_time() - began
