"""Ways to read a long log, each a process of its own: `python -m benchmarks.readers KIND FILE`."""

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.beside.samples import answer
from realtime_chat.core import envelope_codec
from realtime_chat.core.folding import fold
from realtime_chat.core.store import log

EVENTS = 200_000
#: What is measured is told for so many.
MILLION = 1_000_000
TABLE = "create table events (seq integer primary key, session_id text, ts text, type text, data blob)"


def ours(path: Path) -> object:
    """The history, as a resumed session has it."""
    return fold(log.read(path))


def decoding(path: Path) -> object:
    """Each line into the same types, and forgotten."""
    with open(path, "rb") as file:
        next(file)
        for line in file:
            envelope_codec.decode(line)
    return None


def json_lines(path: Path) -> object:
    """The standard library's way, and forgotten."""
    with open(path, "rb") as file:
        for line in file:
            json.loads(line)
    return None


def all_dicts(path: Path) -> object:
    """All in memory at once."""
    with open(path, "rb") as file:
        return [json.loads(line) for line in file]


def rows(path: Path) -> object:
    """A database's way: rows by their number, the payload decoded, and forgotten."""
    base = sqlite3.connect(path)
    found: Iterable[tuple[int, str, str, str, bytes]] = base.execute("select * from events order by seq")
    for *_, data in found:
        json.loads(data)
    base.close()
    return None


KINDS: dict[str, Callable[[Path], object]] = {
    "ours": ours,
    "decode alone": decoding,
    "sqlite rows": rows,
    "json lines": json_lines,
    "all as dicts": all_dicts,
}


def _status_mb(name: str) -> float:
    """VmRSS is what this process holds now, VmHWM the most that it ever held."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1000
    raise ValueError(name)


def main() -> None:
    """Answer for one kind."""
    work, path = KINDS[sys.argv[1]], Path(sys.argv[2])

    async def seconds() -> float:
        began = time.process_time()
        work(path)
        return (time.process_time() - began) * MILLION / EVENTS

    async def memory() -> float:
        before = _status_mb("VmRSS")
        work(path)
        return (_status_mb("VmHWM") - before) * MILLION / EVENTS

    answer({"seconds": seconds, "memory": memory})


if __name__ == "__main__":
    main()
