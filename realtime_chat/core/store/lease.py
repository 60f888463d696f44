"""One writer per session across processes (P24): a kernel lock, so a dead holder frees it by itself."""

from pathlib import Path

from filelock import FileLock, Timeout

from realtime_chat.core.errors import WriterActive


class Lease:
    """Held from `acquire` to `release`; both at once, no waiting."""

    def __init__(self, path: Path, session_id: str) -> None:
        self._lock = FileLock(path, timeout=0, mode=0o600)
        self._session_id = session_id

    def acquire(self) -> None:
        """Raises WriterActive when another holder lives, in this process or another."""
        try:
            self._lock.acquire()
        except Timeout:
            raise WriterActive(
                f"Session {self._session_id} is open in another process; close it there first.",
                id=self._session_id,
            ) from None

    def release(self) -> None:
        """Idempotent."""
        self._lock.release()
