"""What was typed before, for the arrow keys. Pure."""

from collections.abc import Iterable

from realtime_chat.core.history import History, UserEntry

#: The oldest go first.
KEPT = 1000


class InputHistory:
    """A cursor over earlier lines; the draft that was there before is its newest end."""

    def __init__(self, earlier: Iterable[str] = ()) -> None:
        self._lines = list(earlier)[-KEPT:]
        self._at = len(self._lines)
        self._draft = ""

    def add(self, line: str) -> None:
        """It was sent. The same twice in a row is kept once."""
        if line and (not self._lines or self._lines[-1] != line):
            self._lines = [*self._lines, line][-KEPT:]
        self._at = len(self._lines)
        self._draft = ""

    def back(self, draft: str) -> str | None:
        """The line before; None at the beginning. What is in the draft is kept for `forth`."""
        if self._at == 0:
            return None
        if self._at == len(self._lines):
            self._draft = draft
        self._at -= 1
        return self._lines[self._at]

    def forth(self) -> str | None:
        """The line after, at the end the draft; None where nothing comes after."""
        if self._at >= len(self._lines):
            return None
        self._at += 1
        return self._draft if self._at == len(self._lines) else self._lines[self._at]


def typed_in(history: History) -> InputHistory:
    """What the user typed in a talk so far."""
    mine = (one for one in history.items if isinstance(one, UserEntry) and one.source == "typed")
    return InputHistory(one.text for one in mine if one.text)
