"""The folder of all sessions: `ID.jsonl` the log, `ID.lock` the lease, `ID.json` the snapshot.

Beside a log there may be what was unreadable in it: `ID.torn-N`, `ID.jsonl.damaged-N`; and the pictures
that were shown in it: `ID.image-HASH.png`.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from realtime_chat.core import session_id as ids
from realtime_chat.core.errors import ChatError, InvalidArguments, LogWriteFailed, NotFound, WriterActive
from realtime_chat.core.events import Envelope, Event, ImageRef, SessionClosed, SessionRenamed, UserMessage
from realtime_chat.core.history import History
from realtime_chat.core.ports import Clock
from realtime_chat.core.store import log as logs
from realtime_chat.core.store import snapshot as snapshots
from realtime_chat.core.store.catalogue import Catalogue, Findings, stamps_in
from realtime_chat.core.store.documents import SessionSummary, phrases
from realtime_chat.core.store.folder import Folder
from realtime_chat.core.store.forks import prefix
from realtime_chat.core.store.images import ImageShelf
from realtime_chat.core.store.lease import Lease
from realtime_chat.core.store.log import SessionLog
from realtime_chat.core.store.repair import Repaired, repair
from realtime_chat.core.store.snapshot import Snapshot

#: What is named when a word means several sessions.
CANDIDATES = 5


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions are gone, and which are not because somebody writes them."""

    deleted: tuple[str, ...]
    refused: tuple[WriterActive, ...]


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """The name as it is kept, and the bytes of a torn last line that were set aside on the way."""

    name: str
    set_aside_bytes: int


class OpenLog:
    """A log with its lease: what one writer holds."""

    def __init__(self, log: SessionLog, lease: Lease) -> None:
        self.log = log
        self._lease = lease

    def close(self) -> int:
        """Close the log, then free the lease; the number of lines lost to a refusing disk."""
        lost = self.log.close()
        self._lease.release()
        return lost


