"""The screen over the real driver: what is typed, answered, cut and hostile, as a person would see it (P29)."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input, Static

from realtime_chat.cli.tui.app import Banner, ChatApp
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect

READY = [emit(wire.SessionCreated()), expect(wire.Configure), emit(wire.SessionUpdated())]
ASKED = [expect(wire.CreateItem), expect(wire.CreateResponse), emit(wire.ResponseCreated(response_id="r1"))]


def said(text: str) -> wire.OutputTextDelta:
    return wire.OutputTextDelta(response_id="r1", item_id="i1", delta=text)


@asynccontextmanager
async def screen(tmp_path: Path, *script: object) -> AsyncGenerator[tuple[ChatApp, Pilot[int]]]:
    transport = ScriptedTransport([*READY, *script])  # pyright: ignore[reportArgumentType]
    clock = SystemClock()
    async with Supervisor(SessionStore(tmp_path, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        setup = SessionSetup(transport=lambda: transport, options=SessionOptions(turn_detection="none"))
        session_id = await conversation.start(setup)
        app = ChatApp(
            conversation, session_id, mode="text", banner=Banner("test", "told so", "none", "no sound")
        )
        async with app.run_test(size=(80, 24)) as pilot:
            yield app, pilot


def shown(app: ChatApp) -> str:
    return "\n".join(str(widget.render()) for widget in app.query(Static))


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came to be")


async def ask(pilot: Pilot[int], text: str) -> None:
    pilot.app.query_one(Input).value = text
    await pilot.press("enter")


async def test_a_typed_turn_shows_both_sides(tmp_path: Path) -> None:
    done = emit(said("Good morning."), wire.ResponseDone(response_id="r1", status="completed"))
    async with screen(tmp_path, *ASKED, done) as (app, pilot):
        await ask(pilot, "hello there")
        await until(pilot, lambda: "Good morning." in shown(app) and "ready" in shown(app))
        assert "You: hello there" in shown(app)


async def test_esc_cuts_the_answer_and_does_not_quit(tmp_path: Path) -> None:
    async with screen(tmp_path, *ASKED, emit(said("A long story")), expect(wire.CancelResponse)) as (
        app,
        pilot,
    ):
        await ask(pilot, "tell me")
        await until(pilot, lambda: "A long story" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "(interrupted)" in shown(app))
        assert app.is_running
        await pilot.press("escape")
        assert app.is_running


async def test_hostile_words_are_inert(tmp_path: Path) -> None:
    hostile = "\x1b]52;c;AAAA\x07\x1b[2J[red]not red[/red]"
    done = emit(said(hostile), wire.ResponseDone(response_id="r1", status="completed"))
    async with screen(tmp_path, *ASKED, done) as (app, pilot):
        await ask(pilot, "[bold]me[/bold]")
        await until(pilot, lambda: "not red" in shown(app))
        assert "\x1b" not in shown(app)
        assert "[red]not red[/red]" in shown(app)
        assert "[bold]me[/bold]" in shown(app)


async def test_ctrl_c_clears_the_draft_then_asks_then_quits_with_130(tmp_path: Path) -> None:
    async with screen(tmp_path) as (app, pilot):
        app.query_one(Input).value = "draft"
        await pilot.press("ctrl+c")
        assert app.query_one(Input).value == ""
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "again to quit" in shown(app))
        await pilot.press("x")
        await until(pilot, lambda: "again to quit" not in shown(app))
        app.query_one(Input).value = ""
        await pilot.press("ctrl+c", "ctrl+c")
        await until(pilot, lambda: app.return_value == 130)


async def test_ctrl_d_on_an_empty_line_leaves_with_0(tmp_path: Path) -> None:
    async with screen(tmp_path) as (app, pilot):
        await pilot.press("ctrl+d")
        await until(pilot, lambda: app.return_value == 0)


async def test_space_without_a_microphone_says_why(tmp_path: Path) -> None:
    async with screen(tmp_path) as (app, pilot):
        await pilot.press("space")
        await until(pilot, lambda: "You cannot be heard: no sound." in shown(app))
