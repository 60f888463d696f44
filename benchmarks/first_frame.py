"""The screen on a session whose model is a script; it ends after its first frame.

A process of its own: `python -m benchmarks.first_frame FOLDER`.
"""

import asyncio
import sys
from pathlib import Path

from textual.pilot import Pilot

from realtime_chat.cli.tui.app import ChatApp
from realtime_chat.cli.tui.banner import Banner
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect, hang


async def leave(pilot: Pilot[object]) -> None:
    """Called when the screen was drawn once."""
    pilot.app.exit()


async def main(folder: Path) -> None:
    """Start, show, end."""
    ready = [*emit(wire.SessionCreated()), *expect(wire.Configure, wire.SessionUpdated()), hang()]
    transport = ScriptedTransport(ready)
    clock = SystemClock()
    async with Supervisor(SessionStore(folder, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        setup = SessionSetup(transport=lambda: transport, options=SessionOptions(turn_detection="none"))
        session_id = await conversation.start(setup)
        banner = Banner(
            provider="local", why="a test", model="", voice="", microphone=None, speaker=None, audio_note=""
        )
        app = ChatApp(conversation, session_id, mode="text", banner=banner)
        await app.run_async(headless=True, auto_pilot=leave)


asyncio.run(main(Path(sys.argv[1])))