class SessionStore:
    """Ids are checked before any path is built (P25)."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self._folder = Folder(root)
        self._catalogue = Catalogue(root, self.read)
        self._clock = clock
        self.images = ImageShelf(self._folder)

    def exists(self, session_id: str) -> bool:
        """True when there is a log."""
        return self._folder.path(session_id).exists()

    def open(self, session_id: str) -> OpenLog:
        """Take the lease, open the log for writing. Raises WriterActive, CorruptLog, LogWriteFailed."""
        path = self._folder.path(session_id)
        lease = self._folder.leased(session_id)
        try:
            return OpenLog(SessionLog(path, session_id, self._clock), lease)
        except BaseException:
            lease.release()
            raise

    def read(self, session_id: str) -> Iterator[Envelope]:
        """All envelopes by seq; needs no lease. Raises NotFound, CorruptLog."""
        return logs.read(self._folder.existing(session_id))

    def is_newer(self, session_id: str) -> bool:
        """Whether a newer version wrote it, so that `read` may leave things out. Raises NotFound, CorruptLog."""
        return logs.is_newer(self._folder.existing(session_id))

    def ids(self) -> list[str]:
        """All sessions, the one written last first."""
        return list(stamps_in(self._folder.root))

    def summaries(self) -> list[SessionSummary]:
        """The list, the one written last first; a log that cannot be read says so in its line."""
        return self._catalogue.summaries()

    def search(self, asked: Sequence[str], limit: int) -> Findings:
        """The sessions in which all that is asked for was said or is the name (see documents), newest first.

        Raises InvalidArguments when nothing is asked for.
        """
        wanted = phrases(asked)
        if not wanted:
            raise InvalidArguments("Say what to look for: at least one letter or digit.")
        return self._catalogue.search(wanted, limit)

    def resolve(self, text: str) -> str:
        """The session of this id, or of this name, or the one whose id begins so.

        Raises InvalidArguments (no id and no name; or several sessions, which are told), NotFound.
        """
        if ids.is_session_id(text) and self.exists(text):
            return text
        named = [one.session_id for one in self.summaries() if one.name == text] if text else []
        if named:
            return _only(named, "are named so; say which by its id")
        ids.check(text)
        found = [one for one in self.ids() if one.startswith(text)]
        if not found:
            raise NotFound(f"There is no session {text}; `realtime-chat sessions list` shows yours.", id=text)
        return _only(found, "begin with that; give more of the id")

    def rename(self, session_id: str, name: str) -> Renamed:
        """Give it a name, or none (""). It is no use of the session: its place in the list stays.

        Raises InvalidArguments, NotFound, WriterActive, CorruptLog, LogWriteFailed.
        """
        name = ids.check_name(name)
        path = self._folder.existing(session_id)
        held = self.open(session_id)
        try:
            before = path.stat()
            held.log.append(SessionRenamed(name=name))
            held.log.sync()
        finally:
            lost = held.close()
        if lost:
            raise LogWriteFailed("The disk takes nothing, so the name was not saved; make room on it.")
        _put_back(path, before)
        return Renamed(name=name, set_aside_bytes=held.log.set_aside_bytes)

    def fork(self, parent_id: str, *, at: str | None = None, name: str = "") -> str:
        """A new session that begins with the parent's turns up to and with `at` (None: all that have ended).

        Its id. The parent is read and not touched; somebody may write it. What the fork has of it: see forks.
        Raises NotFound (session or turn), InvalidArguments, CorruptLog, LogWriteFailed.
        """
        name = ids.check_name(name)
        begin = prefix(list(self.read(parent_id)), at)
        self.sweep()
        now = self._clock.wall().isoformat()
        last = (*((SessionRenamed(name=name),) if name else ()), SessionClosed(reason="client"))
        while self.exists(session_id := ids.generate(self._clock.wall())):
            pass  # a second has 16 million ids
        with self._folder.lease(session_id):
            events = [
                (now, begin.lineage),
                (now, begin.started),
                *begin.copied,
                *((now, one) for one in last),
            ]
            self.images.copy(parent_id, session_id, _images(event for _, event in begin.copied))
            logs.create(self._folder.path(session_id), session_id, events)
        return session_id

    def repair(self, session_id: str) -> Repaired | None:
        """Set aside what cannot be read of a log; None when it is sound, and untouched then.

        Raises NotFound, WriterActive, CorruptLog (not ours to touch), LogWriteFailed.
        """
        path = self._folder.existing(session_id)
        with self._folder.lease(session_id):
            before = path.stat()
            done = repair(path)
            if done is not None:
                _put_back(path, before)
        return done

    def delete(self, session_id: str) -> bool:
        """Remove all of a session; False when there is none. Raises WriterActive while it is open."""
        removal = self.delete_all([session_id])
        for refusal in removal.refused:
            raise refusal
        return bool(removal.deleted)

    def delete_all(self, sessions: Iterable[str]) -> Removal:
        """Remove all of these, also from the index, but those that are open; what is not there is passed by."""
        deleted: list[str] = []
        refused: list[WriterActive] = []
        sides = self._folder.sides()
        for session_id in filter(self.exists, sessions):
            try:
                self._delete(session_id, sides.get(session_id, []))
            except WriterActive as error:
                refused.append(error)
            else:
                deleted.append(session_id)
        self._catalogue.forget(deleted)
        return Removal(deleted=tuple(deleted), refused=tuple(refused))

    def _delete(self, session_id: str, sides: list[Path]) -> None:
        with self._folder.lease(session_id):
            for file in (self._folder.path(session_id), *sides):
                file.unlink(missing_ok=True)
        self._folder.path(session_id, ".lock").unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a kill left unfinished of forks and repairs."""
        for session_id, file in self._folder.unfinished():
            with suppress(ChatError), self._folder.lease(session_id):
                file.unlink(missing_ok=True)
                if not self.exists(session_id):
                    self._folder.path(session_id, ".lock").unlink(missing_ok=True)

    def snapshot(self, session_id: str, history: History) -> Snapshot:
        """Project a session and write that beside its log, whatever id is in it; a full disk costs only the file."""
        snapshot = snapshots.snapshot_of(history)
        with suppress(OSError):
            snapshots.save(self._folder.path(session_id, ".json"), snapshot)
        return snapshot

    def saved_snapshot(self, session_id: str) -> Snapshot | None:
        """The projection that was written last; None when there is none, or it cannot be read."""
        return snapshots.load(self._folder.path(session_id, ".json"))


def _images(events: Iterable[Event]) -> Iterator[ImageRef]:
    return (ref for event in events if isinstance(event, UserMessage) for ref in event.images)


def _put_back(path: Path, before: os.stat_result) -> None:
    """Its place in the list, which goes by the time of the last writing."""
    with suppress(OSError):
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _only(sessions: list[str], trouble: str) -> str:
    if len(sessions) > 1:
        more = f" and {len(sessions) - CANDIDATES} more" if len(sessions) > CANDIDATES else ""
        told = ", ".join(sessions[:CANDIDATES])
        raise InvalidArguments(
            f"{len(sessions)} sessions {trouble}: {told}{more}.", candidates=sessions[:CANDIDATES]
        )
    return sessions[0]
