"""What one takes away from the screen: text as it was said, harmless to the terminal that it is pasted into."""

from collections.abc import Sequence
from typing import assert_never

from realtime_chat.cli.tui.feed import Note, Row
from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, ToolEntry, UserEntry
from realtime_chat.core.printable import printable


def last_answer(rows: Sequence[Row], n: int = 1) -> str:
    """The n-th last answer as its markdown source; empty when there are not so many."""
    answers = [row for row in rows if isinstance(row, AssistantEntry) and row.text]
    return _answer(answers[-n]) if 0 < n <= len(answers) else ""


def whole(rows: Sequence[Row]) -> str:
    """The talk, a paragraph for each row, and who said it."""
    return "\n\n".join(_said(row) for row in rows)


def _answer(entry: AssistantEntry) -> str:
    if not entry.unheard_text:
        return printable(entry.text)
    heard = printable(entry.heard_text or "").rstrip()
    return f"{heard} [unheard: {printable(entry.unheard_text).strip()}]".lstrip()


def _said(row: Row) -> str:
    match row:
        case UserEntry():
            return f"you: {printable(row.shown or row.error or '(speech)')}"
        case AssistantEntry():
            return f"assistant: {_answer(row)}"
        case AnnouncedEntry():
            return f"notice: {printable(row.text)}"
        case ToolEntry():
            said = row.error.message if row.error is not None else row.output
            return f"tool: {printable(row.name)} {printable(row.arguments)}\n→ {printable(said)}"
        case Note():
            return f"{row.level}: {printable(row.text)}"
        case _:
            assert_never(row)
