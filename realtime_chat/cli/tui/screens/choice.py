"""One of several names: a voice, a model."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from realtime_chat.core.printable import one_line


class ChoiceScreen(ModalScreen[str | None]):
    """Over the talk, which goes on. Its result is None when nothing was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", id="close_choice"),
    ]
    DEFAULT_CSS = """
    ChoiceScreen {
        align: center middle;
        & > OptionList, & > OptionList:focus {
            width: 60;
            max-width: 90%;
            height: auto;
            max-height: 80%;
            padding: 0 1;
            background: $surface;
            border: round $primary;
        }
    }
    """

    def __init__(self, title: str, names: Sequence[str], current: str) -> None:
        super().__init__()
        self._title = title
        self._names = names
        self._current = current

    def compose(self) -> ComposeResult:
        """The names, the current one marked."""
        yield OptionList(*[Option(self._drawn(name)) for name in self._names], markup=False)

    def on_mount(self) -> None:
        """The current one first."""
        listed = self.query_one(OptionList)
        listed.border_title = self._title
        listed.border_subtitle = "Enter use it · Esc close"
        listed.highlighted = self._names.index(self._current) if self._current in self._names else 0
        listed.focus()

    @on(OptionList.OptionSelected)
    def choose(self, selected: OptionList.OptionSelected) -> None:
        """Enter."""
        self.dismiss(self._names[selected.option_index])

    def action_close(self) -> None:
        """Nothing was chosen."""
        self.dismiss(None)

    def _drawn(self, name: str) -> Text:
        return Text.assemble(one_line(name, 60), ("  in use" if name == self._current else "", "dim"))
