"""A view of a sheet that follows the end until one looks elsewhere, and again once one is back at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from realtime_chat.cli.tui.selecting import selected_text
from realtime_chat.cli.tui.sheet import Sheet


class SheetView(ScrollView, can_focus=False):
    """Draws what is in view before it is rendered, and keeps it in place while lines above it come and go."""

    @dataclass
    class Moved(Message):
        """It follows the end or no longer; or another number of rows, that one has not seen, stands below."""

        following: bool
        below: int

    def __init__(self) -> None:
        super().__init__()
        self.sheet: Sheet | None = None  # until a first width is known
        self._following = True
        self._top = (0, 0)  # the row at the top of the view, and which of its lines
        self._seen = 0  # rows that were there when one was at the end
        self._placing = False  # it is we who scroll
        self._told = (True, 0)
        self._painted: tuple[int, list[Strip | None]] = (0, [])  # the line at the top, and those in view

    @property
    def is_following(self) -> bool:
        """True while the end is in view and stays there."""
        return self._following

    @property
    def below(self) -> int:
        """Rows that came while one looked elsewhere."""
        return 0 if self._following or self.sheet is None else self.sheet.rows - self._seen

    @property
    def top(self) -> tuple[int, int]:
        """The row at the top of the view, and which of its lines."""
        return self._top

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The words that are selected, and what stands behind them."""
        return None if self.sheet is None else (selected_text(self.sheet, selection), "\n")

    def selection_updated(self, selection: Selection | None) -> None:
        """Other words."""
        self.refresh()

    def follow(self) -> None:
        """To the end, and stay there."""
        self._following = True
        self.place()

    def go(self, row: int, line: int = 0) -> None:
        """This line of a row to the top of the view, as far as there are lines below it."""
        self._following = False
        self._top = (row, line)
        self.place()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Somebody looks elsewhere."""
        super().watch_scroll_y(old_value, new_value)
        if self.sheet is None or self._placing:
            return
        line = round(new_value)
        row = self.sheet.row_at(line)
        self._following = line >= self.max_scroll_y
        self._top = (row, line - self.sheet.start(row))
        self.place()

    def place(self) -> None:
        """See that what is in view is drawn and stays where it is, or at the end; then say how long it all is."""
        sheet, height = self.sheet, self.size.height
        if sheet is None or not height:
            return
        top = self._find_top(sheet, height)
        row = sheet.row_at(top)
        self._top = (row, top - sheet.start(row))
        self._placing = True
        self._stretch(Size(sheet.drawing.width, sheet.total))
        self.scroll_to(y=top, animate=False, force=True)
        self._placing = False
        if self._told != (told := (self._following, self.below)):
            self._told = told
            self.post_message(self.Moved(*told))
        self._paint([sheet.strip(line) for line in range(top, top + height)], top)

    def _stretch(self, size: Size) -> None:
        """So long it all is. Where there is a scrollbar already, nothing is laid out anew for another line."""
        if (
            self.show_vertical_scrollbar
            and size.height > self.size.height
            and size.width == self.virtual_size.width
        ):
            self.set_reactive(cast(Reactive[Size], SheetView.virtual_size), size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    def _paint(self, found: Sequence[tuple[int, int, Strip] | None], top: int) -> None:
        """Only lines that are others than before, where the view stands as it stood: a word is cheap then."""
        lines = [one[2] if one is not None else None for one in found]
        (top_before, before), self._painted = self._painted, (top, lines)
        if top != top_before or len(lines) != len(before):
            self.refresh()
            return
        changed = [y for y, pair in enumerate(zip(before, lines, strict=True)) if _differ(*pair)]
        if changed:
            self.refresh_lines(top + changed[0], changed[-1] - changed[0] + 1)

    def _find_top(self, sheet: Sheet, height: int) -> int:
        if not self._following:
            row, line = self._top
            sheet.draw_down(row, line + height)
            top = min(sheet.start(row) + line, max(0, sheet.start(min(row + 1, sheet.rows)) - 1))
            if top + height < sheet.total:
                return top
        self._following = True
        sheet.draw_up(sheet.rows, height)
        self._seen = sheet.rows
        return max(0, sheet.total - height)


def _differ(before: Strip | None, now: Strip | None) -> bool:
    return before is not now and before != now
