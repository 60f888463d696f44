"""A talk that ends by itself, in the program: its time, a long quiet, its money."""

import asyncio
from pathlib import Path

import pytest

from tests.cli.program import program, started


@pytest.mark.parametrize(
    ("arguments", "setting", "told"),
    [
        (("--max-minutes", "0.01"), "", "The 0.01 minutes of this talk are over."),
        ((), "idle_s = 0.5", "Nothing was said for 0.5 s: the talk ends."),
    ],
)
async def test_line_by_line_a_talk_ends_by_itself_and_says_why(
    tmp_path: Path, arguments: tuple[str, ...], setting: str, told: str
) -> None:
    # T15, T17
    file = tmp_path / "settings.toml"
    file.write_text(f"[limits]\n{setting}\n")
    async with (
        started(tmp_path, "text", "--plain", "--config", str(file), *arguments) as process,
        asyncio.timeout(30),
    ):
        await process.wait()
        assert process.stderr is not None
        lines = (await process.stderr.read()).decode().splitlines()
    assert process.returncode == 0
    assert any(line.startswith(told) for line in lines)


async def test_money_that_nobody_can_count_is_refused_before_the_talk(tmp_path: Path) -> None:
    run = await program(
        tmp_path, "text", "hi", "--max-cost", "1", "--url", "http://127.0.0.1:9/v1", "--model", "unheard-of"
    )
    assert run.code == 2
    (line,) = run.told
    assert line.startswith("error: No price is known for unheard-of, so --max-cost cannot be watched.")


async def test_what_costs_nothing_may_be_limited_too(tmp_path: Path) -> None:
    run = await program(tmp_path, "text", "what is two plus two", "--max-cost", "0.01")
    assert (run.code, run.out) == (0, b"2 plus 2 is 4.\n")
