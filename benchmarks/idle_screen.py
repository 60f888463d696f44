"""What a screen costs while nothing happens: CPU, percent of a core, and memory, in MB. All of them stand side by side,
each on a terminal of its own, and are looked at in the same moments.
"""

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from benchmarks.blast import blasting
from benchmarks.figures import Figure, NotMeasured
from benchmarks.peers import programs
from benchmarks.startup import OURS_SHOWS, ours_on_screen
from benchmarks.terminal import Program, temporary_home

FLOOR = "bare Textual"
#: What a talk needs at least: a line to type in, and one to read.
BARE_TEXTUAL = """
from textual.app import App
from textual.widgets import Static, TextArea
class Bare(App):
    def compose(self):
        yield Static("hello, world")
        yield TextArea()
Bare().run()
"""
SECONDS = 4.0
#: After all of them stand: what a program does once it stands is not what it costs to stand.
WARM_S = 4.0


def idle(rounds: int, *, full: bool = False) -> list[Figure]:
    """Both figures, of the same run."""
    commands: dict[str, Callable[[], Sequence[str]]] = {
        FLOOR: lambda: [sys.executable, "-c", BARE_TEXTUAL],
        **{one.name: one.command for one in programs(full=full) if one.stands},
    }
    shows = {one.name: one.shows for one in programs(full=full)} | {FLOOR: "hello, world", "ours": OURS_SHOWS}
    with blasting() as port, temporary_home() as home:
        commands["ours"] = lambda: ours_on_screen(port)
        cpu, memory = standing(commands, shows, Path(home), rounds)
    return [
        _figure("idle screen, CPU", "%", cpu, goal=2.5),
        _figure("idle screen, memory", "MB", memory, goal=1.9),
    ]


def _figure(name: str, unit: str, medians: dict[str, float], *, goal: float) -> Figure:
    return Figure(name=name, unit=unit, ours=medians.pop("ours"), beside=medians, floor=FLOOR, goal=goal)


def standing(
    commands: Mapping[str, Callable[[], Sequence[str]]], shows: Mapping[str, str], home: Path, rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """CPU, percent, and memory, MB: of each the median of so many looks, SECONDS apart."""
    with ExitStack() as stack:
        running: dict[str, Program] = {}
        for name, command in commands.items():
            try:
                program = stack.enter_context(Program(command(), home))
                program.shown_ms(shows[name], 60)
                running[name] = program
            except NotMeasured as why:
                print(f"not measured: {name}: {why}", file=sys.stderr)
        time.sleep(WARM_S)
        looks = [_look(running)]
        for _ in range(rounds):
            time.sleep(SECONDS)
            looks.append(_look(running))
    cpu = {
        name: statistics.median(
            100 * (later[name][1] - before[name][1]) / (later[name][0] - before[name][0])
            for before, later in pairwise(looks)
        )
        for name in running
    }
    return cpu, {name: statistics.median(look[name][2] for look in looks) for name in running}


def _look(running: Mapping[str, Program]) -> dict[str, tuple[float, float, float]]:
    return {name: (time.monotonic(), one.cpu_s, one.memory_mb) for name, one in running.items()}
