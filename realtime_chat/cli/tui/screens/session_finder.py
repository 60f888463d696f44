"""Finding a session: a line to look for it, the list, and what was said in the one that is marked.

The store is asked in threads, for a first look at ten thousand sessions takes its time; of several questions the last
one's answer is shown.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from realtime_chat.cli.tui.screens import session_rows as draw
from realtime_chat.cli.tui.screens.session_rows import Row
from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.core.folding import fold
from realtime_chat.core.history import History
from realtime_chat.core.printable import one_line
from realtime_chat.core.store.catalogue import Findings
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.documents import SessionSummary

#: Seconds of quiet at the keyboard before a search, and before a log is read for the preview.
SEARCH_AFTER_S, PREVIEW_AFTER_S = 0.15, 0.05


class SearchLine(Input):
    """What is looked for. Down and Up go into the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "into_list(1)", "to the list", id="into_sessions", show=False),
        Binding("up", "into_list(-1)", "to the list", id="into_sessions_back", show=False),
    ]

    def action_into_list(self, by: int) -> None:
        """As if the list had the key all along."""
        sessions = self.screen.query_one(SessionList)
        sessions.focus()
        if by > 0:
            sessions.action_cursor_down()
        else:
            sessions.action_cursor_up()


class SessionList(OptionList):
    """The sessions. What its letters do, the screen does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "screen.fork", "fork", id="fork_session"),
        Binding("r", "screen.rename", "rename", id="rename_session"),
        Binding("d", "screen.delete", "delete", id="delete_session"),
        Binding("slash", "find", "find", id="find_session"),
    ]

    class Touched(Message):
        """A key that is neither d nor Esc."""

    def on_key(self, event: events.Key) -> None:
        """Whatever it does, nobody wants to delete. Esc says so by itself."""
        if event.key not in ("d", "escape"):
            self.post_message(self.Touched())

    def action_find(self) -> None:
        """Back to the line."""
        self.screen.query_one(SearchLine).focus()


class SessionFinder(Vertical):
    """The line and the list. `marked` is the session that the keys mean."""

    DEFAULT_CSS = """
    SessionFinder {
        SearchLine { height: 3; border: round $primary-muted; background: $surface; }
        SearchLine:focus { border: round $primary; background-tint: transparent; }
        #columns { height: 1; color: $text-muted; text-wrap: nowrap; }
        SessionList {
            height: 1fr;
            border: none;
            padding: 0;
            background: $surface;
            scrollbar-size-vertical: 1;
            scrollbar-background: $surface;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        SessionList:focus { border: none; background-tint: transparent; }
    }
    """

    @dataclass
    class Marked(Message):
        """Another session is marked, or none."""

        row: Row | None

    @dataclass
    class Told(Message):
        """How many there are, or why they cannot be shown."""

        text: str
        wrong: bool = False

    def __init__(self, store: SessionStore, runs_now: str | None, zone: tzinfo | None) -> None:
        super().__init__()
        self._store = store
        self._runs_now = runs_now
        self._zone = zone
        self._sessions: list[SessionSummary] = []
        self._rows: list[Row] = []

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield SearchLine(placeholder="Find by words, name or id")
        yield Static(draw.COLUMNS, id="columns", markup=False)
        yield SessionList(markup=False)

    def on_mount(self) -> None:
        """Read the list."""
        self.query_one(SearchLine).focus()
        self.run_worker(self._read(), group="search", exclusive=True)

    @property
    def marked(self) -> Row | None:
        """None where nothing is listed."""
        at = self.query_one(SessionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def alter(self, change: Callable[[SessionSummary], SessionSummary | None]) -> None:
        """Each session becomes what `change` makes of it; None: it is gone. The mark stays where it is."""
        self._sessions = [altered for one in self._sessions if (altered := change(one)) is not None]
        rows = [Row(altered, row.found) for row in self._rows if (altered := change(row.session)) is not None]
        self._show(rows, self.query_one(SessionList).highlighted or 0)

    @on(Input.Changed)
    def look_for(self) -> None:
        """Not at every key: only when the fingers rest."""
        self.run_worker(self._find(SEARCH_AFTER_S), group="search", exclusive=True)

    @on(OptionList.OptionHighlighted)
    def mark(self) -> None:
        """Another one."""
        self.post_message(self.Marked(self.marked))

    async def _read(self) -> None:
        """All sessions, once; what is changed on this screen, `alter` changes here."""
        try:
            self._sessions = await asyncio.to_thread(self._store.summaries)
        except ChatError as error:
            self.post_message(self.Told(error.message, wrong=True))
        else:
            await self._find()

    async def _find(self, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        text = self.query_one(SearchLine).value
        if not text.strip():
            self._show(draw.newest(self._sessions))
            self._count(len(self._sessions), "session", "type to find the others")
            return
        try:
            findings = await asyncio.to_thread(self._store.search, draw.asked(text), draw.MOST_HITS)
        except InvalidArguments:  # not a letter in it, but ids have other signs, too
            findings = Findings(hits=(), total=0)
        except ChatError as error:
            self.post_message(self.Told(error.message, wrong=True))
            return
        self._show(draw.found(self._sessions, text, findings.hits))
        more = findings.total - len(findings.hits)
        self._count(len(self._rows) + more, "session found", "type more of it")

    def _count(self, total: int, what: str, otherwise: str) -> None:
        shown = len(self._rows)
        noun = what if total == 1 else what.replace("session", "sessions")
        told = f"{total:,} {noun}." if shown == total else f"{shown:,} of {total:,} {noun}; {otherwise}."
        self.post_message(self.Told(told if total else f"No {noun}."))

    def _show(self, rows: Sequence[Row], at: int = 0) -> None:
        self._rows = list(rows)
        sessions = self.query_one(SessionList)
        sessions.clear_options()
        sessions.add_options(
            Option(draw.option(row, runs_now=row.session.session_id == self._runs_now, zone=self._zone))
            for row in rows
        )
        sessions.highlighted = min(at, len(rows) - 1) if rows else None
        if not rows:
            self.mark()


class SessionPreview(VerticalScroll, can_focus=False):
    """The last that was said in a session, or where it was found."""

    DEFAULT_CSS = """
    SessionPreview {
        padding: 0 1;
        border: round $primary-muted;
        border-title-color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-background: $surface;
    }
    """

    def __init__(self, store: SessionStore) -> None:
        super().__init__()
        self._store = store

    def compose(self) -> ComposeResult:
        """The words."""
        yield Static(markup=False)

    def look_at(self, row: Row | None) -> None:
        """Show this one, as soon as the fingers rest."""
        self.run_worker(self._look_at(row), group="preview", exclusive=True)

    async def _look_at(self, row: Row | None) -> None:
        said = self.query_one(Static)
        if row is None:
            self.border_title = None
            said.update("")
            return
        await asyncio.sleep(PREVIEW_AFTER_S)
        try:
            history = await asyncio.to_thread(self._history, row.session.session_id)
        except ChatError as error:
            said.update(Text(one_line(error.message)))
        else:
            said.update(draw.preview(history, row.found))
        self.border_title = Text(one_line(row.session.session_id))
        if row.found is None:
            self.scroll_end(animate=False)
        else:
            self.scroll_home(animate=False)

    def _history(self, session_id: str) -> History:
        return fold(self._store.read(session_id))
