"""The rows of a feed as one long sheet of lines.

A row is drawn when somebody looks at it; until then its height is a guess. So a resumed talk of
ten thousand lines costs what one view of it costs, and so do another width and another theme.
"""

from bisect import bisect_right
from collections.abc import Iterable

from textual.strip import Strip

from realtime_chat.cli.tui.drawing import Drawing
from realtime_chat.cli.tui.feed import Feed


class Sheet:
    """Lines and rows are counted from 0. Grows with the feed, as the fold does."""

    def __init__(self, feed: Feed, drawing: Drawing) -> None:
        self._feed = feed
        self.drawing = drawing
        self._drawn: list[list[Strip] | None] = [None] * len(feed.rows)
        self._heights = [drawing.guess(row) for row in feed.rows]
        self._ends: list[int] = []  # by row: the line after its last, as far as it was counted

    @property
    def rows(self) -> int:
        """Rows in all."""
        return len(self._heights)

    @property
    def total(self) -> int:
        """Lines in all, drawn or guessed."""
        return self.start(len(self._heights))

    def start(self, row: int) -> int:
        """The first line of a row; of the row after the last: the number of lines."""
        end = self._ends[-1] if self._ends else 0
        for height in self._heights[len(self._ends) : row]:
            end += height
            self._ends.append(end)
        return self._ends[row - 1] if row else 0

    def row_at(self, line: int) -> int:
        """The row that has this line; the number of rows for a line below them all."""
        self.start(len(self._heights))
        return bisect_right(self._ends, line)

    def strips(self, row: int) -> list[Strip]:
        """The lines of a row. Those below may move by it."""
        drawn = self._drawn[row]
        if drawn is None:
            drawn = self._drawn[row] = self.drawing.strips(self._feed.rows[row])
            self._set_height(row, len(drawn))
        return drawn

    def strip(self, line: int) -> tuple[int, int, Strip] | None:
        """Row, line in the row, and strip; None below the last line and for a row that was not drawn."""
        row = self.row_at(line)
        if row >= len(self._drawn) or (drawn := self._drawn[row]) is None:
            return None
        within = line - self.start(row)
        return row, within, drawn[within]

    def gap(self, row: int) -> int:
        """Empty lines with which a row begins."""
        return self.drawing.gap(self._feed.rows[row]) if row < self.rows else 0

    def is_drawn(self, row: int) -> bool:
        """False while its height is a guess."""
        return self._drawn[row] is not None

    def words(self, row: int) -> list[str]:
        """What a row says, line by line, without its label."""
        indent, above = self.drawing.indent, self.drawing.above(self._feed.rows[row])
        words = [strip.text[indent:].rstrip() for strip in self.strips(row)]
        return [""] * above + words[above:]

    def changed(self, rows: Iterable[int]) -> None:
        """These are new, or say something else."""
        for row in sorted(rows):
            height = self.drawing.guess(self._feed.rows[row])
            if row == len(self._drawn):
                self._drawn.append(None)
                self._heights.append(height)
            elif self._drawn[row] is not None:
                self._drawn[row] = None  # about as high as it was, until somebody looks
            else:
                self._set_height(row, height)

    def draw_down(self, row: int, lines: int) -> None:
        """See that so many lines from the beginning of a row on are drawn, or all there are."""
        while lines > 0 and row < len(self._drawn):
            lines -= len(self.strips(row))
            row += 1

    def draw_up(self, row: int, lines: int) -> None:
        """See that so many lines above a row are drawn, or all there are."""
        while lines > 0 and row > 0:
            row -= 1
            lines -= len(self.strips(row))

    def rows_between(self, first: int, after: int) -> range:
        """The rows that have lines from `first` up to, not with, `after`."""
        return range(self.row_at(first), min(self.row_at(after - 1) + 1, len(self._drawn)))

    def _set_height(self, row: int, height: int) -> None:
        if height != self._heights[row]:
            self._heights[row] = height
            del self._ends[row:]
