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
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from realtime_chat.cli.tui.replay import ReplayApp
from realtime_chat.cli.tui.widgets.strip import Shown, StatusStrip
from realtime_chat.cli.words.desk import Desk
from realtime_chat.cli.words.device_line import Line
from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.events import Envelope, LevelMeasured
from realtime_chat.core.folding import fold
from realtime_chat.core.messages import (
    AudioDelta,
    CreateItem,
    CreateResponse,
    OutputTranscriptDelta,
    ResponseCreated,
    ResponseDone,
)
from realtime_chat.core.player import Player
from realtime_chat.core.replayed import Replayed, nobody
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.transports.scripted import drop, expect, hang
from realtime_chat.core.virtual_audio import VirtualSink, VirtualSource
from tests.cli.tui.stage import BANNER, Stage, Tools, answered, asked, begun, called, staged
from tests.cli.tui.test_approval import then
from tests.core.stories import Story, said, typed

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
async def still(
    folder: Path, script: Any = (), *, clock: VirtualClock | None = None, **wishes: Any
) -> AsyncGenerator[Stage]:
    """A stage on a clock that stands, on a session whose id is always the same."""
    clock = clock or VirtualClock()
    held = SessionStore(folder / "sessions", clock).open(SESSION)
    held.log.append(ev.SessionStarted(provider="local", model="parrot"))
    held.close()
    async with staged(folder, script, clock=clock, session_id=SESSION, **wishes) as stage:
        yield stage


async def looks(stage: Stage, snapshot: SnapshotAssertion, theme: str = "textual-dark") -> None:
    """As it did."""
    stage.draft.cursor_blink = False
    await pictured(stage.app, stage.pilot, snapshot, theme)


async def pictured(
    app: App[Any], pilot: Pilot[Any], snapshot: SnapshotAssertion, theme: str = "textual-dark"
) -> None:
    """Each further one of a test needs another size or theme, which are a part of its name."""
    app.theme = theme
    await pilot.pause()
    await pilot.pause()
    name = f"{theme.removeprefix('textual-')} {app.size.width}x{app.size.height}"
    assert app.export_screenshot() == snapshot(extension_class=SVGImageExtension, name=name)


def told(event: ev.Event) -> Envelope:
    """What only lives, and is in no log."""
    return Envelope(id="x", session_id=SESSION, seq=None, ts="", data=event)


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
            stage.conversation.supervisor.bus.publish(told(event))
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
        stage.conversation.supervisor.bus.publish(told(asks))
        await stage.until(lambda: "waits for your word" in stage.screen)
        await stage.pilot.press("tab")
        await looks(stage, snapshot)


