"""`make bench`: measure, print the table. `--rounds N` for steadier medians."""

import argparse

from benchmarks import idle_screen, log, many_sessions, server_events, startup, tool_batch, transcript
from benchmarks.figures import table


def main() -> None:
    """Print one table of all yardsticks."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure, in ratios to a floor."
    )
    parser.add_argument("--rounds", type=int, default=7, help="samples of each, taken in turns (default: 7)")
    rounds = parser.parse_args().rounds
    yardsticks = (
        server_events.measure,
        tool_batch.measure,
        startup.version,
        startup.help_text,
        startup.first_frame,
        idle_screen.idle,
        idle_screen.meters,
        idle_screen.memory,
        transcript.delta,
        transcript.resumed,
        log.appending,
        log.folding,
        many_sessions.listing,
        many_sessions.searching,
    )
    print(table([measure(rounds) for measure in yardsticks]))


if __name__ == "__main__":
    main()
