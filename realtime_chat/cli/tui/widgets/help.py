"""What the keys do."""

from collections.abc import Iterable
from typing import ClassVar

from rich.table import Table
from rich.text import Text
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
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > #help {
            width: 95%;
            max-width: 110;
            height: auto;
            max-height: 95%;
            padding: 0 1;
            background: $surface;
            border: round $primary;
            scrollbar-size-vertical: 1;
            scrollbar-background: $surface;
        }
    }
    """

    def __init__(self, keys: Iterable[tuple[str, str]], words: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._keys, self._words = keys, words

    def compose(self) -> ComposeResult:
        """The list of keys, and of the words behind a slash."""
        with VerticalScroll(id="help") as panel:
            panel.border_title = "Keys and words"
            panel.border_subtitle = "Up Down PgUp PgDn · Esc close"
            yield Static(_table(self._keys))
            yield Static(_table([("", ""), *self._words]))


def _table(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for name, meaning in rows:
        table.add_row(Text(name, "bold"), Text(meaning))
    return table
