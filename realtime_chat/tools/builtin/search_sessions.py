"""Find what was said in earlier talks."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.core.folding import fold
from realtime_chat.core.history import AssistantEntry, History, UserEntry
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.documents import Phrase, phrases, place, words
from realtime_chat.tools.base import ToolContext, tool

MOST = 20
#: Characters around the place that was found.
AROUND = 120
#: What is looked at of the talks that have all the words, the newest first.
MAX_SESSIONS = 200


@tool(need="read", parallel_safe=True)
def search_sessions(text: str, ctx: ToolContext) -> dict[str, Any]:
    """Find all the given words (or words that begin so), in any order and case, in what the user and the assistant
    said in earlier talks, the newest first. `truncated` is true when not all was looked at or told."""
    wanted = phrases(text.split())
    if not wanted:
        raise InvalidArguments("Say what to look for.")
    store = SessionStore(ctx.data_dir / "sessions", ctx.clock)
    found = store.search(text.split(), MAX_SESSIONS)
    hits: list[dict[str, Any]] = []
    for one in found.hits:
        if ctx.cancelled or len(hits) > MOST:
            break
        hits += islice(_hits(_history(store, one.session.session_id), wanted), MOST + 1 - len(hits))
    return {"hits": hits[:MOST], "truncated": len(hits) > MOST or found.total > MAX_SESSIONS}


def _history(store: SessionStore, session_id: str) -> History:
    """Empty for a log that went away meanwhile."""
    try:
        return fold(store.read(session_id))
    except ChatError:
        return History()


def _hits(history: History, wanted: Sequence[Phrase]) -> Iterator[dict[str, Any]]:
    running = {turn.turn_id for turn in history.open_turns}  # the question itself is no finding
    for entry in reversed(history.items):
        if not isinstance(entry, UserEntry | AssistantEntry) or entry.turn_id in running:
            continue
        said = entry.text or ""
        spoken = words(said)
        if all(place(spoken, phrase) is not None for phrase in wanted):
            who = "user" if isinstance(entry, UserEntry) else "assistant"
            yield {
                "session": history.session_id,
                "at": entry.at,
                "who": who,
                "text": _excerpt(said, wanted[0][-1]),
            }


def _excerpt(said: str, word: str) -> str:
    found = max(said.casefold().find(word), 0)
    begin, end = max(0, found - AROUND), found + AROUND
    return f"{'…' if begin else ''}{said[begin:end]}{'…' if end < len(said) else ''}"
