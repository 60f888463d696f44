"""How the screen looks in each state. A picture that changed is looked at before it is taken (`--snapshot-update`)."""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion
from textual.widgets import OptionList

from realtime_chat.cli.tui.desk import Desk
from realtime_chat.cli.tui.device_line import Line
from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.events import Envelope, LevelMeasured
from realtime_chat.core.messages import CreateItem, CreateResponse, ResponseDone
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.transports.scripted import drop, expect, hang
from realtime_chat.core.virtual_audio import VirtualSource
from tests.cli.tui.stage import BANNER, Stage, Tools, answered, asked, begun, called, staged

SESSION = "20260309T140200-5f0c1e"
DEVICES = replace(BANNER, microphone="USB Microphone", speaker="Built-in Speaker", audio_note="", voice="")


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are those of the place."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@asynccontextmanager
async def still(folder: Path, script: Any = (), **wishes: Any) -> AsyncGenerator[Stage]:
    """A stage on a clock that stands, on a session whose id is always the same."""
    clock = VirtualClock()
    held = SessionStore(folder / "sessions", clock).open(SESSION)
    held.log.append(ev.SessionStarted(provider="local", model="parrot"))
    held.close()
    async with staged(folder, script, clock=clock, session_id=SESSION, **wishes) as stage:
        yield stage


async def looks(stage: Stage, snapshot: SnapshotAssertion, theme: str = "textual-dark") -> None:
    """As it did."""
    stage.app.theme = theme
    stage.draft.cursor_blink = False
    await stage.pilot.pause()
    await stage.pilot.pause()
    assert stage.app.export_screenshot() == snapshot(extension_class=SVGImageExtension)


async def test_ready(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with still(tmp_path) as stage:
        await stage.until(lambda: "ready" in stage.strip)
        await looks(stage, snapshot)


async def test_listening_and_about_to_mute(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    source = VirtualSource()
    async with still(
        tmp_path, [hang()], mode="voice", hands_free=True, source=source, banner=DEVICES, size=(120, 40)
    ) as stage:
        for event in (LevelMeasured(input_db=-24.0, output_db=-60.0), ev.MuteApproaching(in_s=7)):
            stage.conversation.supervisor.bus.publish(
                Envelope(id="x", session_id=SESSION, seq=None, ts="", data=event)
            )
        await stage.until(lambda: "mutes in 7 s" in stage.strip and "mic " in stage.strip)
        await looks(stage, snapshot, "textual-light")
        source.end()


async def test_an_answer_that_grows(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with still(tmp_path, asked(*begun("Once upon a time, in **Lisbon**,"))) as stage:
        await stage.type("Tell me a story")
        await stage.shows("Once upon a time")
        await looks(stage, snapshot)


async def test_a_tool_that_waits_for_a_word(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    arguments = '{"path": "notes/trip.md", "text": "Lisbon, May 3 to 9"}'
    async with still(tmp_path, asked(*called("write_file", arguments)), toolbox=Tools("ok")) as stage:
        await stage.type("Write that down")
        await stage.shows("write_file")
        asks = ev.ApprovalRequested(
            turn_id="t1",
            call_id="c1",
            name="write_file",
            arguments=arguments,
            reason="It writes.",
            scope="write_file with this path",
        )
        stage.conversation.supervisor.bus.publish(
            Envelope(id="x", session_id=SESSION, seq=None, ts="", data=asks)
        )
        await stage.until(lambda: "waits for your word" in stage.screen)
        await stage.pilot.press("tab")
        await looks(stage, snapshot)


async def test_a_word_behind_a_slash_that_completes_itself(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    async with still(tmp_path) as stage:
        await stage.pilot.press("slash", "r", "e")
        await looks(stage, snapshot)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_help(tmp_path: Path, snapshot: SnapshotAssertion, theme: str) -> None:
    async with still(tmp_path, size=(120, 40)) as stage:
        await stage.pilot.press("f1")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await looks(stage, snapshot, theme)


async def test_a_connection_that_comes_back(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    script = [*asked(*answered("Noon.")), drop(1006, "gone")]
    async with still(tmp_path, script) as stage:
        await stage.type("Time?")
        await stage.shows("Connecting again in 1 s")
        await looks(stage, snapshot)


async def test_a_draft_of_several_lines(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with still(tmp_path) as stage:
        stage.draft.value = "First, the weather.\nThen the news, but only those about boats.\nThank you."
        await looks(stage, snapshot)


async def test_muted(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    source = VirtualSource()
    async with still(
        tmp_path, [hang()], mode="voice", hands_free=True, source=source, banner=DEVICES
    ) as stage:
        await stage.until(lambda: "listening" in stage.strip)
        await stage.pilot.press("space")
        await stage.until(lambda: "muted" in stage.strip)
        await looks(stage, snapshot)
        source.end()


async def test_paused(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with still(tmp_path, [hang()]) as stage:
        await stage.conversation.set_paused(SESSION, True)
        await stage.until(lambda: "paused" in stage.strip)
        await looks(stage, snapshot, "textual-light")


async def test_an_error_says_what_to_do(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    failed = ResponseDone(
        response_id="r1",
        status="failed",
        error_code="insufficient_quota",
        error_message="The quota is used up.",
    )
    script = [*expect(CreateItem), *expect(CreateResponse, *begun("Let me"), failed)]
    async with still(tmp_path, script) as stage:
        await stage.type("Time?")
        await stage.shows("The quota is used up.")
        await looks(stage, snapshot)


@pytest.mark.parametrize("word", ["devices", "model"])
async def test_a_list_to_choose_from(tmp_path: Path, snapshot: SnapshotAssertion, word: str) -> None:
    lines = [Line("input", "USB Microphone", is_default=True), Line("output", "Built-in Speaker")]
    desk = Desk(devices=lambda: lines, models=("parrot", "raven"))
    async with still(tmp_path, banner=DEVICES, desk=desk) as stage:
        await stage.type(f"/{word}")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.until(lambda: stage.app.screen.query_one(OptionList).option_count == 2)
        await looks(stage, snapshot)
