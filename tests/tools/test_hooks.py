"""Programs of the user's own before and after tool calls."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from realtime_chat.tools.base import Tool, tool
from realtime_chat.tools.hooks import Hooks
from realtime_chat.tools.permission import Policy
from tests.tools.kit import Bench, Human, call, kind
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the hooks of these tests are lines of shell")


def sh(line: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", line)


class Tools:
    """One that changes, one that reads, and what they did."""

    def __init__(self) -> None:
        self.did: list[str] = []

    @property
    def all(self) -> list[Tool]:
        @tool(need="write", target="path")
        async def write(path: str) -> str:
            """Write."""
            self.did.append(f"write {path}")
            return "written"

        @tool(need="read")
        async def look() -> str:
            """Look."""
            self.did.append("look")
            return "seen"

        return [write, look]


def bench(
    folder: Path, tools: Tools, hooks: Hooks, *, policy: Policy | None = None, human: Human | None = None
) -> Bench:
    (folder / "work").mkdir()
    return Bench(folder, *tools.all, hooks=hooks, policy=policy, gate=human)


@pytest.mark.parametrize(
    ("line", "denied", "halts"),
    [
        ("cat > /dev/null; echo fine", None, False),
        ("exit 0", None, False),
        ("echo thinking; echo not on Sundays; exit 2", "not on Sundays", False),
        ("echo not on Sundays >&2; exit 2", "not on Sundays", False),
        ("echo enough; exit 3", "enough", True),
        ("printf 'red \\033[31m'; exit 2", "red \u241b[31m", False),
        ("exit 2", "look was not allowed.", False),
        ("echo oops; exit 1", "hook sh failed", False),
        ("kill -9 $$", "hook sh failed", False),
        ("head -c 5000000 /dev/zero | tr '\\0' x; exit 2", "xxx…", False),
    ],
)
async def test_the_exit_code_decides_and_the_last_line_is_the_reason(
    tmp_path: Path, line: str, denied: str | None, halts: bool
):
    # X19, X18
    tools, human = Tools(), Human()
    outcome = await bench(tmp_path, tools, Hooks(pre_tool_use=(sh(line),)), human=human).one("look")
    assert tools.did == ([] if denied else ["look"])
    assert (outcome.ok, outcome.halt) == (denied is None, halts)
    if denied:
        assert outcome.error is not None
        assert (outcome.error.kind, outcome.error.details["by"]) == ("permission_denied", "hook")
        assert denied in outcome.error.message
        assert len(outcome.error.message) < 500
    assert [(one.allowed, one.by) for one in human.told] == ([(False, "hook")] if denied else [])


async def test_a_program_that_is_not_there_lets_nothing_through(tmp_path: Path):
    # X19
    tools = Tools()
    outcome = await bench(tmp_path, tools, Hooks(pre_tool_use=(("./no-such-check",),))).one("look")
    assert kind(outcome) == "permission_denied"
    assert "no-such-check" in outcome.output
    assert tools.did == []


async def test_a_program_that_takes_too_long_is_killed_and_lets_nothing_through(tmp_path: Path):
    # X19
    tools = Tools()
    table = bench(tmp_path, tools, Hooks(pre_tool_use=(sh("touch began; sleep 1000"),), timeout_s=7))
    run = asyncio.create_task(table.one("look"))
    await eventually((tmp_path / "work" / "began").exists)
    await table.clock.advance(7)
    assert "within 7 s" in (await run).output
    assert tools.did == []


async def test_an_interruption_does_not_wait_for_a_program(tmp_path: Path):
    # X19, M23
    tools = Tools()
    table = bench(tmp_path, tools, Hooks(pre_tool_use=(sh("touch began; sleep 1000"),)))
    run = asyncio.create_task(table.one("look"))
    await eventually((tmp_path / "work" / "began").exists)
    table.flag.set()
    assert kind(await run) == "aborted"
    assert tools.did == []


async def test_the_programs_read_the_call_and_afterwards_how_it_ended(tmp_path: Path):
    # X19
    hooks = Hooks(pre_tool_use=(sh("cat > before"),), post_tool_use=(sh("cat > after"),))
    outcome = await bench(tmp_path, Tools(), hooks).one("write", '{"path": "a b"}')
    assert outcome.ok
    before, after = (json.loads((tmp_path / "work" / name).read_text()) for name in ("before", "after"))
    told = {"call_id": "only", "tool": "write", "need": "write", "arguments": {"path": "a b"}}
    assert before == {"hook": "pre_tool_use", **told}
    assert after == {"hook": "post_tool_use", **told, "ok": True, "output": "written"}


async def test_the_first_no_counts_and_the_human_is_not_asked_for_nothing(tmp_path: Path):
    # X19, X18, P19
    tools, human = Tools(), Human()
    hooks = Hooks(pre_tool_use=(sh("exit 0"), sh("echo no; exit 2"), sh("touch third")))
    table = bench(tmp_path, tools, hooks, policy=Policy(mode="ask"), human=human)
    assert kind(await table.one("write", '{"path": "a"}')) == "permission_denied"
    assert human.questions == []
    assert not (tmp_path / "work" / "third").exists()


async def test_a_yes_of_a_program_is_no_leave(tmp_path: Path):
    # X19, P19
    tools = Tools()
    table = bench(tmp_path, tools, Hooks(pre_tool_use=(sh("exit 0"),)), policy=Policy(mode="ask"))
    assert kind(await table.one("write", '{"path": "a"}')) == "permission_denied"
    assert tools.did == []


@pytest.mark.parametrize("line", ["exit 2", "exit 1", "kill -9 $$"])
async def test_after_a_call_nothing_but_a_halt_counts(tmp_path: Path, line: str):
    # X19
    outcome = await bench(tmp_path, Tools(), Hooks(post_tool_use=(sh(line),))).one("look")
    assert (outcome.ok, outcome.output, outcome.halt) == (True, "seen", False)


async def test_a_halt_after_a_call_keeps_its_result_and_stops_what_follows(tmp_path: Path):
    # X19
    tools = Tools()
    table = bench(tmp_path, tools, Hooks(post_tool_use=(sh("echo enough; exit 3"),)))
    first, second = await table.run(call("1", "write", '{"path": "a"}'), call("2", "write", '{"path": "b"}'))
    assert tools.did == ["write a"]
    assert (first.ok, first.halt, first.output) == (True, True, "written")
    assert (second.ok, kind(second)) == (False, "permission_denied")
    assert "enough" in second.output
