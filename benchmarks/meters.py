"""CPU of a screen on which two meters move twenty times a second, percent of a core.

Each kind is a program of its own on a terminal: `python -m benchmarks.meters KIND` runs one, for ever.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import ProgressBar, Sparkline, Static, TextArea

from benchmarks.figures import Figure
from benchmarks.idle_screen import standing
from benchmarks.peers import ROOT
from benchmarks.startup import OURS_SHOWS
from benchmarks.terminal import temporary_home

FRAMES = 20
FLOOR = "two render_line"
KINDS = ("ours", FLOOR, "Static.update", "Sparkline", "ProgressBar")


def meters(rounds: int) -> Figure:
    """Against two lines that know how to draw themselves, and Textual's own widgets."""
    commands: dict[str, Callable[[], list[str]]] = {
        kind: lambda kind=kind: ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "benchmarks.meters", kind]
        for kind in KINDS
    }
    shows = dict.fromkeys(KINDS, "hello, world") | {"ours": OURS_SHOWS}
    with temporary_home() as home:
        cpu, _ = standing(commands, shows, Path(home), rounds)
    ours = cpu.pop("ours")
    name = f"two meters, {FRAMES} frames a second, CPU"
    return Figure(name=name, unit="%", ours=ours, beside=cpu, floor=FLOOR, goal=1.4)


class Meter(Widget):
    """A line that draws itself."""

    DEFAULT_CSS = "Meter { height: 1; }"
    level = 0

    def render_line(self, y: int) -> Strip:
        return Strip([Segment("█" * self.level)])


class Meters(App[None]):
    """Two of one kind, over a line to type in."""

    CSS: ClassVar[str] = "Sparkline, ProgressBar { height: 1; }"

    def __init__(self, make: Callable[[], Any], move: Callable[[Any, int], object]) -> None:
        super().__init__()
        self._pair = (make(), make())
        self._move = move
        self._step = 0

    def compose(self) -> ComposeResult:
        yield from self._pair
        yield Static("hello, world")
        yield TextArea()

    def on_mount(self) -> None:
        self.set_interval(1 / FRAMES, self._tick)

    def _tick(self) -> None:
        self._step += 1
        for meter in self._pair:
            self._move(meter, self._step * 3 % 20)


def _drawn(meter: Meter, level: int) -> None:
    meter.level = level
    meter.refresh()


def _spark(line: Sparkline, level: int) -> None:
    line.data = [*(line.data or [0] * 20)[1:], level]


PAIRS: dict[str, tuple[Callable[[], Any], Callable[[Any, int], object]]] = {
    FLOOR: (Meter, _drawn),
    "Static.update": (Static, lambda one, level: one.update("█" * level, layout=False)),
    "Sparkline": (lambda: Sparkline([0] * 20), _spark),
    "ProgressBar": (
        lambda: ProgressBar(total=20, show_eta=False),
        lambda one, level: one.update(progress=level),
    ),
}


async def ours() -> None:
    """Our screen on a scripted session, whose meters get other values as often."""
    from realtime_chat.cli.tui.app import ChatApp
    from realtime_chat.cli.tui.banner import Banner
    from realtime_chat.core import messages as wire
    from realtime_chat.core.clock import SystemClock
    from realtime_chat.core.conversation import Conversation
    from realtime_chat.core.events import Envelope, LevelMeasured
    from realtime_chat.core.options import SessionOptions
    from realtime_chat.core.setup import SessionSetup
    from realtime_chat.core.store.directory import SessionStore
    from realtime_chat.core.supervisor import Supervisor
    from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect, hang

    ready = [*emit(wire.SessionCreated()), *expect(wire.Configure, wire.SessionUpdated()), hang()]
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        async with Supervisor(SessionStore(Path(folder), clock), clock) as supervisor:
            conversation = Conversation(supervisor)
            options = SessionOptions(turn_detection="none", idle_timeout_s=0, total_timeout_s=0)
            setup = SessionSetup(transport=lambda: ScriptedTransport(ready), options=options)
            session_id = await conversation.start(setup)
            banner = Banner(
                provider="local",
                why="a test",
                model="",
                voice="",
                microphone=None,
                speaker=None,
                audio_note="",
            )

            async def move() -> None:
                step = 0
                while True:
                    step += 1
                    level = LevelMeasured(input_db=-60 + step * 3 % 54, output_db=-6 - step * 3 % 54)
                    supervisor.bus.publish(
                        Envelope(id="m", session_id=session_id, seq=None, ts="", data=level)
                    )
                    await asyncio.sleep(1 / FRAMES)

            moving = asyncio.create_task(move())
            await ChatApp(conversation, session_id, mode="text", banner=banner).run_async()
            moving.cancel()


if __name__ == "__main__":
    kind = sys.argv[1]
    if kind == "ours":
        asyncio.run(ours())
    else:
        Meters(*PAIRS[kind]).run()
