"""A view of a sheet that follows the end until one looks elsewhere, and again once one is back at the end."""

from dataclasses import dataclass

from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView

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
        self.virtual_size = Size(sheet.drawing.width, sheet.total)
        self.scroll_to(y=top, animate=False, force=True)
        self._placing = False
        if self._told != (told := (self._following, self.below)):
            self._told = told
            self.post_message(self.Moved(*told))
        self.refresh()

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
