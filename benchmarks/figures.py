"""What was measured, as rows of one table. Every figure is a ratio to something measured in the same run."""

import gc
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass


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


def interleaved(contestants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each, measured in turns, so that a busy moment of the machine hits all of them.

    What earlier yardsticks left in this process is put out of the collector's sight: it is nobody's cost.
    """
    gc.collect()
    gc.freeze()
    for measure in contestants.values():
        measure()  # what is only slow the first time is nobody's
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            samples[name].append(measure())
    return {name: statistics.median(taken) for name, taken in samples.items()}


def table(figures: list[Figure]) -> str:
    """Markdown."""
    lines = [
        "| yardstick | ours | beside it | ratio to the floor | goal | met |",
        "|---|---|---|---|---|---|",
    ]
    for one in figures:
        beside = " · ".join(
            f"{name}{' (floor)' if name == one.floor else ''} {value:.1f}"
            for name, value in one.beside.items()
        )
        lines.append(
            f"| {one.name}, {one.unit} | {one.ours:.1f} | {beside} | {one.ratio:.2f} | ≤ {one.goal:g} | "
            f"{'yes' if one.met else 'no'} |"
        )
    return "\n".join(lines)
