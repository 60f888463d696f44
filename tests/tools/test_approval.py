"""Calls at the door: who waits for a human's word, who does not, and what the word is good for."""

import asyncio
import json
from pathlib import Path

import pytest

from realtime_chat.core.commands import Verdict
from realtime_chat.tools.base import Tool, ToolContext, tool
from realtime_chat.tools.builtin.list_folder import list_folder
from realtime_chat.tools.grants import FILE
from realtime_chat.tools.permission import Policy, read_rule
from realtime_chat.tools.runner import Limits
from tests.tools.kit import Bench, Human, call, kind
from tests.waiting import eventually

ASK = Policy(mode="ask")


class Tools:
    """A tool of each kind, and what they did, in order."""

    def __init__(self) -> None:
        self.did: list[str] = []

    @property
    def all(self) -> list[Tool]:
        @tool(need="write", target="path")
        async def write(path: str, text: str = "") -> str:
            """Write."""
            self.did.append(f"write {path} {text}".strip())
            return "written"

        @tool(need="network", target="url")
        async def get(url: str) -> str:
            """Get."""
            self.did.append(f"get {url}")
            return "got"

        @tool(need="read")
        async def look() -> str:
            """Look."""
            self.did.append("look")
            return "seen"

        return [write, get, look]


def writing(call_id: str, path: str, text: str = ""):
    return call(call_id, "write", json.dumps({"path": path, "text": text}))


async def test_a_risky_call_waits_while_the_others_of_its_batch_run(tmp_path: Path):
    # P18, X14
    tools, human = Tools(), Human()
    bench = Bench(tmp_path, *tools.all, policy=ASK, gate=human)
    run = asyncio.create_task(bench.run(writing("w", "a", "hi"), call("l", "look")))
    await eventually(lambda: tools.did == ["look"])
    await human.says("allow", "w")
    outcomes = await run
    assert tools.did == ["look", "write a hi"]
    assert [(one.call_id, one.ok) for one in outcomes] == [("w", True), ("l", True)]
    (question,) = human.questions
    assert (question.tool, question.arguments) == ("write", {"path": "a", "text": "hi"})
    assert question.reason
    assert '{"path": "a"}' in question.scope


async def test_changing_calls_keep_their_order_behind_one_that_waits(tmp_path: Path):
    # X14
    tools, human = Tools(), Human()
    policy = Policy(mode="ask", allow=(read_rule("write(b)"),))
    bench = Bench(tmp_path, *tools.all, policy=policy, gate=human)
    run = asyncio.create_task(bench.run(writing("1", "b"), writing("2", "a"), writing("3", "b")))
    await human.says("allow", "2")
    await run
    assert tools.did == ["write b", "write a", "write b"]


async def test_a_denial_becomes_the_output_of_its_call(tmp_path: Path):
    # P19
    tools, human = Tools(), Human()
    bench = Bench(tmp_path, *tools.all, policy=ASK, gate=human)
    run = asyncio.create_task(bench.run(writing("w", "a"), call("l", "look")))
    await human.says("deny", "w")
    denied, looked = await run
    assert (kind(denied), denied.ok, looked.ok) == ("permission_denied", False, True)
    told = json.loads(denied.output)
    assert told["kind"] == "permission_denied"
    assert "did not allow" in told["error"]
    assert denied.error is not None
    assert denied.error.details["by"] == "user"
    assert tools.did == ["look"]


async def test_without_anybody_to_ask_a_risky_call_is_denied(tmp_path: Path):
    # P5, P19
    tools = Tools()
    outcome = await Bench(tmp_path, *tools.all, policy=ASK).one("write", '{"path": "a"}')
    assert kind(outcome) == "permission_denied"
    assert outcome.error is not None
    assert outcome.error.details["by"] == "no_asker"
    assert tools.did == []


async def test_auto_asks_nobody_and_tells_nothing(tmp_path: Path):
    # P18: the default of the driver
    tools, human = Tools(), Human()
    bench = Bench(tmp_path, *tools.all, gate=human)
    await bench.run(writing("w", "a"), call("g", "get", '{"url": "x"}'), call("l", "look"))
    assert sorted(tools.did) == ["get x", "look", "write a"]
    assert (human.questions, human.told) == ([], [])


async def test_read_only_denies_without_asking_and_says_so(tmp_path: Path):
    # P18
    tools, human = Tools(), Human()
    bench = Bench(tmp_path, *tools.all, policy=Policy(mode="read-only"), gate=human)
    written, looked = await bench.run(writing("w", "a"), call("l", "look"))
    assert (kind(written), looked.ok, tools.did) == ("permission_denied", True, ["look"])
    assert human.questions == []
    (told,) = human.told
    assert (told.call_id, told.allowed, told.by) == ("w", False, "mode")


async def test_a_call_that_cannot_run_is_not_asked_about(tmp_path: Path):
    human = Human()
    bench = Bench(tmp_path, *Tools().all, policy=ASK, gate=human)
    outcomes = await bench.run(call("1", "write", "{"), call("2", "nothing"), call("3", "write", "{}"))
    assert [kind(one) for one in outcomes] == ["invalid_args", "unknown_tool", "invalid_args"]
    assert human.questions == []


@pytest.mark.parametrize(
    ("verdict", "asked_again"), [("allow", 1), ("allow_session", 0), ("allow_always", 0)]
)
async def test_a_word_is_good_for_the_call_the_session_or_for_good(
    tmp_path: Path, verdict: Verdict, asked_again: int
):
    tools, human = Tools(), Human()
    bench = Bench(tmp_path, *tools.all, policy=ASK, gate=human)
    run = asyncio.create_task(bench.run(writing("1", "a", "hi"), writing("2", "./a", "ho")))
    await human.says(verdict, "1")
    if asked_again:
        await human.says("allow", "2")
    await run
    assert tools.did == ["write a hi", "write ./a ho"]
    assert len(human.questions) == 1 + asked_again
    assert [one.by for one in human.told] == ([] if asked_again else ["grant"])
    assert (tmp_path / "data" / FILE).exists() == (verdict == "allow_always")


