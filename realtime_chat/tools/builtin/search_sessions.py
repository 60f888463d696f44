"""Find what was said in earlier talks."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.core.history import AssistantEntry, History, UserEntry, fold
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.tools.base import ToolContext, tool

MOST = 20
#: Characters around the place that was found.
AROUND = 120
#: What is looked at, the newest talks first.
MAX_SESSIONS = 200
MAX_BYTES = 5_000_000


@tool(need="read", parallel_safe=True)
def search_sessions(text: str, ctx: ToolContext) -> dict[str, Any]:
    """Find all the given words, in any order and case, in what the user and the assistant said in earlier
    talks, the newest first. `truncated` is true when not all was looked at or told."""
    words = text.casefold().split()
    if not words:
        raise InvalidArguments("Say what to look for.")
    root = ctx.data_dir / "sessions"
    store = SessionStore(root, ctx.clock)
    known = store.ids()
    hits: list[dict[str, Any]] = []
    for session_id in known[:MAX_SESSIONS]:
        if ctx.cancelled or len(hits) > MOST:
            break
        hits += islice(_hits(_history(store, root, session_id), words), MOST + 1 - len(hits))
    return {"hits": hits[:MOST], "truncated": len(hits) > MOST or len(known) > MAX_SESSIONS}


def _history(store: SessionStore, root: Path, session_id: str) -> History:
    """Empty for a log that is too long to read now, or cannot be read."""
    try:
        if (root / f"{session_id}.jsonl").stat().st_size > MAX_BYTES:
            return History()
        return fold(store.read(session_id))
    except (ChatError, OSError):
        return History()


def _hits(history: History, words: list[str]) -> Iterator[dict[str, Any]]:
    running = {turn.turn_id for turn in history.open_turns}  # the question itself is no finding
    for entry in reversed(history.items):
        if not isinstance(entry, UserEntry | AssistantEntry) or entry.turn_id in running:
            continue
        said = entry.text or ""
        if all(word in said.casefold() for word in words):
            who = "user" if isinstance(entry, UserEntry) else "assistant"
            yield {
                "session": history.session_id,
                "at": entry.at,
                "who": who,
                "text": _excerpt(said, words[0]),
            }


def _excerpt(said: str, word: str) -> str:
    place = max(said.casefold().find(word), 0)
    begin, end = max(0, place - AROUND), place + AROUND
    return f"{'…' if begin else ''}{said[begin:end]}{'…' if end < len(said) else ''}"
