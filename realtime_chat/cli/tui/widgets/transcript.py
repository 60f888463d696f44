"""What was said, as lines. Only what is in view is drawn, and only rows that changed are drawn again."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar, cast

from rich.style import Style
from textual import events
from textual.app import App
from textual.strip import Strip

from realtime_chat.cli.tui import copying
from realtime_chat.cli.tui.drawing import Drawing
from realtime_chat.cli.tui.feed import Feed
from realtime_chat.cli.tui.finding import Finding
from realtime_chat.cli.tui.page import Palette
from realtime_chat.cli.tui.selecting import marked, selected_strip
from realtime_chat.cli.tui.sheet import Sheet
from realtime_chat.cli.tui.widgets.sheet_view import SheetView
from realtime_chat.core.history import ToolEntry


def _now() -> datetime:
    return datetime.now(UTC)


class Transcript(SheetView):
    """Draws a feed. Follows its end until one scrolls up, and again once one is back at the end."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"transcript--{name}"
        for name in ("user", "assistant", "tool", "ok", "warning", "error", "heading", "code", "hit", "here")
    }
    DEFAULT_CSS = """
    Transcript {
        height: 1fr;
        padding: 0 1;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;

        .transcript--user { color: $text-success; text-style: bold; }
        .transcript--assistant { color: $text-primary; text-style: bold; }
        .transcript--tool { color: $text-accent; }
        .transcript--ok { color: $text-success; }
        .transcript--warning { color: $text-warning; }
        .transcript--error { color: $text-error; text-style: bold; }
        .transcript--heading { color: $text-primary; text-style: bold; }
        .transcript--code { background: $surface; }
        .transcript--hit { background: $warning-muted; text-style: underline; }
        .transcript--here { text-style: bold reverse; }
    }
    """

    def __init__(self, feed: Feed, now: Callable[[], datetime] = _now) -> None:
        """`now`: what the running time of tools is measured by, aware of its zone."""
        super().__init__()
        self._feed = feed
        self._now = now
        self._opened: set[str] = set()  # calls whose card is open
        self._finding: Finding | None = None
        self._ground = Style.null()  # under all lines; asked for once, as it is dear

    # ------------------------------------------------------------ what the app calls

    def redraw(self) -> None:
        """Draw what changed in the feed since the last time."""
        self._renew(self._feed.take_changed())

    def show(self, feed: Feed) -> None:
        """Another talk than before, from its end."""
        self._feed, self._finding = feed, None
        self.sheet = None
        self._redo()
        self.follow()

    def tick(self) -> bool:
        """Draw anew the calls that run, for their time goes on; False when there is none."""
        running = self._feed.running()
        self._renew(running)
        return bool(running)

    def jump(self, by: int) -> None:
        """To the beginning of a turn: the next (1), the one before or that one is in (-1). After the last: the end."""
        if self.sheet is None:
            return
        turns, (row, line) = self._feed.turns(), self.top
        inside = line > self.sheet.gap(row)
        later = [turn for turn in turns if turn > row]
        earlier = [turn for turn in turns if turn < row or (turn == row and inside)] or [0]
        if by > len(later):
            self.follow()
        elif by:
            turn = later[by - 1] if by > 0 else earlier[max(by, -len(earlier))]
            self.go(turn, self.sheet.gap(turn))

    def find(self, text: str) -> int:
        """Mark the words in all that was said, go to the hit nearest above the view's end; how many hits there are.

        Case does not matter, nor where lines end. The newest `finding.MOST` are found. The words' order does.
        """
        if self.sheet is None:
            return 0
        self._finding = Finding(text, self._feed, self.sheet)
        last = self.sheet.row_at(self.scroll_offset.y + self.size.height - 1)
        self._finding.stand_at(last)
        self._show_hit()
        return len(self._finding)

    def next_hit(self, by: int = 1) -> tuple[int, int]:
        """Go to another hit, round and round; its number from 1, and how many there are."""
        if self._finding is None:
            return 0, 0
        self._finding.step(by)
        self._show_hit()
        return self._finding.number, len(self._finding)

    def clear_find(self) -> None:
        """Mark nothing any more."""
        self._finding = None
        self.refresh()

    def toggle_folded(self) -> None:
        """Open the tool cards in view; when all of them are open, fold all there are."""
        if self.sheet is None:
            return
        top = self.scroll_offset.y
        in_view = set(self.sheet.rows_between(top, top + self.size.height))
        cards = {n: row.call_id for n, row in enumerate(self._feed.rows) if isinstance(row, ToolEntry)}
        closed = {n for n, call_id in cards.items() if n in in_view and call_id not in self._opened}
        self._toggle(closed or {n for n, call_id in cards.items() if call_id in self._opened})

    def whole(self) -> str:
        """All that was said, as plain text."""
        return copying.whole(self._feed.rows)

    # ------------------------------------------------------------ what Textual calls

    def on_mount(self) -> None:
        """Textual tells of a theme before the colours of a widget's parts are its own."""
        signal = cast(App[object], self.app).theme_changed_signal  # pyright: ignore[reportUnknownMemberType]
        signal.subscribe(self, lambda _: self.notify_style_update())

    def on_resize(self) -> None:
        """Another width wraps differently; another height shows the same end."""
        self._redo()

    def notify_style_update(self) -> None:
        """Another theme, other colours."""
        super().notify_style_update()
        self._redo()

    def on_click(self, event: events.Click) -> None:
        """A card opens and folds; not where words of it were selected."""
        if self.text_selection is not None:
            return
        row = self.sheet.row_at(self.scroll_offset.y + event.y) if self.sheet is not None else 0
        if row < len(self._feed.rows) and isinstance(self._feed.rows[row], ToolEntry):
            self._toggle({row})

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        width = self.size.width
        found = self.sheet.strip(y + self.scroll_offset.y) if self.sheet is not None else None
        if found is None or self.sheet is None:
            return Strip.blank(width, self._ground)
        row, line, drawn = found
        # A copy: a strip keeps all that was ever made of it, and the drawn ones stay for as long as the talk.
        strip = Strip(list(drawn), drawn.cell_length).adjust_cell_length(width)
        if self._finding is not None:
            indent = self.sheet.drawing.indent
            for start, end, here in self._finding.marks(row, line):
                style = self.get_component_rich_style(
                    f"transcript--{'here' if here else 'hit'}", partial=True
                )
                strip = marked(strip, indent + start, indent + end, style)
        strip = strip.apply_style(self._ground)
        if (selection := self.text_selection) is not None:
            style = self.screen.get_component_rich_style("screen--selection")
            strip = selected_strip(strip, y + self.scroll_offset.y, selection, style)
        return strip.apply_offsets(0, y + self.scroll_offset.y)

    # ------------------------------------------------------------ how it is done

    def _redo(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return
        drawing = self.sheet.drawing if self.sheet is not None else None
        palette, self._ground = self._palette(), self.rich_style
        if drawing is None or (drawing.page.palette, drawing.width) != (palette, width):
            drawing = Drawing(self._feed, palette=palette, width=width, now=self._now, opened=self._opened)
            self._feed.take_changed()
            self.sheet = Sheet(self._feed, drawing)
            if self._finding is not None:
                self._finding.use(self.sheet)
        self.place()
        self.refresh()

    def _renew(self, rows: set[int]) -> None:
        if rows and self.sheet is not None:
            self.sheet.changed(rows)
            if self._finding is not None:
                self._finding.renew(rows)
                self.refresh()  # other words may be marked, in lines that are the same
            self.place()

    def _show_hit(self) -> None:
        """With a third of the view above it, unless it is in view already."""
        self.refresh()
        if self.sheet is None or self._finding is None or self._finding.here is None:
            return
        row, line = self._finding.here[0], self._finding.line()
        above = self.size.height // 3
        self.sheet.draw_up(row, above)
        at, top = self.sheet.start(row) + line, self.scroll_offset.y
        if top <= at < top + self.size.height:
            self.place()
            return
        first = self.sheet.row_at(max(0, at - above))
        self.go(first, max(0, at - above) - self.sheet.start(first))

    def _toggle(self, rows: set[int]) -> None:
        self._opened ^= {one.call_id for row in rows if isinstance(one := self._feed.rows[row], ToolEntry)}
        self._renew(rows)

    def _palette(self) -> Palette:
        def style(name: str) -> Style:
            return self.get_component_rich_style(f"transcript--{name}", partial=True)

        return Palette(
            user=style("user"),
            assistant=style("assistant"),
            tool=style("tool"),
            ok=style("ok"),
            warning=style("warning"),
            error=style("error"),
            heading=style("heading"),
            code=style("code"),
            dark=cast(App[object], self.app).current_theme.dark,  # pyright: ignore[reportUnknownMemberType],
        )
