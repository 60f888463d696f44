"""Which files a session has, and whose they are at the moment: paths and leases. Ids are checked first (P25)."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime_chat.core import session_id as ids
from realtime_chat.core.errors import LogWriteFailed, NotFound
from realtime_chat.core.store.lease import Lease
from realtime_chat.core.store.log import UNFINISHED

#: What a session may have beside its log, the lease apart.
_SIDE = re.compile(
    r"(.+?)(?:\.json|\.snapshot\.new|\.torn-\d+|\.jsonl\.damaged-\d+(?:\.new)?|\.jsonl\.new"
    r"|\.image-[0-9a-f]{16}\.(?:png|jpg))"
)


class Folder:
    """The folder of all sessions."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, session_id: str, suffix: str = ".jsonl") -> Path:
        """Of a session that there may be. Raises InvalidArguments."""
        return self.root / (ids.check(session_id) + suffix)

    def existing(self, session_id: str) -> Path:
        """The log of a session that there is. Raises InvalidArguments, NotFound."""
        path = self.path(session_id)
        if not path.exists():
            raise NotFound(
                f"There is no session {session_id}; `realtime-chat sessions list` shows yours.", id=session_id
            )
        return path

    def sides(self) -> dict[str, list[Path]]:
        """What stands beside the logs, by session; one look at the folder for all of them."""
        found: dict[str, list[Path]] = {}
        for file in self.root.glob("*"):
            if (match := _SIDE.fullmatch(file.name)) is not None:
                found.setdefault(match[1], []).append(file)
        return found

    def unfinished(self) -> Iterator[tuple[str, Path]]:
        """Files that were being made, or are just now, with their sessions."""
        for file in self.root.glob(f"*{UNFINISHED}"):
            session_id = re.sub(r"\.(snapshot|jsonl(\.damaged-\d+)?)\.new$", "", file.name)
            if ids.is_session_id(session_id):
                yield session_id, file

    def leased(self, session_id: str) -> Lease:
        """The lease, taken; the caller releases it. Raises InvalidArguments, WriterActive, LogWriteFailed."""
        lease = Lease(self.path(session_id, ".lock"), session_id)
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            lease.acquire()
        except OSError as error:
            raise LogWriteFailed(
                f"The sessions folder cannot be written ({error.strerror}); choose another with --data-dir."
            ) from error
        return lease

    @contextmanager
    def lease(self, session_id: str) -> Generator[None]:
        """The lease while the block lasts. Raises as `leased`."""
        lease = self.leased(session_id)
        try:
            yield
        finally:
            lease.release()
