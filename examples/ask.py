"""Ask one question from a program of your own, without a key: `python examples/ask.py "what is 12 times 7"`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.history import AssistantEntry
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.local.child import EmbeddedServer
from realtime_chat.tools.standard import standard_toolbox


async def ask(question: str, folder: Path) -> str:
    """The answer; the conversation's log is in `folder` afterwards."""
    clock = SystemClock()
    server = EmbeddedServer()
    try:
        found = await server.start()
        endpoint = OpenAIEndpoint(model="local-commands", base_url=found.url, api_key=lambda: found.token)
        async with Supervisor(SessionStore(folder, clock), clock) as supervisor:
            conversation = Conversation(supervisor)
            setup = SessionSetup(
                transport=lambda: openai_transport(endpoint),
                options=SessionOptions(instructions="Answer briefly.", turn_detection="none"),
                toolbox=standard_toolbox(workspace=Path.cwd(), data_dir=folder, clock=clock),
            )
            session_id = await conversation.start(setup)
            turn_id = await conversation.send(session_id, question)
            await conversation.await_turn(session_id, turn_id)
            items = conversation.history(session_id).items
            return next(one.text for one in reversed(items) if isinstance(one, AssistantEntry))
    finally:
        await server.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(asyncio.run(ask(" ".join(sys.argv[1:]) or "what can you do", Path(folder))))
