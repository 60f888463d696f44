"""Earlier talks: find one, look at it, go on with it; fork, rename or delete one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import ClassVar, Literal, TypeAlias, TypeVar

import msgspec
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from realtime_chat.cli.tui.screens.session_finder import (
    SearchLine,
    SessionFinder,
    SessionList,
    SessionPreview,
)
from realtime_chat.cli.tui.screens.session_rows import Row
from realtime_chat.core.errors import ChatError
from realtime_chat.core.printable import one_line
from realtime_chat.core.session_id import MAX_NAME
from realtime_chat.core.store.directory import Renamed, SessionStore
from realtime_chat.core.store.documents import SessionSummary

SEARCH_KEYS = "Down to the list · Enter resume · Esc close"
LIST_KEYS = "Enter resume · f fork · r rename · d delete · / find · Esc close"
RENAME_KEYS = "Enter keep this name · Esc leave it"

Manner: TypeAlias = Literal["", "wrong", "asks"]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Choice:
    """The session to go on with; `forked`: it was made just now."""

    session_id: str
    forked: bool = False


class SessionPicker(ModalScreen[Choice | None]):
    """Over the talk, which goes on. Its result is None when nothing was chosen."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", id="close_sessions"),
    ]
    DEFAULT_CSS = """
    SessionPicker {
        align: center middle;
        & > #sessions {
            width: 100%;
            max-width: 160;
            height: 100%;
            max-height: 50;
            padding: 0 1;
            background: $surface;
            border: round $primary;
        }
        #both { height: 1fr; layout: vertical; }
        SessionFinder { height: 3fr; }
        SessionPreview { height: 2fr; }
        &.-wide #both { layout: horizontal; }
        &.-wide SessionFinder { width: 3fr; height: 100%; }
        &.-wide SessionPreview { width: 2fr; height: 100%; }
        #name { display: none; height: 3; border: round $primary; background: $surface; }
        #name:focus { border: round $primary; background-tint: transparent; }
        #told { height: auto; max-height: 3; color: $text-muted; }
        #told.-wrong { color: $text-error; }
        #told.-asks { color: $text-warning; text-style: bold; }
    }
    """

    def __init__(
        self, store: SessionStore, runs_now: str | None = None, *, zone: tzinfo | None = None
    ) -> None:
        """`runs_now`: the session that this screen stands over. `zone`: of the times; None: the system's."""
        super().__init__()
        self._store = store
        self._runs_now = runs_now
        self._zone = zone
        self._doomed: str | None = None  # one more d deletes it
        self._naming = ""  # whose name is being typed
        self._counted = ""  # what the search came to
        self._refused = False  # something is told that is about the marked session
        self._busy = False  # a fork, a renaming or a deletion is on its way

    def compose(self) -> ComposeResult:
        """What there is, what was said in it, a name to give, what went wrong."""
        with Vertical(id="sessions") as panel:
            panel.border_title = "Sessions"
            with Container(id="both"):
                yield SessionFinder(self._store, self._runs_now, self._zone)
                yield SessionPreview(self._store)
            yield Input(id="name", placeholder="A name; none takes it away", max_length=MAX_NAME)
            yield Static("Reading the sessions.", id="told", markup=False)

    def on_descendant_focus(self) -> None:
        """Other keys mean something."""
        match self.focused:
            case SessionList():
                keys = LIST_KEYS
            case SearchLine():
                keys = SEARCH_KEYS
            case _:
                keys = RENAME_KEYS
        self.query_one("#sessions").border_subtitle = keys

    @on(SessionFinder.Marked)
    def look_at(self, message: SessionFinder.Marked) -> None:
        """Another one is marked: what was said of the one before holds no more."""
        if not self.spare() and self._refused:
            self._tell(self._counted)
        self.query_one(SessionPreview).look_at(message.row)

    @on(SessionFinder.Told)
    def tell(self, message: SessionFinder.Told) -> None:
        """What the search came to."""
        self._counted = message.text
        self._tell(message.text, "wrong" if message.wrong else "")

    def action_close(self) -> None:
        """Esc: leave the name as it is, spare the session, or close."""
        if self.query_one("#name").display:
            self._end_renaming()
        elif not self.spare():
            self.dismiss(None)

    # ------------------------------------------------------------ going on

    @on(OptionList.OptionSelected)
    @on(Input.Submitted, "SearchLine")
    def resume(self) -> None:
        """Enter: go on with it."""
        row = self._usable("You are in this session already.")
        if row is not None:
            self.dismiss(Choice(row.session.session_id))

    def action_fork(self) -> None:
        """f: a new session that begins as this one, up to its last whole turn."""
        row = self._usable()
        if row is not None:
            session_id = row.session.session_id
            self._change(
                "Forking.",
                lambda: self._store.fork(session_id),
                lambda fork: self.dismiss(Choice(fork, forked=True)),
            )

    # ------------------------------------------------------------ naming

    def action_rename(self) -> None:
        """r: ask for the name."""
        row = self._usable("This session runs now; /rename gives it a name.")
        if row is not None:
            self._naming = row.session.session_id
            line = self.query_one("#name", Input)
            line.display = True
            line.border_title = Text(one_line(f"Name of {self._naming}"))
            line.value = row.session.name
            line.focus()

    @on(Input.Submitted, "#name")
    def name_it(self, message: Input.Submitted) -> None:
        """Enter: keep the name."""
        session_id, name = self._naming, message.value
        self._end_renaming()
        self._change(
            "Renaming.",
            lambda: self._store.rename(session_id, name),
            lambda renamed: self._renamed(session_id, renamed),
        )

    def _renamed(self, session_id: str, renamed: Renamed) -> None:
        def change(one: SessionSummary) -> SessionSummary:
            is_it = one.session_id == session_id
            return msgspec.structs.replace(one, name=renamed.name) if is_it else one

        self.query_one(SessionFinder).alter(change)
        told = f"It is named {renamed.name} now." if renamed.name else "It has no name now."
        torn = f" The last {renamed.set_aside_bytes} bytes of its log were torn, and set aside."
        self._tell(told + (torn if renamed.set_aside_bytes else ""))

    def _end_renaming(self) -> None:
        self.query_one("#name").display = False
        self.query_one(SessionList).focus()

    # ------------------------------------------------------------ deleting

    def action_delete(self) -> None:
        """d: ask once more; d again: for good."""
        row = self.query_one(SessionFinder).marked
        if row is None or self._busy:
            return
        session_id = row.session.session_id
        if session_id == self._runs_now:
            self._refuse("This session runs now; it cannot be deleted.")
        elif self._doomed != session_id:
            self._doomed = session_id
            self._tell(f"Delete {session_id} for good? d again: yes; any other key: no.", "asks")
        else:
            self._doomed = None
            self._change(
                "Deleting.", lambda: self._store.delete(session_id), lambda _: self._deleted(session_id)
            )

    def _deleted(self, session_id: str) -> None:
        self.query_one(SessionFinder).alter(lambda one: None if one.session_id == session_id else one)
        self._tell(f"{session_id} is deleted.")

    @on(SessionList.Touched)
    def spare(self) -> bool:
        """Take the threat of deleting back; whether there was one."""
        doomed, self._doomed = self._doomed, None
        if doomed is not None:
            self._tell(f"{doomed} is kept.")
        return doomed is not None

    # ------------------------------------------------------------ doing

    def _usable(self, refusal: str = "") -> Row | None:
        """The marked one; None, and why, where nothing can be done with it."""
        row = self.query_one(SessionFinder).marked
        if row is None or self._busy:
            return None
        if row.session.error is not None:
            self._refuse(row.session.error)
            return None
        if refusal and row.session.session_id == self._runs_now:
            self._refuse(refusal)
            return None
        return row

    def _refuse(self, why: str) -> None:
        """Until another one is marked."""
        self._tell(why, "wrong")
        self._refused = True

    def _change(self, doing: str, work: Callable[[], _T], then: Callable[[_T], object]) -> None:
        """Do it in a thread, one change at a time; a refusal is told."""
        self._busy = True
        self._tell(doing)
        self.run_worker(self._perform(work, then), group="change")

    async def _perform(self, work: Callable[[], _T], then: Callable[[_T], object]) -> None:
        try:
            result = await asyncio.to_thread(work)
        except ChatError as error:
            self._tell(error.message, "wrong")
        else:
            then(result)
        finally:
            self._busy = False

    def _tell(self, text: str, manner: Manner = "") -> None:
        self._refused = False
        told = self.query_one("#told", Static)
        told.set_class(manner == "wrong", "-wrong")
        told.set_class(manner == "asks", "-asks")
        told.update(Text(one_line(text)))
