"""Read the notes back."""

from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.add_note import NOTES
from realtime_chat.tools.builtin.datafolder import read_text

#: The newest ones; and as many of them as a model gets to read at once.
MOST = 50
MAX_CHARS = 8_000


@tool(need="read", parallel_safe=True)
def read_notes(ctx: ToolContext) -> dict[str, Any]:
    """Read the user's notes, the newest last. `count` is how many there are; only the newest 50 are read."""
    lines = [line for line in read_text(ctx.data_dir / NOTES).split("\n") if line.strip()]
    newest: list[dict[str, str]] = []
    room = MAX_CHARS
    for line in reversed(lines[-MOST:]):
        room -= len(line)
        if room < 0 and newest:
            break
        newest.append(_note(line))
    return {"count": len(lines), "notes": newest[::-1]}


def _note(line: str) -> dict[str, str]:
    """A line the user wrote by hand has no time."""
    at, tab, text = line.partition("\t")
    return {"at": at, "text": text} if tab else {"at": "", "text": line}