async def test_a_word_behind_a_slash_that_completes_itself(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    async with still(tmp_path) as stage:
        await stage.pilot.press("slash", "r", "e")
        await looks(stage, snapshot)


async def test_help(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with still(tmp_path, size=(120, 40)) as stage:
        await stage.pilot.press("f1")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await looks(stage, snapshot, "textual-light")
        await stage.pilot.resize_terminal(80, 24)
        await looks(stage, snapshot)


async def test_the_palette(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with still(tmp_path) as stage:
        await stage.pilot.press("ctrl+p", *"/re")
        listed = stage.app.screen.query_one(OptionList)
        await stage.until(lambda: listed.option_count == 3)
        stage.app.screen.query_one(Input).cursor_blink = False
        await looks(stage, snapshot)


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
    desk = Desk(devices=lambda: lines, models=("parrot", "raven"), used=[Line("input", "USB Microphone")])
    async with still(tmp_path, banner=DEVICES, desk=desk) as stage:
        await stage.type(f"/{word}")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.until(lambda: stage.app.screen.query_one(OptionList).option_count == 2)
        await looks(stage, snapshot)


WORDS = (
    "connecting",
    "ready",
    "listening",
    "hearing",
    "thinking",
    "acting",
    "asking",
    "answering",
    "speaking",
    "muted",
    "paused",
    "closed",
    "error",
)


class Strips(App[None]):
    """The strip in each of its states, one below the other."""

    def compose(self) -> ComposeResult:
        for word in WORDS:
            yield StatusStrip(DEVICES, word)
        yield StatusStrip(BANNER, "reconnecting")

    def on_ready(self) -> None:
        level = LevelMeasured(input_db=-24.0, output_db=-12.0)
        *each, last = self.query(StatusStrip)
        for strip, word in zip(each, WORDS, strict=True):
            heard = level if word in ("listening", "hearing", "speaking") else None
            strip.show(Shown(word=word, mode="voice", level=heard, waited_ms=840, usd=0.42, volume=70))
        last.show(Shown(word="reconnecting", mode="text", retry_in_s=4))


async def test_the_strip_in_each_state(snapshot: SnapshotAssertion) -> None:
    app = Strips()
    async with app.run_test(size=(80, 36)) as pilot:
        await pictured(app, pilot, snapshot)
        await pilot.resize_terminal(120, 30)
        await pictured(app, pilot, snapshot, "textual-light")


async def test_an_answer_aloud_on_a_wide_screen(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    aloud = [
        ResponseCreated(response_id="r1"),
        OutputTranscriptDelta(response_id="r1", item_id="a1", delta="It will rain in the morning, and then"),
        AudioDelta(response_id="r1", item_id="a1", pcm=b"\x01\x00" * 48_000),
    ]
    clock = VirtualClock()
    script = [*asked(*called("weather", '{"place": "Lisbon"}')), *then(*aloud)]
    tools = Tools('{"morning": "rain", "afternoon": "sun"}')
    tools.may_end.set()
    wishes: Any = {"mode": "voice", "banner": DEVICES, "toolbox": tools, "sink": VirtualSink(clock)}
    async with still(tmp_path, script, clock=clock, size=(200, 60), **wishes) as stage:
        await stage.type("How will the weather be?")
        await stage.shows("and then")
        await stage.until(lambda: "speaking" in stage.strip)
        await looks(stage, snapshot)
        await stage.pilot.resize_terminal(80, 24)
        await looks(stage, snapshot, "textual-light")


async def test_thinking(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with still(tmp_path, [*expect(CreateItem), *expect(CreateResponse), hang()]) as stage:
        await stage.type("Time?")
        await stage.until(lambda: "thinking" in stage.strip)
        await looks(stage, snapshot)


async def test_connecting_again_after_a_pause(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with still(tmp_path, [hang()], later=[hang()]) as stage:
        await stage.conversation.set_paused(SESSION, True)
        await stage.until(lambda: "paused" in stage.strip)
        await stage.conversation.set_paused(SESSION, False)
        await stage.until(lambda: "connecting" in stage.strip)
        await looks(stage, snapshot)


async def test_a_disk_that_refuses_and_a_session_that_is_over(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    async with still(tmp_path) as stage:
        bus = stage.conversation.supervisor.bus
        bus.publish(told(ev.SaveStateChanged(saved=False, pending=3)))
        await stage.shows("The disk refuses")
        await looks(stage, snapshot, "textual-light")
        await stage.conversation.close(SESSION)
        await stage.until(lambda: "closed" in stage.strip and "is over" in stage.screen)
        await looks(stage, snapshot)


async def test_a_replay_that_stands_still(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    call = ev.ToolCall(turn_id="t1", response_id="r", call_id="c1", name="write_file", arguments="{}")
    asks = ev.ApprovalRequested(
        turn_id="t1",
        call_id="c1",
        name="write_file",
        arguments='{"path": "a.txt"}',
        reason="It writes.",
        scope="",
    )
    log = list(Story().tell(*typed("t1", "Write that down"), call, asks, said("t1", "Done.")))
    clock = VirtualClock()
    supervisor = nobody(SessionStore(tmp_path, clock), clock)
    player = Player(log, supervisor.bus, clock)
    banner = replace(BANNER, provider="a replay of local", why="it began on 2026-03-09", audio_note="")
    app = ReplayApp(Replayed(supervisor, player, fold(log)), "s1", mode="text", banner=banner)
    async with app.run_test(size=(80, 24)) as pilot:
        await clock.advance(3)
        await pilot.press("space")
        app.draft.cursor_blink = False
        await pictured(app, pilot, snapshot)
