"""Rows as lines. Every foreign word goes through `glyphs`, none through the markup of the terminal's libraries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from realtime_chat.cli.tui.answer_drawing import GrowingAnswer, answer, hidden
from realtime_chat.cli.tui.feed import Feed, Note, Row
from realtime_chat.cli.tui.glyphs import LONG, bounded, flat
from realtime_chat.cli.tui.page import FAINT, Block, Page, Palette, lines
from realtime_chat.cli.tui.tool_drawing import since, tool
from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, ToolEntry, UserEntry
from realtime_chat.core.moments import moment

#: Cells left of the words: "14:02 assistant  ".
GUTTER = 17
#: Below this width the label stands in its own line, so that words keep their room.
NARROW = 50


@dataclass(slots=True)
class _Growing:
    """An answer that streams: the strips of the lines that it keeps, and the others as they were last."""

    answer: GrowingAnswer
    kept: list[Strip] = field(default_factory=list[Strip])
    lines: list[Text] = field(default_factory=list[Text])
    strips: list[Strip] = field(default_factory=list[Strip])


class Drawing:
    """Draws the rows of a feed at one width and in the colours of one theme; others are another drawing."""

    def __init__(
        self, feed: Feed, *, palette: Palette, width: int, now: Callable[[], datetime], opened: set[str]
    ) -> None:
        """`opened`: the calls whose card is open; may change between two drawings of a row."""
        self._feed = feed
        self._now = now
        self._opened = opened
        self.width = width
        self._narrow = width < NARROW
        self.indent = min(2 if self._narrow else GUTTER, width - 1)
        self.page = Page(palette, max(1, width - self.indent), Console(width=width, color_system=None))
        self._growing: dict[str, _Growing] = {}  # by item, while it streams

    def strips(self, row: Row) -> list[Strip]:
        """The lines of a row, each at most `width` cells wide; at least one."""
        drawn = [Strip([])] * self.gap(row)
        if self._narrow:
            drawn.append(self._strip(_label(row, self.page.palette)))
        if isinstance(row, AssistantEntry) and row.streaming and not row.unheard_text:
            return drawn + self._growing_strips(row)
        return drawn + self._beside(row, self._body(row))

    def _beside(self, row: Row, body: list[Text], *, first: bool = True) -> list[Strip]:
        """The words with the label, or empty space, to their left."""
        margin = Text(" " * self.indent)
        left = _label(row, self.page.palette) if first and not self._narrow else margin
        return [self._strip((margin if number else left) + line) for number, line in enumerate(body)]

    def _growing_strips(self, entry: AssistantEntry) -> list[Strip]:
        growing = self._growing.setdefault(entry.item_id, _Growing(GrowingAnswer(self.page)))
        rest, kept = growing.answer.rest(entry), growing.kept
        fresh = growing.answer.kept[len(kept) :]
        if fresh:
            kept += self._beside(entry, fresh, first=not kept)
            growing.lines.clear()
        same = 0
        for before, line in zip(growing.lines, rest, strict=False):
            if before is not line and before != line:
                break
            same += 1
        drawn = self._beside(entry, rest[same:], first=not kept and not same)
        growing.lines, growing.strips = rest, growing.strips[:same] + drawn
        return kept + growing.strips

    def gap(self, row: Row) -> int:
        """Empty lines above it: what the user says begins something new."""
        return int(isinstance(row, UserEntry) and row is not self._feed.rows[0])

    def above(self, row: Row) -> int:
        """Lines above its words."""
        return self.gap(row) + self._narrow

    def guess(self, row: Row) -> int:
        """About how many lines it will have, for the price of a glance."""
        match row:
            case ToolEntry():
                return 2
            case UserEntry() | AnnouncedEntry() | AssistantEntry() | Note():
                text = (row.text or "")[:LONG]
                return self.above(row) + text.count("\n") + 1 + len(text) // self.page.room
            case _:
                assert_never(row)

    def _strip(self, line: Text) -> Strip:
        line.end = ""
        segments: list[Segment] = list(line.render(self.page.console))
        strip = Strip(segments)
        return strip if strip.cell_length <= self.width else strip.crop(0, self.width)

    def _body(self, row: Row) -> list[Text]:
        match row:
            case UserEntry():
                return self._plain(_user(row, interim=self._feed.interim(row), palette=self.page.palette))
            case AnnouncedEntry():
                return self._plain(_long(row.text))
            case AssistantEntry():
                return self._answer(row)
            case ToolEntry():
                return self._tool(row)
            case Note(level="error"):
                return self._plain(_long(row.text, self.page.palette.error))
            case Note():
                return self._plain(_long(row.text, FAINT))
            case _:
                assert_never(row)

    def _plain(self, text: Text) -> list[Text]:
        return lines([Block(text)], self.page)

    def _answer(self, entry: AssistantEntry) -> list[Text]:
        self._growing.pop(entry.item_id, None)
        return answer(entry, self.page)

    def _tool(self, entry: ToolEntry) -> list[Text]:
        return tool(
            entry,
            self.page,
            progress=self._feed.progress.get(entry.call_id, ""),
            running_s=since(self._feed.running_since(entry), self._now()),
            opened=entry.call_id in self._opened,
        )


def _long(text: str, style: Style | str = "") -> Text:
    shown, more = bounded(text)
    drawn = Text(shown, style)
    return drawn.append(hidden(more), FAINT) if more else drawn


def _label(row: Row, palette: Palette) -> Text:
    match row:
        case UserEntry():
            speaker, style = "you", palette.user
        case AnnouncedEntry():
            speaker, style = "notice", palette.warning
        case AssistantEntry():
            speaker, style = "assistant", palette.assistant
        case ToolEntry():
            speaker, style = "tool", palette.tool
        case Note():
            speaker, style = _note_label(row, palette)
        case _:
            assert_never(row)
    clock = f"{_clock(row.at):<5} "
    return Text.assemble((clock, FAINT), (f"{speaker:<{GUTTER - len(clock)}}", style))


def _note_label(note: Note, palette: Palette) -> tuple[str, Style]:
    match note.level:
        case "error":
            return "error", palette.error
        case "warning":
            return "warning", palette.warning
        case "info":
            return "note", FAINT
        case _:
            assert_never(note.level)


def _clock(at: str) -> str:
    when = moment(at)  # a note has none
    return "" if when is None else when.astimezone().strftime("%H:%M")


def _user(entry: UserEntry, *, interim: bool, palette: Palette) -> Text:
    if entry.error is not None:
        return Text(f"(not understood: {flat(entry.error, 500)})", palette.warning)
    if entry.text is None:
        return Text(f"({entry.audio_ms / 1000:.1f} s of speech)", FAINT)
    return _long(entry.shown, FAINT if interim else "")
