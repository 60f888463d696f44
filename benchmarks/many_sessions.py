"""10,000 sessions: how long `sessions list` and `sessions search` take once the index is made. Wall time, in ms."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure, interleaved
from realtime_chat.core import events as ev
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.log import create

SESSIONS, TURNS, WORDS = 10_000, 5, 2_000
FLOOR = "no sessions"
ROOT = Path(__file__).parent.parent

#: What looking at each file costs in Python.
STAT = """
import os, sys
for entry in os.scandir(sys.argv[1]):
    if entry.name.endswith(".jsonl"): print(entry.name, entry.stat().st_size)
"""


def listing(rounds: int) -> Figure:
    """Against the same command where there are no sessions."""
    with _folder() as data:
        stat = _wall(sys.executable, "-c", STAT, f"{data}/sessions")
        medians = interleaved({**_ours(data, "list"), "a stat of each": stat}, rounds)
    return _figure("`sessions list`, 10,000 of them", medians)


def searching(rounds: int) -> Figure:
    """Two words that many sessions have, against the same command where there are no sessions."""
    with _folder() as data:
        grep = _wall("grep", "-rlwi", "--include=*.jsonl", "w77", f"{data}/sessions")
        medians = interleaved({**_ours(data, "search", "w7", "w77"), "grep for one word": grep}, rounds)
    return _figure("`sessions search`, 10,000 of them", medians)


def _ours(data: str, *arguments: str) -> dict[str, Callable[[], float]]:
    command = (sys.executable, "-m", "realtime_chat", "sessions", *arguments, "--data-dir")
    return {"ours": _wall(*command, data), FLOOR: _wall(*command, f"{data}/none")}


@contextmanager
def _folder() -> Generator[str]:
    """The data folder, indexed."""
    with tempfile.TemporaryDirectory() as data:
        sessions = Path(data) / "sessions"
        sessions.mkdir(mode=0o700)
        chance = random.Random(1)
        mould = _mould(Path(data))
        for number in range(SESSIONS):
            name = f"20260101T{number:06d}-abcdef"
            (sessions / f"{name}.jsonl").write_bytes(chance.choice(mould).replace(b"MOULD", name.encode()))
        SessionStore(sessions, SystemClock()).summaries()
        yield data


def _mould(folder: Path) -> list[bytes]:
    """A hundred logs, each of a few turns; what is said is drawn as words are used: few often, most rarely."""
    chance = random.Random(2)
    logs: list[bytes] = []
    for _ in range(100):
        file = folder / "MOULD.jsonl"
        create(file, "MOULD", [("2026-01-01T09:00:00+00:00", event) for event in _talk(chance)])
        logs.append(file.read_bytes())
        file.unlink()
    return logs


def _talk(chance: random.Random) -> list[ev.Event]:
    events: list[ev.Event] = [ev.SessionStarted(provider="local", model="m")]
    for number in range(TURNS):
        turn = f"t{number}"
        events += [
            ev.TurnStarted(turn_id=turn, source="typed"),
            ev.UserMessage(turn_id=turn, item_id=f"u{number}", source="typed", text=_words(chance, 10)),
            ev.AssistantMessage(turn_id=turn, response_id="r", item_id=f"a{number}", text=_words(chance, 40)),
            ev.TurnCompleted(turn_id=turn),
        ]
    return events


def _words(chance: random.Random, count: int) -> str:
    return " ".join(f"w{int(chance.paretovariate(0.5)) % WORDS}" for _ in range(count))


def _wall(*command: str) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return (time.perf_counter() - began) * 1000

    return run


def _figure(name: str, medians: dict[str, float]) -> Figure:
    return Figure(name=name, unit="ms", ours=medians.pop("ours"), beside=medians, floor=FLOOR, goal=2.0)