async def test_a_grant_for_good_holds_in_the_next_run_of_the_program_and_for_nothing_else(tmp_path: Path):
    human = Human()
    first = Bench(tmp_path, *Tools().all, policy=ASK, gate=human)
    run = asyncio.create_task(first.run(writing("1", "a")))
    await human.says("allow_always", "1")
    await run
    tools = Tools()
    again = Bench(tmp_path, *tools.all, policy=ASK)
    outcomes = await again.run(writing("1", "a"), writing("2", "b"))
    assert [one.ok for one in outcomes] == [True, False]
    assert tools.did == ["write a"]


async def test_a_grant_for_the_session_ends_with_the_run_of_the_program(tmp_path: Path):
    # X25: whoever takes a session up again is asked again
    human = Human()
    first = Bench(tmp_path, *Tools().all, policy=ASK, gate=human)
    run = asyncio.create_task(first.run(writing("1", "a")))
    await human.says("allow_session", "1")
    await run
    tools = Tools()
    outcome = await Bench(tmp_path, *tools.all, policy=ASK).one("write", '{"path": "a"}')
    assert kind(outcome) == "permission_denied"
    assert tools.did == []


async def test_a_grant_that_cannot_be_kept_lets_the_call_run_and_says_so(tmp_path: Path):
    tools, human = Tools(), Human()
    (tmp_path / "data").write_text("no folder")
    bench = Bench(tmp_path, *tools.all, policy=ASK, gate=human)
    run = asyncio.create_task(bench.run(writing("1", "a")))
    await human.says("allow_always", "1")
    await run
    assert tools.did == ["write a"]
    assert "this session only" in bench.progress[0][1]


async def test_waiting_spends_none_of_the_time_of_a_call(tmp_path: Path):
    human = Human()
    bench = Bench(tmp_path, *Tools().all, limits=Limits(deadline_s=1), policy=ASK, gate=human)
    run = asyncio.create_task(bench.run(writing("w", "a")))
    await eventually(lambda: bool(human.questions))
    await bench.clock.advance(3600)
    await human.says("allow", "w")
    (outcome,) = await run
    assert (outcome.ok, outcome.duration_ms) == (True, 0)


async def test_waiting_takes_no_place_from_calls_that_can_run(tmp_path: Path):
    # X11
    tools, human = Tools(), Human()
    bench = Bench(tmp_path, *tools.all, limits=Limits(max_concurrency=1), policy=ASK, gate=human)
    asked = [call(f"g{n}", "get", json.dumps({"url": str(n)})) for n in range(3)]
    run = asyncio.create_task(bench.run(*asked, call("l", "look")))
    await eventually(lambda: tools.did == ["look"])
    for n in range(3):
        assert len(human.questions) <= n + 1, "one question at a time"
        await human.says("allow", f"g{n}")
    assert all(one.ok for one in await run)


async def test_an_interruption_ends_the_waiting_and_a_late_word_starts_nothing(tmp_path: Path):
    # M4, M23, C2, P33: the cancel that comes with the word wins
    tools, human = Tools(), Human()
    bench = Bench(tmp_path, *tools.all, policy=ASK, gate=human)
    run = asyncio.create_task(bench.run(writing("w", "a"), call("g", "get", '{"url": "x"}')))
    await eventually(lambda: bool(human.questions))
    bench.flag.set()
    await human.says("allow", human.questions[0].call_id)
    outcomes = await run
    assert [kind(one) for one in outcomes] == ["aborted", "aborted"]
    assert tools.did == []
    assert len(human.questions) == 1


async def test_a_gate_that_fails_lets_nothing_through(tmp_path: Path):
    class Broken(Human):
        async def ask(self, question: object):
            raise RuntimeError("nobody home")

    tools = Tools()
    outcome = await Bench(tmp_path, *tools.all, policy=ASK, gate=Broken()).one("write", '{"path": "a"}')
    assert (kind(outcome), tools.did) == ("permission_denied", [])


async def test_a_rule_holds_where_a_link_leads(tmp_path: Path):
    work = tmp_path / "work"
    (work / "secret").mkdir(parents=True)
    (work / "notes").symlink_to(work / "secret")
    tools = Tools()
    policy = Policy(deny=(read_rule("write(secret/*)"),))
    bench = Bench(tmp_path, *tools.all, policy=policy)
    for path in ("notes/a", "x/../secret/a", str(work / "notes" / "a"), "SECRET/a"):
        assert kind(await bench.one("write", json.dumps({"path": path}))) == "permission_denied"
    assert tools.did == []


async def test_a_tool_that_says_nothing_of_itself_is_asked_about(tmp_path: Path):
    @tool
    async def secretive(ctx: ToolContext) -> str:
        """Do something."""
        return "done"

    assert kind(await Bench(tmp_path, secretive, policy=ASK).one("secretive")) == "permission_denied"


async def test_a_path_that_is_left_out_is_judged_by_its_usual_place(tmp_path: Path):
    (tmp_path / "work").mkdir()
    policy = Policy(deny=(read_rule("list_folder(secret*)"),))
    bench = Bench(tmp_path, list_folder, policy=policy)
    assert (await bench.one("list_folder")).ok
    denied = Bench(tmp_path, list_folder, policy=Policy(deny=(read_rule("list_folder(.)"),)))
    assert kind(await denied.one("list_folder")) == "permission_denied"
