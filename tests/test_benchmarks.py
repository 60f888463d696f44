"""The measurements still run, and their arithmetic is right. How fast anything is, is not asserted."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not beside the tests")

from benchmarks import server_events, uplink
from benchmarks.contestant import Contestant
from benchmarks.figures import Figure, NotMeasured, interleaved, row
from benchmarks.peers import peers
from benchmarks.wire import PROGRAMS


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
    assert "| x, ms | 30.0 | floor (floor) 20.0 · peer 90.0 | 1.50 | ≤ 1.4 | no |" in row(figure)


def test_a_peer_that_cannot_be_measured_is_one_line_and_keeps_nobody_from_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def missing() -> float:
        raise NotMeasured("it could not be installed")

    assert interleaved({"ours": lambda: 1.0, "peer": missing}, 2) == {"ours": 1.0}
    assert capsys.readouterr().err == "not measured: peer: it could not be installed\n"


def test_every_peer_is_pinned() -> None:
    known = peers()
    assert known
    assert [one for peer in known.values() for one in peer.install if "==" not in one] == []
    assert {peer for peer, _ in PROGRAMS.values()} <= set(known)


ANSWERING = """
from benchmarks.beside.samples import answer
async def one(): print("noise"); return 1.5
async def dies(): raise SystemExit("it fell over")
answer({"one": one, "dies": dies})
"""


def test_a_contestant_answers_until_it_ends_and_says_why_it_did() -> None:
    with Contestant(lambda: [sys.executable, "-c", ANSWERING]) as contestant:
        assert contestant.sample("one")() == contestant.sample("one")() == 1.5
        for _ in range(2):
            with pytest.raises(NotMeasured, match="it fell over"):
                contestant.sample("dies")()


def test_a_contestant_that_is_too_slow_is_not_asked_again() -> None:
    with Contestant(lambda: [sys.executable, "-c", "input(); input()"], within_s=0.0) as contestant:
        for _ in range(2):
            with pytest.raises(NotMeasured, match="no figure within"):
                contestant.sample("one")()


def test_a_program_on_a_terminal_shows_its_text_through_colours(tmp_path: Path) -> None:
    terminal = pytest.importorskip("benchmarks.terminal", reason="there are no pseudo terminals here")
    drawing = "print('\\x1b[1mhel\\x1b[0mlo', flush=True); input()"
    with terminal.Program([sys.executable, "-c", drawing], tmp_path) as program:
        assert program.shown_ms("hello", 10) > 0
        with pytest.raises(NotMeasured, match="goodbye"):
            program.shown_ms("goodbye", 0)


@pytest.mark.parametrize("measure", [server_events.measure, uplink.measure])
def test_the_blast_goes_through_a_whole_session(measure: Callable[..., Figure]) -> None:
    figure = measure(1, with_peers=False)
    assert figure.ours > 0
    assert figure.floor in figure.beside
