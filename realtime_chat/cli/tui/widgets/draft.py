"""Where one types: several lines, earlier ones, and words behind a slash that complete themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static, TextArea

from realtime_chat.cli import slash
from realtime_chat.cli.tui import keys
from realtime_chat.cli.tui.input_history import InputHistory
from realtime_chat.core.printable import one_line

#: Completions that are shown at once.
SHOWN = 8


class Draft(TextArea):
    """Enter sends. It leaves Space to the app's binding while nothing is typed."""

    BINDINGS: ClassVar[list[BindingType]] = keys.DRAFT
    DEFAULT_CSS = """
    Draft { height: auto; max-height: 10; border: round $border-blurred; background: $background; padding: 0 1; }
    Draft:focus { border: round $border; }
    """

    @dataclass
    class Submitted(Message):
        """What is to be sent; the draft keeps it until somebody clears it."""

        value: str

    def __init__(self, *, placeholder: str, history: InputHistory) -> None:
        super().__init__(
            compact=False,
            placeholder=placeholder,
            highlight_cursor_line=False,
            show_line_numbers=False,
            id="draft",
        )
        self._history = history
        self.completion: Callable[[int], str | None] = lambda _: None

    @property
    def value(self) -> str:
        """What is typed."""
        return self.text

    @value.setter
    def value(self, text: str) -> None:
        self.load_text(text)
        self.move_cursor(self.document.end)

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Space on an empty line is no text yet."""
        if key == "space" and not self.text:
            return False
        return super().check_consume_key(key, character)

    def on_key(self, event: events.Key) -> None:
        """Our own keys, in their place between the others: a binding would run after what was typed behind it.

        Space on an empty line goes on to the app's binding.
        """
        if event.key == "space":
            if not self.text:
                event.prevent_default()
        elif not event.is_printable and (action := self._own_action(event.key)) is not None:
            event.prevent_default()
            event.stop()
            action()

    def _own_action(self, key: str) -> Callable[[], None] | None:
        """What a key does here, as the user's settings have it."""
        active = self.screen.active_bindings.get(key)
        if active is None or active.node is not self or not active.enabled:
            return None
        own = {"send": self.action_submit, "newline": self.action_newline, "complete": self.action_complete}
        return own.get(active.binding.id or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tab goes to what can be focused, and to a completion only where there is one."""
        return action != "complete" or self.completion(0) is not None

    def action_submit(self) -> None:
        """Enter."""
        self.post_message(self.Submitted(self.text))

    def action_newline(self) -> None:
        """A line more."""
        self.insert("\n")

    def action_complete(self) -> None:
        """Tab: as the list says."""
        if (completed := self.completion(0)) is not None:
            self.value = completed

    def action_cursor_up(self, select: bool = False) -> None:
        """In the first line: what was typed before, or another completion."""
        if select or self.cursor_location[0] > 0:
            super().action_cursor_up(select)
        elif self.completion(-1) is None and (line := self._history.back(self.text)) is not None:
            self.value = line

    def action_cursor_down(self, select: bool = False) -> None:
        """In the last line: what was typed after it, or another completion."""
        if select or self.cursor_location[0] < self.document.line_count - 1:
            super().action_cursor_down(select)
        elif self.completion(1) is None and (line := self._history.forth()) is not None:
            self.value = line

    def sent(self) -> None:
        """It went out: the next one is empty."""
        self._history.add(self.text.strip())
        self.value = ""


class Composer(Vertical):
    """The draft, and above it how a word behind a slash may go on."""

    DEFAULT_CSS = """
    Composer { height: auto; }
    #completions { height: auto; padding: 0 2; background: $surface; display: none; }
    """

    def __init__(self, draft: Draft, choices: Callable[[], Mapping[str, Sequence[str]]]) -> None:
        """`choices`: what may follow some of the words, asked for when it is needed."""
        super().__init__()
        self._draft = draft
        self._choices = choices
        self._found: list[tuple[str, str]] = []
        self._at = 0
        draft.completion = self._move

    def compose(self) -> ComposeResult:
        """List and line."""
        yield Static(id="completions", markup=False)
        yield self._draft

    def on_text_area_changed(self) -> None:
        """Other completions."""
        text = self._draft.text
        self._found = slash.completions(text, self._choices()) if text.startswith("/") else []
        self._at = 0
        self._show()

    def _move(self, by: int) -> str | None:
        """The completion that is chosen, after moving by so many; None where there is none."""
        if not self._found:
            return None
        self._at = (self._at + by) % len(self._found)
        self._show()
        return self._found[self._at][0]

    def _show(self) -> None:
        listed = self.query_one("#completions", Static)
        listed.display = bool(self._found)
        first = max(0, min(self._at - SHOWN // 2, len(self._found) - SHOWN))
        lines = [
            Text.assemble(
                (
                    f"{'>' if index == self._at else '·'} {one_line(words, 60):<18}",
                    "bold" if index == self._at else "",
                ),
                (about, "dim"),
            )
            for index, (words, about) in enumerate(self._found[first : first + SHOWN], first)
        ]
        listed.update(Text("\n").join(lines))
