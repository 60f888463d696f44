"""Streams of a chat service, mutilated on their way: each answer ends once, each turn ends, and the next is answered.

A whole session, over real HTTP. Of bytes that are cut in the middle of a letter or a chunk, too.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import TERMINAL, ToolCall, ToolResult, TurnStarted
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.chat.provider import ChatEndpoint, chat_transport
from realtime_chat.tools.base import Surroundings, tool
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner
from tests.core.machine.mutations import MUTATIONS, Frame, mutated
from tests.core.transports.chat_peer import USAGE, call_piece, chunk, stream
from tests.core.transports.http_server import Exchange, http_server
from tests.fuzzing import CALM, fuzz

Changes = list[tuple[str, int, int, Any]]
SAID: list[Frame] = [
    chunk({"role": "assistant", "content": ""}),
    *(chunk({"content": piece}) for piece in ("Let ", "me ", "see: é")),
    {**chunk({}, "stop"), "usage": USAGE},
]
CALLED: list[Frame] = [
    chunk({"content": "One moment."}),
    chunk({"tool_calls": [call_piece(0, "clock", '{"zone":')]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": ' "UTC"}'}}]}),
    chunk({"tool_calls": [call_piece(1, "clock", "{}")]}),
    chunk({}, "tool_calls"),
    {**chunk({}), "choices": [], "usage": USAGE},
]
STREAMS = {"words": SAID, "calls": CALLED}


@tool(need="read")
async def clock(zone: str = "") -> str:
    """The time."""
    return f"noon {zone}"


async def mutilated(exchange: Exchange, frames: list[Frame], changes: Changes, size: int) -> None:
    """A stream in pieces of so many bytes; a lost one ends without an end."""
    await exchange.begin()
    raw = bytearray()
    for frame in mutated(frames, changes):
        if frame is None:
            exchange.writer.transport.abort()
            return
        raw += b"data: " + frame + b"\n\n"
    raw += b"data: [DONE]\n\n"
    for at in range(0, len(raw), size):
        await exchange.piece(bytes(raw[at : at + size]))
    await exchange.end()


def check(stream_name: str, changes: Changes, size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_checked(Path(folder), STREAMS[stream_name], changes, size))


async def _checked(folder: Path, frames: list[Frame], changes: Changes, size: int) -> None:
    bad = True

    async def serve(exchange: Exchange) -> None:
        nonlocal bad
        if exchange.method == "GET":
            await exchange.answer(404, b"")
        elif bad:
            bad = False
            await mutilated(exchange, frames, changes, size)
        else:
            await stream(exchange, {"content": "Here."}, reason="stop")

    system = SystemClock()
    store = SessionStore(folder / "sessions", system)
    place = Surroundings(workspace=folder, data_dir=folder / "data", clock=system)
    async with asyncio.timeout(20), http_server(serve) as server, Supervisor(store, system) as supervisor:
        talk = Conversation(supervisor)
        setup = SessionSetup(
            transport=lambda: chat_transport(ChatEndpoint(model="m", base_url=server.url)),
            options=SessionOptions(turn_detection="none"),
            toolbox=Runner(Registry([clock]), place),
        )
        session_id = await talk.start(setup)
        await talk.await_turn(session_id, await talk.send(session_id, "Well?"))
        last = await talk.await_turn(session_id, await talk.send(session_id, "Are you there?"))
        assert last.status == "completed"
        await talk.close(session_id)
    logged = [one.data for one in store.read(session_id)]
    begun = [one.turn_id for one in logged if isinstance(one, TurnStarted)]
    assert [one.turn_id for one in logged if isinstance(one, TERMINAL)] == begun
    asked = [one.call_id for one in logged if isinstance(one, ToolCall)]
    assert sorted(asked) == sorted(one.call_id for one in logged if isinstance(one, ToolResult))


GIVEN: dict[str, st.SearchStrategy[Any]] = {
    "stream_name": st.sampled_from(sorted(STREAMS)),
    "changes": MUTATIONS,
    "size": st.sampled_from([1, 7, 100, 100_000]),
}


@given(**GIVEN)
@settings(max_examples=40, suppress_health_check=CALM)
def test_a_mutilated_stream_ends_its_turn_and_the_next_is_answered(
    stream_name: str, changes: Changes, size: int
) -> None:
    # M13, C9, X13
    check(stream_name, changes, size)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_minutes_of_them() -> None:
    """As many as FUZZ_MINUTES says."""
    fuzz({"streams": (check, GIVEN)})
