"""Timers in the program as a user runs it, with the embedded server; what is told is drawn."""

import asyncio
import json
from pathlib import Path

from realtime_chat.cli.headless import Run, typed
from realtime_chat.cli.present import SilentPresenter
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import TurnPhase
from realtime_chat.core.history import AssistantEntry
from realtime_chat.core.machine.announcements import PAUSE_S
from realtime_chat.core.messages import CreateItem, CreateResponse
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.transports.scripted import expect
from realtime_chat.core.virtual_audio import VirtualSink
from realtime_chat.local.child import Endpoint
from tests.cli.program import logs, program, started
from tests.cli.tui.stage import answered, asked, staged
from tests.waiting import eventually


async def test_line_by_line_a_timer_speaks_when_it_is_due(tmp_path: Path):
    async with started(tmp_path, "text", "--plain") as process, asyncio.timeout(40):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"set a timer for 1 second\n")
        assert await process.stdout.readline() == b"Timer set for 1 second.\n"
        assert await process.stdout.readline() == b"Your 1 second timer has ended.\n"
        process.stdin.write(b"what is two plus two\n")
        assert await process.stdout.readline() == b"2 plus 2 is 4.\n"
        process.stdin.write_eof()
        out, err = await process.communicate()
    assert (process.returncode, out) == (0, b"")
    assert 'The timer "1 second" has ended.' in err.decode().splitlines()
    again = await program(tmp_path, "sessions", "show", logs(tmp_path)[0].stem)
    assert 'Notice: The timer "1 second" has ended.' in again.out.decode().splitlines()


async def test_a_line_that_comes_while_an_announcement_is_told_is_asked_after_it(tmp_path: Path):  # P4
    script = [*expect(CreateItem), *expect(CreateResponse, *answered("Your tea is ready."))]
    async with staged(tmp_path, [*script, *asked(*answered("It is noon.", 2))]) as stage:
        conversation, session_id = stage.conversation, stage.session_id
        with conversation.subscribe(session_id) as events:
            held = Run(conversation, session_id, SilentPresenter(), events, 5)
            running = await conversation.announce(session_id, 'The timer "tea" has ended.')
            assert await held.turn(typed("Time?")) == 0
        turns = conversation.history(session_id).turns
        assert [(turn.turn_id, turn.source) for turn in turns] == [(running, "announced"), ("t2", "typed")]
        assert [turn.status for turn in turns] == ["completed", "completed"]


async def test_a_run_of_one_turn_leaves_timers_to_a_talk_that_lasts(tmp_path: Path):
    await program(tmp_path, "text", "set a timer for 1 second")
    run = await program(tmp_path, "text", "which timers are running")
    assert run.out.startswith(b"The 1 second timer")
    kept = json.loads((tmp_path / "data" / "timers.json").read_bytes())
    assert [timer["announced"] for timer in kept] == [False]


async def test_what_the_program_says_by_itself_stands_on_the_screen(tmp_path: Path):
    script = [*expect(CreateItem), *expect(CreateResponse, *answered("Your tea is ready."))]
    async with staged(tmp_path, [*script, *asked(*answered("It is noon.", 2))]) as stage:
        await stage.conversation.announce(stage.session_id, 'The timer "[b]tea" has ended.')
        await stage.shows('notice     The timer "[b]tea" has ended.', "Your tea is ready.")
        await stage.until(lambda: "ready" in stage.strip)
        await stage.type("Time?")
        await stage.shows("It is noon.")


async def test_in_voice_mode_a_timer_is_told_aloud_and_esc_cuts_it(tmp_path: Path, embedded: Endpoint):
    clock = VirtualClock()
    sink = VirtualSink(clock)
    endpoint = OpenAIEndpoint(model="local-commands", base_url=embedded.url, api_key=lambda: embedded.token)
    setup = SessionSetup(
        transport=lambda: openai_transport(endpoint),
        options=SessionOptions(turn_detection="none"),
        mode="voice",
        sink=sink,
    )
    async with Supervisor(SessionStore(tmp_path, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        session_id = await conversation.start(setup)
        await clock.advance(PAUSE_S)
        turn_id = await conversation.announce(session_id, 'The timer "tea" has ended.')
        await eventually(lambda: conversation.status(session_id).phase is TurnPhase.SPEAKING)
        await clock.advance(0.5)
        assert await conversation.interrupt(session_id) == turn_id
        answer = conversation.history(session_id).items[-1]
        assert isinstance(answer, AssistantEntry)
        assert (answer.text, answer.heard_ms) == ("Your tea timer has ended.", 500)
        assert conversation.history(session_id).turns[-1].status == "interrupted"
