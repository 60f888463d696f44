"""A tool that takes long, aloud: the embedded server says so, and the result when it is there."""

import asyncio
from pathlib import Path

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import TurnPhase
from realtime_chat.core.history import AssistantEntry, ToolEntry
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.virtual_audio import VirtualSink
from realtime_chat.local.child import Endpoint
from realtime_chat.tools.base import Surroundings, ToolContext, tool
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner
from tests.waiting import eventually


@tool
async def current_time(ctx: ToolContext) -> dict[str, str]:
    """Ask a slow clock for the time."""
    await ctx.clock.sleep(30)
    return {"spoken": "half past nine", "iso": "2026-01-01T09:30:00"}


async def test_a_tool_that_takes_long_is_no_dead_air_and_its_result_is_spoken(
    tmp_path: Path, embedded: Endpoint
):
    clock = VirtualClock()
    sink = VirtualSink(clock)
    endpoint = OpenAIEndpoint(model="local-commands", base_url=embedded.url, api_key=lambda: embedded.token)
    surroundings = Surroundings(workspace=tmp_path, data_dir=tmp_path, clock=clock)
    setup = SessionSetup(
        transport=lambda: openai_transport(endpoint),
        options=SessionOptions(turn_detection="none"),
        mode="voice",
        sink=sink,
        toolbox=Runner(Registry([current_time]), surroundings),
    )
    async with asyncio.timeout(30), Supervisor(SessionStore(tmp_path, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        session_id = await conversation.start(setup)

        def said() -> list[str]:
            items = conversation.history(session_id).items
            return [one.text for one in items if isinstance(one, AssistantEntry)]

        def calls() -> list[ToolEntry]:
            return [one for one in conversation.history(session_id).items if isinstance(one, ToolEntry)]

        turn = await conversation.send(session_id, "what time is it")
        await eventually(lambda: len(calls()) == 1)
        await clock.advance(8)
        await eventually(lambda: said() == ["That takes a moment; I am still on it."])
        assert conversation.status(session_id).phase is TurnPhase.ACTING
        await clock.advance(22)
        await eventually(lambda: said()[1:] == ["It is half past nine."])
        await clock.advance(20)
        assert (await conversation.await_turn(session_id, turn)).status == "completed"
