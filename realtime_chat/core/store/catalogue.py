"""All sessions of a folder at once: the list and the search. Who asks gets what the logs say.

The index saves the reading: a log is folded anew only when its stamp changed, which costs one stat a session. Where
there is no index (no FTS5, a folder that cannot be written, another process that keeps it), every log is read.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from realtime_chat.core.errors import ChatError, NotFound
from realtime_chat.core.events import Envelope
from realtime_chat.core.folding import fold
from realtime_chat.core.store import index as indexes
from realtime_chat.core.store.documents import Document, Hit, Phrase, SessionSummary, document_of, hit
from realtime_chat.core.store.index import Index, IndexUnusable, Stamp

#: Logs that are folded between two transactions: what a kill costs, and how long another process waits.
BATCH = 100

_T = TypeVar("_T")


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The newest hits, and how many there are in all."""

    hits: tuple[Hit, ...]
    total: int


class Catalogue:
    """Nothing is kept between two calls. `read` gives the envelopes of a log, or raises a ChatError."""

    def __init__(self, root: Path, read: Callable[[str], Iterator[Envelope]]) -> None:
        self._root = root
        self._read = read

    def summaries(self) -> list[SessionSummary]:
        """All sessions, the one written last first; a log that cannot be read says so in its line."""
        return self._with_index(self._summaries)

    def search(self, wanted: Sequence[Phrase], limit: int) -> Findings:
        """The sessions in which all phrases (at least one) were said, the one written last first."""
        return self._with_index(lambda index: self._search(index, wanted, limit))

    def forget(self, sessions: Sequence[str]) -> None:
        """No word of these is left in the index; where that cannot be, there is none left."""
        indexes.discard(self._root, but=indexes.NAME)
        if not (self._root / indexes.NAME).exists():
            return
        try:
            with indexes.opened(self._root) as index:
                index.drop(sessions)
        except IndexUnusable:
            indexes.discard(self._root)

    def _with_index(self, ask: Callable[[Index | None], _T]) -> _T:
        """Ask with an index; with a new one when it was damaged; without one when there can be none."""
        for _ in range(2):
            try:
                with indexes.opened(self._root) as index:
                    return ask(index)
            except IndexUnusable as error:
                if not error.damaged:
                    break
                indexes.discard(self._root)
        return ask(None)

    def _summaries(self, index: Index | None) -> list[SessionSummary]:
        state = self._state(index)
        for document, _ in self._changed(index, state):
            state.summaries[document.summary.session_id] = document.summary
        return [state.summaries[name] for name in state.stamps if name in state.summaries]

    def _search(self, index: Index | None, wanted: Sequence[Phrase], limit: int) -> Findings:
        state = self._state(index)
        hits: dict[str, Hit] = {}
        loose: set[str] = set()
        for document, indexed in self._changed(index, state):
            name = document.summary.session_id
            state.summaries[name] = document.summary
            if not indexed:
                loose.add(name)
                if (one := hit(document.summary, document.said, wanted)) is not None:
                    hits[name] = one
        matching = (index.matching(wanted) if index is not None else set[str]()) - loose
        names = [name for name in state.stamps if name in matching or name in hits]
        newest = [hits.get(name) or self._hit(index, state, name, wanted) for name in names[:limit]]
        return Findings(hits=tuple(one for one in newest if one is not None), total=len(names))

    def _hit(self, index: Index | None, state: "_State", name: str, wanted: Sequence[Phrase]) -> Hit | None:
        """None when another process has put a later state of the session into the index meanwhile."""
        return None if index is None else hit(state.summaries[name], index.said(name), wanted)

    def _state(self, index: Index | None) -> "_State":
        known = index.rows() if index is not None else {}  # first: a session that appears now is not gone
        stamps = stamps_in(self._root)
        if index is not None and (gone := known.keys() - stamps.keys()):
            index.drop(gone)
        fresh = {
            name: known[name].summary
            for name, stamp in stamps.items()
            if name in known and known[name].stamp == stamp
        }
        return _State(stamps=stamps, summaries=fresh)

    def _changed(self, index: Index | None, state: "_State") -> Iterator[tuple[Document, bool]]:
        """Every log that is not in the index as it is now; whether it has been put there."""
        changed = [name for name in state.stamps if name not in state.summaries]
        for start in range(0, len(changed), BATCH):
            read = [self._document(name) for name in changed[start : start + BATCH]]
            documents = [one for one in read if one is not None]
            sound = [one for one in documents if one.summary.error is None]
            if index is not None and sound:
                index.put([(state.stamps[one.summary.session_id], one) for one in sound])
            yield from ((one, index is not None and one.summary.error is None) for one in documents)

    def _document(self, session_id: str) -> Document | None:
        try:
            return document_of(session_id, fold(self._read(session_id)))
        except NotFound:
            return None  # deleted just now
        except ChatError as error:
            return Document(SessionSummary(session_id=session_id, error=error.message))


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """The folder as it was found: every session in its order, and the lines of those that the index knows."""

    stamps: dict[str, Stamp]
    summaries: dict[str, SessionSummary]


def stamps_in(root: Path) -> dict[str, Stamp]:
    """Every session of a folder, the one written last first."""
    try:
        with os.scandir(root) as entries:
            found = [
                (entry.name.removesuffix(".jsonl"), Stamp.of(entry.stat(follow_symlinks=False)))
                for entry in entries
                if entry.name.endswith(".jsonl") and entry.is_file(follow_symlinks=False)
            ]
    except OSError:
        return {}
    return dict(sorted(found, key=lambda one: one[1].mtime_ns, reverse=True))
