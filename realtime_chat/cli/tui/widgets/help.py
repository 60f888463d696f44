"""What the keys do."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


class HelpScreen(ModalScreen[None]):
    """Over the talk, which goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,enter", "app.pop_screen", "close", id="close_help"),
    ]

    def __init__(self, keys: str, words: str) -> None:
        super().__init__()
        self._keys, self._words = keys, words

    def compose(self) -> ComposeResult:
        """The list of keys, and of the words behind a slash."""
        with VerticalScroll(id="help"):
            yield Static(self._keys, markup=False)
            yield Static(f"\n{self._words}", markup=False)
