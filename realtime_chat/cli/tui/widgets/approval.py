"""The card of a call that waits for a human's word. It never takes the focus by itself: a key that was meant for the
input line must not allow anything."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from realtime_chat.cli.tui import keys
from realtime_chat.cli.tui.widgets.draft import Draft
from realtime_chat.core.commands import Verdict
from realtime_chat.core.errors import AlreadyClosed, InvalidArguments, NotFound
from realtime_chat.core.events import ApprovalRequested
from realtime_chat.core.printable import one_line, printable

#: Characters of a call that the card lays out; a longer one says how much is missing.
SHOWN = 20_000


class ApprovalCard(VerticalScroll, can_focus=True):
    """Shows the exact call. Its keys mean something only while it has the focus (Tab); it scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = keys.CARD

    def __init__(self, answer: Callable[[str, Verdict], Awaitable[None]] | None) -> None:
        """None: a replay, in which nobody is asked any more."""
        super().__init__()
        self.can_focus = answer is not None
        self._answer = answer
        self._away = keys.CARD_REPLAYED if answer is None else keys.CARD_AWAY
        self._asks: ApprovalRequested | None = None
        self._call = Static(markup=False)

    def compose(self) -> ComposeResult:
        """The call."""
        yield self._call

    def on_mount(self) -> None:
        """There is nothing to ask yet."""
        self.display = False
        self.border_title = "May it?"
        self.border_subtitle = self._away

    def on_focus(self) -> None:
        """Its keys work."""
        self.border_subtitle = keys.CARD_HINT

    def on_blur(self) -> None:
        """They do not."""
        self.border_subtitle = self._away

    def show(self, asks: ApprovalRequested | None) -> None:
        """This question, or none. Another one than before must be focused anew."""
        if asks == self._asks:
            return
        self._let_go()
        self._asks = asks
        self.display = asks is not None
        if asks is not None:
            self._call.update(card(asks))
            self.scroll_home(animate=False)

    async def action_answer(self, verdict: Verdict) -> None:
        """The human's word on the call that is shown."""
        asks = self._asks
        self._let_go()
        if asks is not None and self._answer is not None:
            with suppress(InvalidArguments, NotFound, AlreadyClosed):  # settled meanwhile: its row says how
                await self._answer(asks.call_id, verdict)

    def _let_go(self) -> None:
        if self.has_focus:
            self.screen.query_one(Draft).focus()


def card(asks: ApprovalRequested) -> Text:
    """The call as it would run, inert, why it waits, and what a lasting word would cover."""
    arguments = printable(asks.arguments)
    missing = len(arguments) - SHOWN
    more = f"\n… and {missing} characters more, which are not shown" if missing > 0 else ""
    return Text.assemble(
        (one_line(asks.name), "bold"),
        f" {arguments[:SHOWN]}",
        (more, "bold"),
        (f"\n{one_line(asks.reason, 500)}", "dim"),
        (f"\na and p cover {one_line(asks.scope, 1000)}.", "dim") if asks.scope else "",
    )
