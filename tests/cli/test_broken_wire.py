"""The real socket to the embedded server, through a wire that breaks: the talk goes on, and its log is true."""

import asyncio
import random
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import TERMINAL, ToolCall, ToolResult, TurnStarted, UserMessage
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.local.child import Endpoint
from realtime_chat.tools.standard import standard_toolbox
from tests.cli.relay import KINDS, Fault, relay

#: Of a second of the program's time.
HASTE = 20
SCHEDULES = 24
#: Bytes of the server's in which a talk is under way, and in which anything may be.
TALKING, ANYWHERE = (13_000, 30_000), (100, 30_000)


class HastyClock:
    """The system's, but waits are shorter: a peer that stalls is left after five seconds."""

    def __init__(self) -> None:
        self._clock = SystemClock()

    def wall(self) -> datetime:
        return self._clock.wall()

    def monotonic(self) -> float:
        return self._clock.monotonic() * HASTE

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds / HASTE)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(SCHEDULES))
async def test_a_wire_that_breaks_costs_no_word_and_no_session(
    tmp_path: Path, embedded: Endpoint, seed: int
) -> None:
    dice, clock = random.Random(seed), HastyClock()
    faults = [Fault(KINDS[seed % len(KINDS)], dice.randint(*TALKING))]
    faults += [Fault(dice.choice(KINDS), dice.randint(*ANYWHERE)) for _ in range(dice.randint(0, 2))]
    store = SessionStore(tmp_path / "sessions", clock)
    async with asyncio.timeout(40), relay(embedded.url, iter(faults)) as wire:
        endpoint = OpenAIEndpoint(model="m", base_url=wire.url, api_key=lambda: embedded.token)
        setup = SessionSetup(
            transport=lambda: openai_transport(endpoint),
            options=SessionOptions(
                turn_detection="none", modalities=("text",), idle_timeout_s=0, total_timeout_s=0
            ),
            toolbox=standard_toolbox(workspace=tmp_path, data_dir=tmp_path / "data", clock=clock),
            attended=True,
            connect_timeout_s=10.0 * HASTE,
        )
        async with Supervisor(store, clock) as supervisor:
            conversation = Conversation(supervisor)
            session_id = await conversation.start(setup)
            status = ""
            for number in range(16):
                turn = await conversation.send(session_id, f"what is two plus {number}")
                status = (await conversation.await_turn(session_id, turn, idle_timeout_s=300)).status
                if status == "completed" and (number > 4 or (number > 1 and wire.count > len(faults))):
                    break
            assert status == "completed"
            await conversation.close(session_id)
        logged = list(store.read(session_id))
    assert [one.seq for one in logged] == list(range(len(logged)))
    turns = [one.data.turn_id for one in logged if isinstance(one.data, TurnStarted)]
    assert sorted(turns) == sorted(one.data.turn_id for one in logged if isinstance(one.data, TERMINAL))
    calls = Counter(one.data.call_id for one in logged if isinstance(one.data, ToolCall))
    assert calls == Counter(one.data.call_id for one in logged if isinstance(one.data, ToolResult))
    assert len([one for one in logged if isinstance(one.data, UserMessage)]) == len(turns)
