"""The append-only log of a session: JSONL, one header line, then one envelope a line, seq 0,1,2,… (P12–P15).

Every append is flushed to the system, so it survives our own `kill -9`; `sync` survives a power loss. A disk
that refuses makes the log `unsaved`: up to SPILL lines wait in memory, in order, and count as appended; they are
written as soon as the disk takes them. A torn LAST line (a crash inside a write) is moved to `NAME.torn-N` when
the log is opened for writing; readers pass it by. An unreadable line before the last is CorruptLog.

The header says the schema. A log without one is older than headers, and read as schema 1. One of a schema that is newer
than ours is never written to; it is read as far as we know its lines, and `is_newer` tells that this may not be all.
"""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path

import msgspec

from realtime_chat.core import envelope_codec
from realtime_chat.core.errors import CorruptLog, LogWriteFailed
from realtime_chat.core.events import DURABLE_TYPES, Envelope, Event
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.ports import Clock

SCHEMA = 1
#: Ends the name of a log that is being made; the file means nothing once its maker is gone.
UNFINISHED = ".new"
#: What the first line of a newer log is looked for in; a header is about a hundred bytes.
HEADER_BYTES = 65_536
#: Lines that may wait for a disk; beyond it an append fails (a long turn makes about twenty).
SPILL = 10_000


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """First line of a log; not an event."""

    schema: int
    session_id: str
    created_at: str


class _Version(msgspec.Struct, frozen=True):
    """What headers of all versions have; no event has it."""

    schema: int


class SessionLog:
    """One writer's open handle. Not thread-safe but for `sync`."""

    def __init__(self, path: Path, session_id: str, clock: Clock) -> None:
        """Open, making the file (0600) when it is new.

        Raises CorruptLog (kind newer_schema: a newer version wrote it, and nothing was changed), LogWriteFailed.
        """
        self.session_id = session_id
        self.set_aside_bytes = 0
        self._clock = clock
        self._waiting: list[bytes] = []
        self._prefix = secrets.token_hex(4)
        self._next_seq = 0
        self._end = 0
        self._file = _open(path)  # first: what is not a file of ours is not even read
        try:
            if is_newer(path):
                raise too_new(session_id)
            self._recover(path)
            self._end = self._file.seek(0, os.SEEK_END)
            if self._end == 0:
                header = Header(schema=SCHEMA, session_id=session_id, created_at=clock.wall().isoformat())
                self._write(msgspec.json.encode(header) + b"\n")
        except OSError as error:
            self._file.close()
            raise refused(error) from error
        except BaseException:
            self._file.close()
            raise

    @property
    def next_seq(self) -> int:
        """The seq that the next event gets."""
        return self._next_seq

    @property
    def pending(self) -> int:
        """Lines that the disk has not taken yet."""
        return len(self._waiting)

    def append(self, event: Event) -> Envelope:
        """Stamp, write, flush; the envelope may be published now.

        Raises LogWriteFailed: kind ephemeral_not_loggable for a live event, log_encode_failed for what cannot be
        written down, log_write_failed when the memory for a refusing disk is full. The seq is unchanged then.
        """
        if event.type not in DURABLE_TYPES:
            raise LogWriteFailed(
                f"A live event ({event.type}) does not go into a log.", kind="ephemeral_not_loggable"
            )
        envelope = Envelope(
            id=f"{self._prefix}-{self._next_seq}",
            session_id=self.session_id,
            seq=self._next_seq,
            ts=self._clock.wall().isoformat(),
            data=event,
        )
        try:
            line = envelope_codec.encode(envelope) + b"\n"
        except (TypeError, ValueError, msgspec.MsgspecError) as error:
            raise LogWriteFailed(
                f"An event cannot be written down: {error}", kind="log_encode_failed"
            ) from error
        if len(self._waiting) >= SPILL:
            self.flush()  # the disk may be back
        if len(self._waiting) >= SPILL:
            raise LogWriteFailed("The disk takes nothing and memory for it is full; make room on the disk.")
        self._waiting.append(line)
        self.flush()
        self._next_seq += 1
        return envelope

    def flush(self) -> None:
        """Write what waits, in order; what the disk refuses goes on waiting."""
        while self._waiting:
            try:
                self._write(self._waiting[0])
            except OSError:
                return
            self._waiting.pop(0)

    def sync(self) -> None:
        """Survive a power loss. Slow (ms): call it off the loop. A refusing disk is met at the next append."""
        try:
            os.fdatasync(self._file.fileno()) if hasattr(os, "fdatasync") else os.fsync(self._file.fileno())
        except (OSError, ValueError):
            return

    def close(self) -> int:
        """Write what can be written, close, and say how many lines are lost. Idempotent."""
        if not self._file.closed:
            self.flush()
            self._file.close()
        return len(self._waiting)

    def _write(self, line: bytes) -> None:
        """One whole line or nothing: a short write is taken back."""
        try:
            if self._file.write(line) != len(line):
                raise OSError("short write")
        except OSError:
            os.ftruncate(self._file.fileno(), self._end)
            raise
        self._end += len(line)

    def _recover(self, path: Path) -> None:
        raw = path.read_bytes()
        good = raw.rfind(b"\n") + 1
        last = -1
        for envelope in read(path):
            last = max(last, envelope.seq if envelope.seq is not None else -1)
        if good == len(raw) and raw and _torn(raw.splitlines()[-1]) and raw.count(b"\n") > 1:
            good = raw.rfind(b"\n", 0, len(raw) - 1) + 1
        if good < len(raw):
            self.set_aside_bytes = len(raw) - good
            _set_aside(path, raw[good:])
            os.truncate(path, good)
        self._next_seq = last + 1


