"""Transcripts to compare: ours, Textual's own widgets, and the least that can be done, lines that draw themselves."""

import os
from pathlib import Path
from textwrap import wrap
from typing import Any, ClassVar, Protocol

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.pilot import Pilot
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Log, Markdown, RichLog, Static

from realtime_chat.cli.tui.feed import Feed
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core import events as ev
from realtime_chat.core.events import Envelope
from realtime_chat.core.folding import Folding

AT = "2026-01-01T12:00:00+00:00"
WIDTH = 78
ANSWER = (
    "The quick brown fox jumps over the **lazy** dog, and then it walks on to the next field.\n\n"
    "- where there is `grass`\n- where there is water, and nobody who shoots\n\n"
    "It stays there until the evening, when it goes home by the same way that it came."
)
LINES = 9  # of a turn with that answer, 80 cells wide


class Scroll(Protocol):
    """A transcript: `fill` it, `look` at all of it, `begin` another answer, `write` a piece of that.

    `deltas`: how many of these make a sample; `slow`: it is for the full run.
    """

    slow: ClassVar[bool]
    deltas: ClassVar[int]

    @property
    def widget(self) -> Widget: ...
    def __init__(self, lines: int) -> None: ...
    async def fill(self, lines: int) -> None: ...
    async def look(self, pilot: Pilot[Any]) -> None: ...
    async def begin(self, number: int) -> None: ...
    async def write(self, piece: str) -> None: ...


class Screen(App[None]):
    """A transcript alone."""

    def __init__(self, scroll: Scroll) -> None:
        super().__init__()
        self.scroll = scroll

    def compose(self) -> ComposeResult:
        yield self.scroll.widget


class Ours:
    """The fold's entries, drawn where one looks."""

    slow: ClassVar[bool] = False
    deltas: ClassVar[int] = 100

    def __init__(self, lines: int) -> None:
        self.feed = Feed(said(lines // LINES))
        self.widget = Transcript(self.feed)
        self._item = ""

    async def fill(self, lines: int) -> None:
        """It is."""

    async def look(self, pilot: Pilot[Any]) -> None:
        while self.widget.scroll_offset.y:
            self.widget.scroll_page_up(animate=False)
            await pilot.pause(0)
        self.widget.scroll_end(animate=False)
        await pilot.pause()

    async def begin(self, number: int) -> None:
        self._item = f"new{number}"

    async def write(self, piece: str) -> None:
        delta = ev.TextDelta(turn_id="t", item_id=self._item, response_id="r", delta=piece)
        self.feed.apply(_happened(delta, None))
        self.widget.redraw()


def said(turns: int) -> Folding:
    """A talk of so many turns."""
    folding = Folding()
    for number in range(turns):
        turn, item = f"t{number}", f"a{number}"
        asked = ev.UserMessage(turn_id=turn, item_id=f"u{number}", source="typed", text="Tell me more.")
        answered = ev.AssistantMessage(turn_id=turn, item_id=item, response_id="r", text=ANSWER)
        folding.apply(_happened(asked, 2 * number))
        folding.apply(_happened(answered, 2 * number + 1))
    return folding


def _happened(data: ev.Event, seq: int | None) -> Envelope:
    return Envelope(id="e", session_id="s", seq=seq, ts=AT, data=data)


def _lines(lines: int) -> list[str]:
    """Of the same answers."""
    one = [line for part in ANSWER.split("\n") for line in (wrap(part, WIDTH) or [""])]
    return [line for _ in range(lines // len(one)) for line in one]


class _Plain:
    """What all but ours have in common."""

    slow: ClassVar[bool] = False
    deltas: ClassVar[int] = 100

    async def look(self, pilot: Pilot[Any]) -> None:
        """They drew all of it already, or need not."""

    async def begin(self, number: int) -> None:
        """A new line."""


class _Lines(ScrollView):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.last = ""

    def render_line(self, y: int) -> Strip:
        at = y + self.scroll_offset.y
        text = self.lines[at] if at < len(self.lines) else ""
        return Strip([Segment(text)]).adjust_cell_length(self.size.width)


class LineApi(_Plain):
    """Lines as data, the visible ones drawn; of what grows, only its own lines are broken anew."""

    def __init__(self, lines: int) -> None:
        self.widget = _Lines()
        self._from = 0
        self._text = ""

    async def fill(self, lines: int) -> None:
        self.widget.lines = _lines(lines)
        await self.begin(0)

    async def begin(self, number: int) -> None:
        self._from, self._text = len(self.widget.lines), ""

    async def write(self, piece: str) -> None:
        self._text += piece
        self.widget.lines[self._from :] = wrap(self._text, WIDTH)
        self.widget.virtual_size = Size(WIDTH, len(self.widget.lines))
        self.widget.scroll_end(animate=False)
        self.widget.refresh()


class InMarkdown(_Plain):
    """A widget for each answer, as chat programs have it; what streams is appended to the last."""

    slow: ClassVar[bool] = True
    deltas: ClassVar[int] = 10

    def __init__(self, lines: int) -> None:
        self.widget = VerticalScroll()
        self._last = Markdown()

    async def fill(self, lines: int) -> None:
        await self.widget.mount_all(Markdown(ANSWER) for _ in range(lines // LINES))
        self.widget.anchor()

    async def begin(self, number: int) -> None:
        self._last = Markdown()
        await self.widget.mount(self._last)

    async def write(self, piece: str) -> None:
        await self._last.append(piece)


class InStatic(_Plain):
    """The same, without markup."""

    deltas: ClassVar[int] = 10

    def __init__(self, lines: int) -> None:
        self.widget = VerticalScroll()
        self._last = Static()
        self._text = ""

    async def fill(self, lines: int) -> None:
        await self.widget.mount_all(Static(ANSWER, markup=False) for _ in range(lines // LINES))
        self.widget.anchor()

    async def begin(self, number: int) -> None:
        self._last, self._text = Static(markup=False), ""
        await self.widget.mount(self._last)

    async def write(self, piece: str) -> None:
        self._text += piece
        self._last.update(self._text)


class InRichLog(_Plain):
    """It cannot go on with a line: each piece is one."""

    def __init__(self, lines: int) -> None:
        self.widget = RichLog(wrap=True)

    async def fill(self, lines: int) -> None:
        for line in _lines(lines):
            self.widget.write(line)

    async def write(self, piece: str) -> None:
        self.widget.write(piece)


class InLog(_Plain):
    """It breaks no lines: what is written goes on at the right of the last."""

    def __init__(self, lines: int) -> None:
        self.widget = Log()

    async def fill(self, lines: int) -> None:
        self.widget.write_lines(_lines(lines))

    async def begin(self, number: int) -> None:
        self.widget.write_line("")

    async def write(self, piece: str) -> None:
        self.widget.write(piece)


KINDS: dict[str, type[Scroll]] = {
    "ours": Ours,
    "line API": LineApi,
    "Markdown": InMarkdown,
    "Static": InStatic,
    "RichLog": InRichLog,
    "Log": InLog,
}


def resident_mb() -> float:
    """Of this process, now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
