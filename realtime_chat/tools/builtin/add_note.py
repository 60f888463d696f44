"""Keep a note: one line of `notes.txt` in the data folder, its local time first."""

from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.datafolder import changing, one_line, read_text, write_text

NOTES = "notes.txt"
MAX_CHARS = 4_000


@tool(need="own", parallel_safe=False)
def add_note(text: str, ctx: ToolContext) -> dict[str, Any]:
    """Keep a note for the user, word for word."""
    line = one_line(text, what="note", limit=MAX_CHARS)
    at = ctx.clock.wall().astimezone().isoformat(timespec="seconds")
    path = ctx.data_dir / NOTES
    with changing(ctx.data_dir):
        notes = read_text(path)
        gap = "" if notes.endswith("\n") or not notes else "\n"
        write_text(path, f"{notes}{gap}{at}\t{line}\n")
    return {"text": line, "at": at}