def read(path: Path) -> Iterator[Envelope]:
    """The envelopes of a log by seq, streaming; a missing file has none.

    Raises CorruptLog: {id, line}, or kind unreadable_log when the system does not let us read it, or it is a link.
    """
    try:
        yield from _in_order(_lines(path))
    except OSError as error:
        raise unreadable(path, error) from error


def create(path: Path, session_id: str, events: Iterable[tuple[str, Event]]) -> None:
    """A new log of these timed events, there as a whole or not at all. Raises LogWriteFailed."""
    prefix = secrets.token_hex(4)
    timed = list(events)
    header = Header(schema=SCHEMA, session_id=session_id, created_at=timed[0][0])
    lines = [msgspec.json.encode(header)]
    for seq, (ts, event) in enumerate(timed):
        envelope = Envelope(id=f"{prefix}-{seq}", session_id=session_id, seq=seq, ts=ts, data=event)
        lines.append(envelope_codec.encode(envelope))
    write_whole(path, [line + b"\n" for line in lines])


def write_whole(path: Path, lines: Iterable[bytes]) -> None:
    """Put a file (0600) of these lines into its place in one step, safe from a power loss. Raises LogWriteFailed."""
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        descriptor = _nofollow(str(unfinished), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise refused(error) from error


def is_newer(path: Path) -> bool:
    """Whether a newer version of us wrote it. Raises CorruptLog (kind unreadable_log)."""
    if not path.exists():
        return False
    try:
        with open(path, "rb", opener=_nofollow) as file:
            return (schema_of(file.readline(HEADER_BYTES)) or SCHEMA) > SCHEMA
    except OSError as error:
        raise unreadable(path, error) from error


def schema_of(line: bytes) -> int | None:
    """The schema that a header tells; None when it is no header."""
    try:
        return read_json(line, _Version).schema
    except NotJson:
        return None


def _in_order(envelopes: Iterator[Envelope]) -> Iterator[Envelope]:
    late: list[Envelope] = []
    expected = 0
    for envelope in envelopes:
        if envelope.seq == expected and not late:
            expected += 1
            yield envelope
        else:
            late.append(envelope)
    yield from sorted(late, key=lambda envelope: envelope.seq or 0)


def _lines(path: Path) -> Iterator[Envelope]:
    if not path.exists():
        return
    with open(path, "rb", opener=_nofollow) as file:
        first = file.readline()
        if not first.endswith(b"\n"):
            return
        schema = schema_of(first)
        newer = (schema or SCHEMA) > SCHEMA
        begins, held = (1, first) if schema is None else (2, file.readline())
        for number, line in enumerate(file, begins):  # the number of the line that is held
            if (envelope := _envelope(path, number, held, newer)) is not None:
                yield envelope
            held = line
        if held.endswith(b"\n"):
            with suppress(ValueError):  # the last line may be torn
                yield envelope_codec.decode(held)


def _envelope(path: Path, number: int, line: bytes, newer: bool) -> Envelope | None:
    try:
        return envelope_codec.decode(line)
    except ValueError as error:
        if newer:
            return None
        raise CorruptLog(
            f"Line {number} of session {path.stem} cannot be read; nothing was changed. "
            f"`realtime-chat sessions repair {path.stem}` sets it aside and keeps the rest.",
            id=path.stem,
            line=number,
        ) from error


def _torn(line: bytes) -> bool:
    try:
        envelope_codec.decode(line)
    except ValueError:
        return True
    return False


def _set_aside(path: Path, torn: bytes) -> None:
    number = 1
    while (side := path.with_name(f"{path.name.removesuffix('.jsonl')}.torn-{number}")).exists():
        number += 1
    side.touch(mode=0o600)
    side.write_bytes(torn)


def _nofollow(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _open(path: Path) -> FileIO:
    try:
        return open(path, "ab", buffering=0, opener=_nofollow)
    except OSError as error:
        raise refused(error) from error


def refused(error: OSError) -> LogWriteFailed:
    """A disk or folder that takes nothing."""
    return LogWriteFailed(
        f"The session's log cannot be written ({error.strerror or error}); choose another folder with --data-dir."
    )


def too_new(session_id: str) -> CorruptLog:
    """A log that is not ours to write to."""
    return CorruptLog(
        f"Session {session_id} was written by a newer version of realtime-chat; update to go on with it.",
        kind="newer_schema",
        id=session_id,
    )


def unreadable(path: Path, error: OSError) -> CorruptLog:
    """A log that the system keeps from us."""
    return CorruptLog(
        f"Session {path.stem} cannot be read ({error.strerror or error}).",
        kind="unreadable_log",
        id=path.stem,
    )
