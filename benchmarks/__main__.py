"""`make bench`: measure, print the table. `--full` is `make bench-full`; `--rounds N` for steadier medians."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from benchmarks import (
    idle_screen,
    log,
    many_sessions,
    meters,
    server_events,
    silence,
    startup,
    talking,
    tool_batch,
    transcript,
    uplink,
)
from benchmarks.figures import HEAD, Figure, NotMeasured, row

Measure: TypeAlias = Callable[[int], Figure | Sequence[Figure]]
QUICK, FULL = 5, 9


def yardsticks(*, full: bool) -> dict[str, Measure]:
    """All of them, in the order of the table."""
    always: dict[str, Measure] = {
        "server events": server_events.measure,
        "uplink": uplink.measure,
        "silence": silence.measure,
        "version": partial(startup.version, full=full),
        "help": partial(startup.help_text, full=full),
        "first frame": partial(startup.first_frame, full=full),
        "transcript": partial(transcript.transcript, full=full),
        "resumed": transcript.resumed,
        "append": log.appending,
        "fold": log.folding,
        "idle": partial(idle_screen.idle, full=full),
        "meters": meters.meters,
        "tools": tool_batch.measure,
    }
    long: dict[str, Measure] = {
        "sessions list": many_sessions.listing,
        "sessions search": many_sessions.searching,
        "talking": talking.measure,
    }
    return always | (long if full else {})


def main() -> None:
    """Print one table of all yardsticks, or of those that are named, row by row; stderr tells what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure, in ratios to a floor, with peers beside us."
    )
    parser.add_argument("--full", action="store_true", help="everything, with the heavy peers")
    parser.add_argument("--rounds", type=int, help=f"samples of each, taken in turns ({QUICK}; full: {FULL})")
    parser.add_argument("only", nargs="*", help=f"some of: {', '.join(yardsticks(full=True))}")
    asked = parser.parse_args()
    wanted = yardsticks(full=asked.full or bool(asked.only))
    if unknown := [name for name in asked.only if name not in wanted]:
        parser.error(f"there is no {unknown[0]!r}")
    signal.signal(signal.SIGTERM, _terminated)
    print(HEAD, flush=True)
    for name in asked.only or wanted:
        for figure in _measured(name, wanted[name], asked.rounds or (FULL if asked.full else QUICK)):
            print(row(figure), flush=True)


def _terminated(*_: object) -> None:
    sys.exit(143)  # so that what stands on other terminals ends with us


def _measured(name: str, measure: Measure, rounds: int) -> Sequence[Figure]:
    try:
        found = measure(rounds)
    except NotMeasured as why:
        print(f"not measured: {name}: {why}", file=sys.stderr)
        return ()
    return [found] if isinstance(found, Figure) else found


if __name__ == "__main__":
    main()
