"""Microphones and speakers: which there are, which are in use and how loud they are, and which to use instead."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from realtime_chat.cli.words.device_line import Direction, Line, choice_of, marks_of, name_of
from realtime_chat.core.events import LevelMeasured
from realtime_chat.core.printable import one_line

#: Cells of a meter that is as loud as can be.
METER = 30
QUIETEST_DB = -60
#: Seconds between two looks at the levels.
LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to use from now on: a name, or a number where names are not enough."""

    direction: Direction
    name: str


class DevicesScreen(ModalScreen[Chosen | None]):
    """Over the talk, which goes on. Its result is None when nothing was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look_again", "look again", id="refresh_devices"),
        Binding("escape", "close", "close", id="close_devices"),
    ]
    DEFAULT_CSS = """
    DevicesScreen {
        align: center middle;
        & > #devices {
            width: 90%;
            max-width: 100;
            height: auto;
            max-height: 90%;
            padding: 0 1;
            background: $surface;
            border: round $primary;
        }
        #levels { height: 2; margin-bottom: 1; }
        OptionList, OptionList:focus {
            height: auto; max-height: 100%; padding: 0; background: $surface; border: none;
        }
        #told { height: auto; color: $text-muted; }
    }
    """

    def __init__(
        self,
        devices: Callable[[], Sequence[Line]],
        level: Callable[[], LevelMeasured | None],
        used: Sequence[Line],
    ) -> None:
        """`devices` is called in a thread of its own and may raise nothing; `used` are those in use."""
        super().__init__()
        self._devices = devices
        self._level = level
        self._used = used
        self._lines: Sequence[Line] = ()

    def compose(self) -> ComposeResult:
        """Meters of what is in use, and all that there is."""
        with Vertical(id="devices"):
            yield Static(id="levels", markup=False)
            yield OptionList(markup=False)
            yield Static("Looking …", id="told", markup=False)

    def on_mount(self) -> None:
        """Look for the first time."""
        panel = self.query_one("#devices")
        panel.border_title = "Devices"
        panel.border_subtitle = "Enter use it · r look again · Esc close"
        self.set_interval(LOOK_S, self._measure)
        self._measure()
        self.action_look_again()

    def action_look_again(self) -> None:
        """What came or went meanwhile."""
        self.run_worker(self._look(), exclusive=True, group="devices")

    def action_close(self) -> None:
        """Nothing was chosen."""
        self.dismiss(None)

    @on(OptionList.OptionSelected)
    def choose(self, selected: OptionList.OptionSelected) -> None:
        """Enter."""
        line = self._lines[selected.option_index]
        self.dismiss(Chosen(line.direction, choice_of(line, self._lines)))

    async def _look(self) -> None:
        self._lines = sorted(await asyncio.to_thread(self._devices), key=lambda one: one.direction)
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([Option(self._drawn(one)) for one in self._lines])
        listed.highlighted = 0 if self._lines else None
        listed.focus()
        told = "" if self._lines else "There is no sound device; r looks again."
        self.query_one("#told", Static).update(told)

    def _drawn(self, line: Line) -> Text:
        marks = marks_of(line, self._lines, self._used)
        return Text.assemble(
            (f"{line.kind:<11}", "bold"),
            one_line(name_of(line, self._lines), 80),
            (f"  {', '.join(marks)}" if marks else "", "dim"),
        )

    def _measure(self) -> None:
        level = self._level() or LevelMeasured()
        self.query_one("#levels", Static).update(
            Text("\n").join((meter("microphone", level.input_db), meter("speaker", level.output_db))),
            layout=False,
        )


def meter(name: str, db: float) -> Text:
    """A bar that grows with the loudness, and the loudness in words."""
    part = max(0.0, min(1.0, 1 - db / QUIETEST_DB))
    full = round(part * METER)
    word = "silence" if db <= QUIETEST_DB else f"{db:.0f} dB"
    return Text.assemble(
        (f"{name:<11}", "bold"), ("█" * full, "green"), ("·" * (METER - full), "dim"), f" {word}"
    )
