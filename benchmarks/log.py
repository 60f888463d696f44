"""The log: what one durable event costs to append, and a long history to fold. CPU time, and memory."""

import itertools
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.contestant import Contestant
from benchmarks.figures import Figure, interleaved
from benchmarks.readers import EVENTS, KINDS, MILLION, TABLE
from realtime_chat.core import events as ev
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.store.log import SessionLog

APPENDS = 10_000
SAID = "A sentence as it is said, of about the usual length."
FLOOR = "stamp, encode, write"
EVENT = ev.AssistantMessage(turn_id="t1", response_id="r1", item_id="i1", text=SAID)


def appending(rounds: int) -> Figure:
    """Stamp, encode, write to the system; against the same with nothing kept in mind, and a database's way."""
    with tempfile.TemporaryDirectory() as folder, database(Path(folder) / "beside.db") as base:
        number, encode = itertools.count(), msgspec.json.Encoder().encode

        def ours() -> float:
            log = SessionLog(Path(folder) / f"{next(number)}.jsonl", "s1", SystemClock())
            spent = _cpu_us(lambda: log.append(EVENT))
            log.close()
            return spent

        def bare() -> float:
            with open(Path(folder) / f"{next(number)}.bare", "ab", buffering=0) as file:

                def append() -> None:
                    ts = datetime.now(UTC).isoformat()
                    line = {"id": "e-1", "session_id": "s1", "seq": 1, "ts": ts, "type": "a", "data": EVENT}
                    file.write(encode(line) + b"\n")

                return _cpu_us(append)

        def rows() -> float:
            def append() -> None:
                row = (next(number), "s1", "assistant_message", msgspec.json.encode(EVENT))
                base.execute("insert into events values (?, ?, '', ?, ?)", row)
                base.commit()

            return _cpu_us(append)

        medians = interleaved({"ours": ours, FLOOR: bare, "sqlite row, WAL": rows}, rounds)
    return _figure("append one durable event", "µs", medians, FLOOR, goal=2.2)


def _cpu_us(append: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(APPENDS):
        append()
    return (time.process_time() - began) / APPENDS * 1e6


@contextmanager
def database(path: Path) -> Generator[sqlite3.Connection]:
    """As a program would have it that commits each event."""
    base = sqlite3.connect(path)
    base.execute("pragma journal_mode = wal")
    base.execute("pragma synchronous = normal")
    base.execute(TABLE)
    try:
        yield base
    finally:
        base.close()


def folding(rounds: int) -> list[Figure]:
    """A long session, read and folded, time and memory; each kind of reader in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        log, rows = Path(folder) / "one.jsonl", Path(folder) / "one.db"
        _written(log, rows)
        readers = {
            kind: stack.enter_context(_reader(kind, rows if kind == "sqlite rows" else log)) for kind in KINDS
        }
        memory = interleaved({kind: one.sample("memory") for kind, one in readers.items()}, 0)
        seconds = interleaved({kind: one.sample("seconds") for kind, one in readers.items()}, rounds)
    return [
        _figure(f"fold {MILLION:,} events", "s", seconds, "decode alone", goal=1.56),
        _figure(f"fold {MILLION:,} events, memory", "MB", memory, "all as dicts", goal=0.06),
    ]


def _figure(name: str, unit: str, medians: dict[str, float], floor: str, *, goal: float) -> Figure:
    return Figure(name=name, unit=unit, ours=medians.pop("ours"), beside=medians, floor=floor, goal=goal)


def _reader(kind: str, file: Path) -> Contestant:
    command = [sys.executable, "-m", "benchmarks.readers", kind, str(file)]
    return Contestant(lambda: command)


def _written(path: Path, rows: Path) -> None:
    """The same events as a log and as rows."""
    log = SessionLog(path, "one", SystemClock())
    for number in range(EVENTS // 4):
        for event in _turn(number):
            log.append(event)
    log.close()
    lines = path.read_bytes().splitlines()[1:]
    with database(rows) as base:
        for line in map(msgspec.json.decode, lines):
            row = (
                line["seq"],
                line["session_id"],
                line["ts"],
                line["type"],
                msgspec.json.encode(line["data"]),
            )
            base.execute("insert into events values (?, ?, ?, ?, ?)", row)
        base.commit()


def _turn(number: int) -> list[ev.Event]:
    turn = f"t{number}"
    return [
        ev.TurnStarted(turn_id=turn, source="typed"),
        ev.UserMessage(turn_id=turn, item_id=f"u{number}", source="typed", text=SAID),
        ev.AssistantMessage(turn_id=turn, response_id=f"r{number}", item_id=f"a{number}", text=SAID),
        ev.TurnCompleted(turn_id=turn),
    ]
