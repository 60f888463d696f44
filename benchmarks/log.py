"""The log: what one durable event costs to append, and a long history to fold. CPU time."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.figures import Figure, interleaved
from realtime_chat.core import envelope_codec
from realtime_chat.core import events as ev
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.events import Envelope
from realtime_chat.core.folding import fold
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.log import SessionLog

APPENDS, TURNS = 20_000, 10_000
SAID = "A sentence as it is said, of about the usual length."


def appending(rounds: int) -> Figure:
    """Stamp, encode, write to the system; against the writing alone."""
    with tempfile.TemporaryDirectory() as folder:
        event = ev.AssistantMessage(turn_id="t1", response_id="r1", item_id="i1", text=SAID)
        number = iter(range(1_000_000))

        def ours() -> float:
            log = SessionLog(Path(folder) / f"{next(number)}.jsonl", "s1", SystemClock())
            began = time.process_time()
            for _ in range(APPENDS):
                log.append(event)
            spent = time.process_time() - began
            log.close()
            return spent / APPENDS * 1e6

        line = bytes(len(_lines(Path(folder), [event])[1]))

        def bare() -> float:
            with open(Path(folder) / f"{next(number)}.bare", "ab", buffering=0) as file:
                began = time.process_time()
                for _ in range(APPENDS):
                    file.write(line)
                return (time.process_time() - began) / APPENDS * 1e6

        medians = interleaved({"ours": ours, "a write of the line": bare}, rounds)
    return Figure(
        name="append one durable event",
        unit="µs",
        ours=medians.pop("ours"),
        beside=medians,
        floor="a write of the line",
        goal=4.0,
    )


def folding(rounds: int) -> Figure:
    """A session of 10,000 turns, read and folded; against decoding its lines one by one into the same types."""
    with tempfile.TemporaryDirectory() as folder:
        store = SessionStore(Path(folder), SystemClock())
        events = [event for number in range(TURNS) for event in _turn(number)]
        lines = _lines(Path(folder), events)[1:]
        per_million = 1e6 / len(lines)

        def cpu(work: Callable[[], object]) -> Callable[[], float]:
            def run() -> float:
                began = time.process_time()
                work()
                return (time.process_time() - began) * per_million

            return run

        def loads() -> None:
            for line in lines:
                msgspec.json.decode(line)

        def decodes() -> None:
            for line in lines:
                envelope_codec.decode(line)

        def folds() -> Envelope | None:
            fold(store.read("one"))
            return None

        medians = interleaved(
            {"ours": cpu(folds), "decode into the same types": cpu(decodes), "decode into dicts": cpu(loads)},
            rounds,
        )
    return Figure(
        name="fold 1,000,000 events",
        unit="s",
        ours=medians.pop("ours"),
        beside=medians,
        floor="decode into the same types",
        goal=3.0,
    )


def _turn(number: int) -> list[ev.Event]:
    turn = f"t{number}"
    return [
        ev.TurnStarted(turn_id=turn, source="typed"),
        ev.UserMessage(turn_id=turn, item_id=f"u{number}", source="typed", text=SAID),
        ev.AssistantMessage(turn_id=turn, response_id=f"r{number}", item_id=f"a{number}", text=SAID),
        ev.TurnCompleted(turn_id=turn),
    ]


def _lines(folder: Path, events: list[ev.Event]) -> list[bytes]:
    log = SessionLog(folder / "one.jsonl", "one", SystemClock())
    for event in events:
        log.append(event)
    log.close()
    return (folder / "one.jsonl").read_bytes().splitlines(keepends=True)
