"""What the model gets to read of a result."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.tools.base import tool
from realtime_chat.tools.outcomes import OUTPUT_BYTES, bounded
from tests.tools.kit import Bench


@dataclass
class Place:
    name: str


async def result_of(folder: Path, value: Any):
    async def give() -> Any:
        """Give it."""
        return value

    return await Bench(folder, tool(give)).one("give")


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ("as it is", "as it is"),
        ("", ""),
        (None, "null"),
        (84, "84"),
        (10**300, "1" + "0" * 300),
        ({"city": "Köln", "n": [1, 2.5, True]}, '{"city": "Köln", "n": [1, 2.5, true]}'),
        (Place("Ulm"), '{"name": "Ulm"}'),
        ([datetime(2026, 1, 2, tzinfo=UTC)], '["2026-01-02T00:00:00Z"]'),
        ("half \ud800 a pair", "half ? a pair"),
    ],
)
async def test_a_text_is_given_as_it_is_and_everything_else_as_json(tmp_path: Path, value: Any, output: str):
    # M25
    outcome = await result_of(tmp_path, value)
    assert (outcome.ok, outcome.output) == (True, output)


def circle() -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


@pytest.mark.parametrize("make", [object, circle, lambda: float("nan"), lambda: {(1, 2): 3}])
async def test_a_result_that_cannot_be_written_down_is_said_to_be_so(tmp_path: Path, make: Callable[[], Any]):
    # M25
    outcome = await result_of(tmp_path, make())
    told = json.loads(outcome.output)
    assert not outcome.ok
    assert told["error"] == "serialisation_failed"
    assert told["detail"]
    assert outcome.error is not None
    assert outcome.error.kind == "serialisation_failed"


async def test_a_huge_result_is_cut_and_says_so(tmp_path: Path):
    outcome = await result_of(tmp_path, "é" * 5_000_000)
    assert outcome.ok
    assert len(outcome.output.encode()) <= OUTPUT_BYTES
    assert outcome.output.startswith("éé")
    assert outcome.output.endswith("[cut: the whole is 10000000 bytes; ask for less]")


async def test_a_huge_error_is_one_short_line(tmp_path: Path):
    @tool
    def fail() -> None:
        """Fail at length."""
        raise ValueError("no\n" * 1_000_000 + "\ud800")

    outcome = await Bench(tmp_path, fail).one("fail")
    message = json.loads(outcome.output)["error"]
    assert len(message) <= 1000
    assert "\n" not in message


async def test_an_error_that_cannot_be_told_is_named(tmp_path: Path):
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    @tool
    async def fail() -> None:
        """Fail without a word."""
        raise Mute

    assert json.loads((await Bench(tmp_path, fail).one("fail")).output) == {"error": "Mute"}


@given(text=st.text(), limit=st.integers(80, 200))
def test_cutting_keeps_whole_characters_and_the_bound(text: str, limit: int):
    long = text * 60
    cut = bounded(long, limit)
    assert len(cut.encode("utf-8")) <= limit
    whole = long.encode("utf-8")
    if len(whole) <= limit:
        assert cut == long
    else:
        assert long.startswith(cut.rsplit("\n[cut: ", 1)[0])
