"""A SQLite FTS5 index over what was said: quick, and never the authority. It can always be made again from the logs.

Each session stands in it under the *stamp* that its log had when it was read; another stamp means that it is stale.
Logs are put in by batches, each in one transaction: a kill leaves the batches before. The file is the user's alone
(0600), and what is dropped is wiped from it. Its number in the name changes with what is in it, so that an older or a
newer version of the program keeps its own.
"""

import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from realtime_chat.core.store.documents import Document, Phrase, Said, SessionSummary, words

if TYPE_CHECKING:
    import sqlite3

VERSION = 1
NAME = f"index-{VERSION}.sqlite"
#: How long another process' transaction is waited for.
BUSY_S = 5.0
#: The utterances of the session number n have the rows n << SHIFT and following.
SHIFT = 24
#: Primary result codes of SQLite that say nothing against the file: busy, refused, full, out of reach.
_OUT_OF_REACH = {3, 5, 6, 8, 10, 13, 14, 23}

_TABLES = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS logs (
    number INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, summary BLOB NOT NULL
);
CREATE VIRTUAL TABLE IF NOT EXISTS said USING fts5(
    words, who UNINDEXED, at UNINDEXED, text UNINDEXED, tokenize = 'ascii'
);
COMMIT;
"""


class Stamp(NamedTuple):
    """What changes whenever a log does."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, stat: os.stat_result) -> "Stamp":
        """Of a file."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ino & 0x7FFF_FFFF_FFFF_FFFF)


class Row(NamedTuple):
    """A session in the index."""

    stamp: Stamp
    summary: SessionSummary


class IndexUnusable(Exception):
    """It cannot serve now; when it is `damaged`, it can be made anew."""

    def __init__(self, *, damaged: bool) -> None:
        super().__init__("damaged" if damaged else "out of reach")
        self.damaged = damaged


class Index:
    """An open index. Every method raises IndexUnusable."""

    def __init__(self, database: "sqlite3.Connection") -> None:
        self._database = database

    def rows(self) -> dict[str, Row]:
        """All sessions in it."""
        with _failures():
            found = self._database.execute("SELECT session_id, size, mtime_ns, inode, summary FROM logs")
            decode = msgspec.json.Decoder(SessionSummary).decode
            return {name: Row(Stamp(*stamp), decode(summary)) for name, *stamp, summary in found}

    def put(self, documents: Sequence[tuple[Stamp, Document]]) -> None:
        """All of them or none, each in the place of what was known of it."""
        with self._transaction() as database:
            for stamp, document in documents:
                number = self._wiped(document.summary.session_id)
                number = database.execute(
                    "INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?)",
                    (number, document.summary.session_id, *stamp, msgspec.json.encode(document.summary)),
                ).lastrowid
                assert number is not None
                database.executemany(
                    "INSERT INTO said (rowid, words, who, at, text) VALUES (?, ?, ?, ?, ?)",
                    (
                        (row, " ".join(words(one.text)), one.who, one.at, one.text)
                        for row, one in enumerate(document.said, number << SHIFT)
                    ),
                )

    def drop(self, sessions: Iterable[str]) -> None:
        """Forget these, for good: no word of them is left in the file."""
        with self._transaction() as database:
            gone = [number for one in sessions if (number := self._wiped(one)) is not None]
            if gone:
                database.execute("INSERT INTO said (said) VALUES ('optimize')")

    def matching(self, wanted: Sequence[Phrase]) -> set[str]:
        """The sessions in which every phrase was said."""
        each = " INTERSECT ".join(f"SELECT rowid >> {SHIFT} FROM said WHERE said MATCH ?" for _ in wanted)
        with _failures():
            found = self._database.execute(
                f"SELECT session_id FROM logs WHERE number IN ({each})", [_term(one) for one in wanted]
            )
            return {name for (name,) in found}

    def said(self, session_id: str) -> list[Said]:
        """The utterances of a session, in their order. (To ask for the matching ones would search all sessions.)"""
        with _failures():
            number = self._number(session_id)
            if number is None:
                return []
            found = self._database.execute(
                "SELECT who, at, text FROM said WHERE rowid >= ? AND rowid < ? ORDER BY rowid",
                (number << SHIFT, (number + 1) << SHIFT),
            )
            return [Said(*row) for row in found]

    def _number(self, session_id: str) -> int | None:
        row = self._database.execute("SELECT number FROM logs WHERE session_id = ?", (session_id,)).fetchone()
        return row[0] if row is not None else None

    def _wiped(self, session_id: str) -> int | None:
        """Remove a session; the number that it had."""
        number = self._number(session_id)
        if number is not None:
            self._database.execute(
                "DELETE FROM said WHERE rowid >= ? AND rowid < ?", (number << SHIFT, (number + 1) << SHIFT)
            )
            self._database.execute("DELETE FROM logs WHERE number = ?", (number,))
        return number

    @contextmanager
    def _transaction(self) -> Generator["sqlite3.Connection"]:
        with _failures():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                if self._database.in_transaction:  # a full disk has rolled it back already
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


@contextmanager
def opened(folder: Path) -> Generator[Index]:
    """The index of a folder of sessions, made when there is none. Raises IndexUnusable, also without FTS5."""
    with _failures():
        database = _connected(folder / NAME) if _has_fts5() else None
    if database is None:
        raise IndexUnusable(damaged=False)
    try:
        yield Index(database)
    finally:
        with suppress(_sqlite().Error):  # what was read and written is told already
            database.close()


def discard(folder: Path, *, but: str = "") -> None:
    """Remove the indexes of all versions, `but` one. What the system will not let us remove stays."""
    for file in folder.glob("index-*.sqlite*"):
        if not but or not file.name.startswith(but):
            with suppress(OSError):
                file.unlink(missing_ok=True)


def _connected(file: Path) -> "sqlite3.Connection":
    # made by us, so that it is the user's alone from the start, and never by following a link
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    database = _sqlite().connect(
        f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None
    )
    try:
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA synchronous = NORMAL")
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'said'").fetchall():
            database.executescript(_TABLES)
    except BaseException:
        database.close()
        raise
    return database


def _has_fts5() -> bool:
    memory = _sqlite().connect(":memory:")
    try:
        memory.execute("CREATE VIRTUAL TABLE probe USING fts5(words)")
    except _sqlite().OperationalError:
        return False
    finally:
        memory.close()
    return True


def _term(phrase: Phrase) -> str:
    return f'"{" ".join(phrase)}" *'


def _sqlite():
    import sqlite3  # late, because a Python may have been built without it

    return sqlite3


@contextmanager
def _failures() -> Generator[None]:
    """SQLite's and the system's failures, and what cannot be in a sound index, as ours."""
    try:
        sqlite = _sqlite()
    except ImportError as error:
        raise IndexUnusable(damaged=False) from error
    try:
        yield
    except sqlite.Error as error:
        code = getattr(error, "sqlite_errorcode", 1) & 0xFF
        raise IndexUnusable(damaged=code not in _OUT_OF_REACH) from error
    except msgspec.MsgspecError as error:
        raise IndexUnusable(damaged=True) from error
    except OSError as error:
        raise IndexUnusable(damaged=False) from error
