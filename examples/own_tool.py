"""A tool of your own in the place of a built-in one: `python examples/own_tool.py`.

The assistant asks for `current_time`; this one lives in a town where it is always tea time.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.history import AssistantEntry
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.local.child import EmbeddedServer
from realtime_chat.tools.base import Surroundings, tool
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner


@tool(need="read")
def current_time() -> dict[str, Any]:
    """Tell the time."""
    return {"spoken": "five o'clock, as always", "iso": "2026-01-01T17:00:00"}


async def main(folder: Path) -> None:
    """Ask the embedded assistant for the time."""
    clock = SystemClock()
    surroundings = Surroundings(workspace=Path.cwd(), data_dir=folder, clock=clock)
    toolbox = Runner(Registry([current_time]), surroundings)
    server = EmbeddedServer()
    try:
        found = await server.start()
        endpoint = OpenAIEndpoint(model="local-commands", base_url=found.url, api_key=lambda: found.token)
        async with Supervisor(SessionStore(folder, clock), clock) as supervisor:
            conversation = Conversation(supervisor)
            setup = SessionSetup(
                transport=lambda: openai_transport(endpoint),
                options=SessionOptions(turn_detection="none"),
                toolbox=toolbox,
            )
            session_id = await conversation.start(setup)
            await conversation.await_turn(session_id, await conversation.send(session_id, "what time is it"))
            for entry in conversation.history(session_id).items:
                if isinstance(entry, AssistantEntry):
                    print(entry.text)
    finally:
        await server.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
