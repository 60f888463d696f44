"""What the keys do."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from realtime_chat.cli.tui.keys import HELP


class HelpScreen(ModalScreen[None]):
    """Over the talk, which goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,enter", "app.pop_screen", "close", id="close_help"),
    ]

    def compose(self) -> ComposeResult:
        """The list of keys."""
        yield Static(HELP, markup=False, id="help")
