"""What the talk comes to so far: turns, interruptions, tokens, cost, and how long each turn let its user wait."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from rich.console import Console
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from realtime_chat.cli.tui.screens import figures as draw
from realtime_chat.cli.tui.screens.figures import Colours, Figures, figures_of
from realtime_chat.core.errors import ChatError
from realtime_chat.core.history import History
from realtime_chat.core.prices import PriceList
from realtime_chat.core.printable import one_line

READING = "Reading the log."
NOT_MEASURED = "No turn was measured yet: ask something."
WAITS = "How long you waited, in ms: from the end of your speech, or from sending"


class Waterfall(ScrollView, can_focus=True):
    """One line a turn, the newest last. The names of the columns and the percentiles stay where they are."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "waterfall--commit",
        "waterfall--word",
        "waterfall--sound",
        "waterfall--heard",
    }
    DEFAULT_CSS = """
    Waterfall {
        height: 1fr;
        min-height: 4;
        scrollbar-size-vertical: 1;
        scrollbar-background: $surface;
        & > .waterfall--commit { color: $foreground 55%; }
        & > .waterfall--word { color: $text-warning; }
        & > .waterfall--sound { color: $text-primary; }
        & > .waterfall--heard { color: $text-success; }
    }
    """
    #: Lines that do not scroll.
    PINNED = 3

    def __init__(self) -> None:
        super().__init__()
        self._figures: Figures | None = None
        self._scale = 1
        self._measure = Console()  # renders; nothing is printed to it

    def show(self, figures: Figures) -> None:
        """These turns; it stays at the end when it is there."""
        following = self._figures is None or self.is_vertical_scroll_end
        self._figures = figures
        self._scale = draw.full_scale(figures.waits)
        self.virtual_size = Size(0, len(figures.waits) + self.PINNED)
        if following:
            self.scroll_end(animate=False, force=True, x_axis=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        line = self._line(y)
        line.end = ""
        strip = Strip(list(line.render(self._measure)))
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _line(self, y: int) -> Text:
        figures, colours = self._figures, self._colours()
        if figures is None or not figures.waits:
            return Text("" if figures is None or y else NOT_MEASURED)
        match y:
            case 0:
                return draw.head(colours)
            case 1:
                return draw.middle(f"p50 of {figures.latency.turns:,}", figures.latency.p50, colours)
            case 2:
                return draw.middle("p95", figures.latency.p95, colours)
            case _:
                turn = y - self.PINNED + self.scroll_offset.y
        if turn >= len(figures.waits):
            return Text()
        width = self.scrollable_content_region.width
        return draw.row(figures.waits[turn], colours, width=width, scale=self._scale)

    def _colours(self) -> Colours:
        style = self.get_component_rich_style
        return Colours(
            commit=style("waterfall--commit", partial=True),
            word=style("waterfall--word", partial=True),
            sound=style("waterfall--sound", partial=True),
            heard=style("waterfall--heard", partial=True),
        )


class StatisticsScreen(ModalScreen[None]):
    """Over the talk, which goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look_again", "look again", id="refresh_statistics"),
        Binding("escape", "dismiss", "close", id="close_statistics"),
    ]
    DEFAULT_CSS = """
    StatisticsScreen {
        align: center middle;
        & > #statistics {
            width: 100%;
            max-width: 120;
            height: 100%;
            max-height: 44;
            padding: 0 1;
            background: $surface;
            border: round $primary;
        }
        #summary { height: auto; margin-bottom: 1; }
        #waits { height: 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    def __init__(self, history: Callable[[], History], prices: PriceList | None = None) -> None:
        """`history` is called in a thread of its own, so it must read what no other thread writes: the log.

        Without `prices` the list prices count.
        """
        super().__init__()
        self._history = history
        self._prices = prices if prices is not None else PriceList()

    def compose(self) -> ComposeResult:
        """The summary, and the waterfall below it."""
        with Vertical(id="statistics"):
            yield Static(READING, id="summary", markup=False)
            yield Static(WAITS, id="waits", markup=False)
            yield Waterfall()

    def on_mount(self) -> None:
        """Read for the first time."""
        panel = self.query_one("#statistics")
        panel.border_title = "Statistics"
        panel.border_subtitle = "r look again · Up Down PgUp PgDn · Esc close"
        self.query_one(Waterfall).focus()
        self.action_look_again()

    def action_look_again(self) -> None:
        """Read the session as it is now."""
        self.run_worker(self._look(), exclusive=True, group="statistics")

    async def _look(self) -> None:
        try:
            figures = await asyncio.to_thread(self._read)
        except ChatError as error:
            self.query_one("#summary", Static).update(Text(one_line(error.message)))
            return
        self.query_one("#summary", Static).update(draw.summary(figures))
        self.query_one(Waterfall).show(figures)

    def _read(self) -> Figures:
        return figures_of(self._history(), self._prices)
