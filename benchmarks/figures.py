"""What was measured, as rows of one table. Every figure is a ratio to something measured in the same run."""

import gc
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

_Name = TypeVar("_Name", str, tuple[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One yardstick: ours against what stands beside it, and the ratio that we want to stay below."""

    name: str
    unit: str
    ours: float
    beside: Mapping[str, float]
    floor: str
    goal: float

    @property
    def ratio(self) -> float:
        """Ours by the floor."""
        return self.ours / self.beside[self.floor]

    @property
    def met(self) -> bool:
        """Whether the goal holds in this run."""
        return self.ratio <= self.goal


class NotMeasured(Exception):
    """A peer that cannot be measured here, and why."""


def interleaved(contestants: Mapping[_Name, Callable[[], float]], rounds: int) -> dict[_Name, float]:
    """The median of each, measured in turns, so that a busy moment of the machine hits all of them.

    What earlier yardsticks left in this process is put out of the collector's sight: it is nobody's cost.
    """
    gc.collect()
    gc.freeze()
    samples: dict[_Name, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name in list(samples):
            try:
                samples[name].append(contestants[name]())
            except NotMeasured as why:
                if name == "ours":
                    raise
                print(f"not measured: {name}: {why}", file=sys.stderr)
                del samples[name]
    # What is only slow the first time is nobody's; where there was no other, it is the figure.
    return {name: statistics.median(taken[1:] or taken) for name, taken in samples.items()}


HEAD = """\
| yardstick | ours | beside it | ratio to the floor | goal | met |
|---|---|---|---|---|---|"""


def row(one: Figure) -> str:
    """A line of Markdown under HEAD."""
    beside = " · ".join(
        f"{name}{' (floor)' if name == one.floor else ''} {value:.1f}" for name, value in one.beside.items()
    )
    return (
        f"| {one.name}, {one.unit} | {one.ours:.1f} | {beside} | {one.ratio:.2f} | ≤ {one.goal:g} | "
        f"{'yes' if one.met else 'no'} |"
    )
