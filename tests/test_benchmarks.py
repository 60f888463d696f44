"""The measurements still run, and their arithmetic is right. How fast anything is, is not asserted."""

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not beside the tests")

from benchmarks import server_events
from benchmarks.figures import Figure, interleaved, table


def test_samples_are_taken_in_turns_and_their_median_counts() -> None:
    order: list[str] = []
    values = {"a": iter([9.0, 1.0, 5.0, 3.0]), "b": iter([0.0, 2.0, 2.0, 2.0])}

    def measure(name: str) -> float:
        order.append(name)
        return next(values[name])

    medians = interleaved({"a": lambda: measure("a"), "b": lambda: measure("b")}, 3)
    assert order == ["a", "b"] * 4  # the first round is warming up
    assert medians == {"a": 3.0, "b": 2.0}


def test_a_figure_is_a_ratio_to_its_floor() -> None:
    figure = Figure(
        name="x", unit="ms", ours=30.0, beside={"floor": 20.0, "peer": 90.0}, floor="floor", goal=1.4
    )
    assert (figure.ratio, figure.met) == (1.5, False)
    assert "| x, ms | 30.0 | floor (floor) 20.0 · peer 90.0 | 1.50 | ≤ 1.4 | no |" in table([figure])


def test_the_blast_goes_through_a_whole_session() -> None:
    assert server_events.measure(1).ours > 0
