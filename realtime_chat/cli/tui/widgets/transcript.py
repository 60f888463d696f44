"""What was said, as lines. Only lines in view are composed, only rows that changed are wrapped again."""

from bisect import bisect_right
from typing import ClassVar

from rich.console import Console
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from realtime_chat.cli.tui.drawing import Palette, strips
from realtime_chat.cli.tui.feed import Feed


class Transcript(ScrollView, can_focus=False):
    """Draws a feed. Follows its end until one scrolls up, and again once one is back at the end."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "transcript--user",
        "transcript--assistant",
        "transcript--tool",
        "transcript--ok",
        "transcript--warning",
        "transcript--error",
    }

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed
        self._drawn: list[list[Strip]] = []  # by row
        self._ends: list[int] = []  # by row: the line after its last
        self._width = 0
        self._measure = Console()  # measures and splits; nothing is printed to it

    def redraw(self) -> None:
        """Draw what changed in the feed since the last time."""
        changed = self._feed.take_changed()
        if changed and self._width:
            self._draw(changed)

    def on_resize(self) -> None:
        """Another width wraps differently."""
        width = self.scrollable_content_region.width
        if width and width != self._width:
            self._width = width
            self._draw(set(range(len(self._feed.rows))))

    def notify_style_update(self) -> None:
        """Another theme, other colours."""
        super().notify_style_update()
        if self._width:
            self._draw(set(range(len(self._feed.rows))))

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        line = y + self.scroll_offset.y
        width = self.size.width
        row = bisect_right(self._ends, line)
        if row >= len(self._drawn):
            return Strip.blank(width, self.rich_style)
        start = self._ends[row - 1] if row else 0
        return self._drawn[row][line - start].adjust_cell_length(width).apply_style(self.rich_style)

    def _draw(self, rows: set[int]) -> None:
        following = self.is_vertical_scroll_end
        palette, console = self._palette(), self._measure
        for row in sorted(rows):
            lines = strips(
                self._feed.rows[row], self._feed, palette=palette, width=self._width, console=console
            )
            self._drawn[row : row + 1] = [lines]
        self._count_from(min(rows, default=0))
        self.virtual_size = Size(self._width, self._ends[-1] if self._ends else 0)
        if following:
            self.scroll_end(animate=False, force=True, immediate=True, x_axis=False)
        self.refresh()

    def _count_from(self, row: int) -> None:
        del self._ends[row:]
        end = self._ends[-1] if self._ends else 0
        for lines in self._drawn[row:]:
            end += len(lines)
            self._ends.append(end)

    def _palette(self) -> Palette:
        style = self.get_component_rich_style
        return Palette(
            user=style("transcript--user", partial=True),
            assistant=style("transcript--assistant", partial=True),
            tool=style("transcript--tool", partial=True),
            ok=style("transcript--ok", partial=True),
            warning=style("transcript--warning", partial=True),
            error=style("transcript--error", partial=True),
        )
