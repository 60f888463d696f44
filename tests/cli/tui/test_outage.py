"""The screen while there is no connection: it says so, takes what is typed, and goes on by itself."""

import asyncio
from pathlib import Path

from textual.widgets import Static

from realtime_chat.cli.tui.app import ChatApp
from realtime_chat.cli.tui.widgets.draft import Draft
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import Unreachable
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import ScriptedTransport, drop, expect, refuse
from tests.cli.tui.stage import BANNER, OPENING, answered

AWAY = [refuse(Unreachable("Nobody is there."))]


async def test_a_lost_connection_is_seen_waited_for_and_tried_again_with_the_next_word(
    tmp_path: Path,
) -> None:
    answer = expect(wire.CreateResponse, *answered("Here I am."))
    scripts = iter(
        [
            [*OPENING, drop()],
            *[AWAY] * 5,
            [OPENING[0], *expect(wire.Configure), *expect(wire.CreateItem, wire.SessionUpdated()), *answer],
        ]
    )
    clock = VirtualClock()
    async with asyncio.timeout(20), Supervisor(SessionStore(tmp_path, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        setup = SessionSetup(
            transport=lambda: ScriptedTransport(next(scripts)),
            options=SessionOptions(turn_detection="none", idle_timeout_s=0, total_timeout_s=0),
            attended=True,
        )
        session_id = await conversation.start(setup)
        app = ChatApp(conversation, session_id, mode="text", banner=BANNER)
        async with app.run_test(size=(100, 30)) as pilot:

            def strip() -> str:
                return str(app.query_one("StatusStrip", Static).render())

            def screen() -> str:
                transcript = app.query_one(Transcript)
                return "\n".join(transcript.render_line(y).text for y in range(transcript.size.height))

            while "reconnecting " not in strip() or "Connecting again in 1 s (try 1 of 5)." not in screen():
                await pilot.pause()
            await clock.advance(60)
            while "paused " not in strip() or "Say something, and it is tried again." not in screen():
                await pilot.pause()
            app.query_one(Draft).value = "are you there?"
            await pilot.press("enter")
            while "ready " not in strip() or "Here I am." not in screen():
                await clock.advance(0.5)
                await pilot.pause()
            assert screen().count("are you there?") == 1
