"""The folder of all sessions: `ID.jsonl` the log, `ID.lock` the lease, `ID.json` the snapshot."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from realtime_chat.core import session_id as ids
from realtime_chat.core.errors import ChatError, InvalidArguments, LogWriteFailed, NotFound
from realtime_chat.core.events import Envelope
from realtime_chat.core.history import fold
from realtime_chat.core.ports import Clock
from realtime_chat.core.store import log as logs
from realtime_chat.core.store import snapshot as snapshots
from realtime_chat.core.store.lease import Lease
from realtime_chat.core.store.log import SessionLog
from realtime_chat.core.store.snapshot import Snapshot


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the session list; `error` is set when the log cannot be read."""

    session_id: str
    created_at: str = ""
    last_at: str = ""
    title: str = ""
    turns: int = 0
    error: str | None = None


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
        self._root = root
        self._clock = clock

    def exists(self, session_id: str) -> bool:
        """True when there is a log."""
        return self._path(session_id).exists()

    def open(self, session_id: str) -> OpenLog:
        """Take the lease, open the log for writing. Raises WriterActive, CorruptLog, LogWriteFailed."""
        path = self._path(session_id)
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            lease = Lease(path.with_name(f"{session_id}.lock"), session_id)
            lease.acquire()
        except OSError as error:
            raise LogWriteFailed(
                f"The sessions folder cannot be written ({error.strerror}); choose another with --data-dir."
            ) from error
        try:
            return OpenLog(SessionLog(path, session_id, self._clock), lease)
        except BaseException:
            lease.release()
            raise

    def read(self, session_id: str) -> Iterator[Envelope]:
        """All envelopes by seq; needs no lease. Raises NotFound, CorruptLog."""
        path = self._path(session_id)
        if not path.exists():
            raise NotFound(
                f"There is no session {session_id}; `realtime-chat sessions list` shows yours.", id=session_id
            )
        return logs.read(path)

    def ids(self) -> list[str]:
        """All sessions, the one written last first."""
        found = [path for path in self._root.glob("*.jsonl") if path.is_file() and not path.is_symlink()]
        return [path.stem for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)]

    def resolve(self, prefix: str) -> str:
        """The id that this is, or the one that begins with it. Raises InvalidArguments, NotFound."""
        ids.check(prefix)
        if self.exists(prefix):
            return prefix
        found = [one for one in self.ids() if one.startswith(prefix)]
        if len(found) > 1:
            raise InvalidArguments(f"{len(found)} sessions begin with that; give more of the id.")
        if not found:
            raise NotFound(
                f"There is no session {prefix}; `realtime-chat sessions list` shows yours.", id=prefix
            )
        return found[0]

    def summary(self, session_id: str) -> SessionSummary:
        """A line for the list; a log that cannot be read says so in it."""
        try:
            history = fold(self.read(session_id))
        except ChatError as error:
            return SessionSummary(session_id=session_id, error=error.message)
        return SessionSummary(
            session_id=session_id,
            created_at=history.created_at,
            last_at=history.last_at,
            title=history.title,
            turns=len(history.turns),
        )

    def delete(self, session_id: str) -> bool:
        """Remove all of a session; False when there is none. Raises WriterActive while it is open."""
        path = self._path(session_id)
        if not path.exists():
            return False
        lease = Lease(path.with_name(f"{session_id}.lock"), session_id)
        lease.acquire()
        try:
            for side in self._root.glob(f"{session_id}.torn-*"):
                side.unlink(missing_ok=True)
            for file in (path, path.with_name(f"{session_id}.json")):
                file.unlink(missing_ok=True)
        finally:
            lease.release()
        path.with_name(f"{session_id}.lock").unlink(missing_ok=True)
        return True

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Write the projection beside the log; a refusing disk costs only the projection."""
        try:
            snapshots.save(self._path(snapshot.session_id, ".json"), snapshot)
        except OSError:
            return

    def _path(self, session_id: str, suffix: str = ".jsonl") -> Path:
        return self._root / (ids.check(session_id) + suffix)
