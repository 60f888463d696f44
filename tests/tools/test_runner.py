"""Batches: order, concurrency, deadlines, interruption. Time is virtual; concurrency is proven by meeting."""

import asyncio
import json
import sys
import threading
from pathlib import Path

import pytest

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.runner import Limits
from realtime_chat.tools.workers import MAX_THREADS
from tests.tools.kit import Bench, call, ids, kind, sleeper
from tests.waiting import eventually


async def test_an_empty_batch_has_no_outcomes(tmp_path: Path):
    # M22
    assert await Bench(tmp_path).run() == []


@pytest.mark.parametrize("limits", [{"max_concurrency": 0}, {"deadline_s": 0}, {"grace_s": -1}])
def test_limits_that_make_no_sense_are_rejected(limits: dict[str, int]):
    # M22
    with pytest.raises(InvalidArguments):
        Limits(**limits)


async def test_outcomes_come_in_call_order_and_are_told_as_they_end(tmp_path: Path):
    # M22, M23
    bench = Bench(tmp_path, sleeper())
    calls = [call(f"c{s}", "wait", json.dumps({"seconds": s})) for s in (3, 1, 2)]
    run = asyncio.create_task(bench.run(*calls))
    await bench.clock.advance(3)
    outcomes = await run
    assert ids(outcomes) == ["c3", "c1", "c2"]
    assert ids(bench.ended) == ["c1", "c2", "c3"]
    assert [outcome.duration_ms for outcome in outcomes] == [3000, 1000, 2000]
    assert all(outcome.ok for outcome in outcomes)


@pytest.mark.parametrize(("bound", "together"), [(None, 4), (2, 2), (1, 1)])
async def test_no_more_than_the_bound_run_side_by_side(tmp_path: Path, bound: int | None, together: int):
    # M22, X11, X14
    running: list[int] = [0]
    seen: list[int] = []

    @tool
    async def meet(ctx: ToolContext) -> None:
        """Meet the others."""
        running[0] += 1
        seen.append(running[0])
        await ctx.clock.sleep(1)
        running[0] -= 1

    bench = Bench(tmp_path, meet, limits=Limits() if bound is None else Limits(max_concurrency=bound))
    run = asyncio.create_task(bench.run(*[call(f"c{n}", "meet") for n in range(6)]))
    await bench.clock.advance(6)
    assert len(await run) == 6
    assert max(seen) == together


async def test_sync_tools_run_in_threads_side_by_side_while_the_loop_goes_on(tmp_path: Path):
    # M24
    barrier = threading.Barrier(3, timeout=5)

    @tool
    def meet() -> str:
        """Meet the others."""
        barrier.wait()
        return threading.current_thread().name

    bench = Bench(tmp_path, meet)
    run = asyncio.create_task(bench.run(call("a", "meet"), call("b", "meet")))
    # Neither can end before the loop itself has got this far and lets them go.
    await eventually(lambda: barrier.n_waiting == 2)
    assert not run.done()
    await asyncio.to_thread(barrier.wait)
    assert [outcome.output for outcome in await run] == ["tool-meet", "tool-meet"]


async def test_changing_tools_run_first_and_one_by_one_in_the_order_of_their_calls(tmp_path: Path):
    # X14, check 22
    log: list[str] = []

    async def act(name: str, ctx: ToolContext) -> None:
        """Act."""
        log.append(f"{name} begins")
        await ctx.clock.sleep(1)
        log.append(f"{name} ends")

    look, change = tool(name="look", need="read")(act), tool(name="change", need="write")(act)
    bench = Bench(tmp_path, look, change)
    calls = [
        call(name, which, json.dumps({"name": name}))
        for name, which in (("l1", "look"), ("c1", "change"), ("l2", "look"), ("c2", "change"))
    ]
    run = asyncio.create_task(bench.run(*calls))
    await bench.clock.advance(3)
    assert ids(await run) == ["l1", "c1", "l2", "c2"]
    assert log[:4] == ["c1 begins", "c1 ends", "c2 begins", "c2 ends"]
    assert log[4:] == ["l1 begins", "l2 begins", "l1 ends", "l2 ends"]


async def test_a_raising_tool_is_answered_with_its_message_and_the_others_go_on(tmp_path: Path):
    # M23, M25, X15, X16
    @tool
    def fail() -> None:
        """Fail in a thread."""
        raise ValueError("no\nluck")

    @tool
    async def fail_async() -> None:
        """Fail on the loop."""
        raise KeyError

    @tool
    def leave() -> None:
        """Try to end the program."""
        sys.exit(3)

    @tool
    async def leave_async() -> None:
        """Try to end the program."""
        raise SystemExit("bye")

    @tool
    async def cancel_itself() -> None:
        """Behave as if cancelled."""
        raise asyncio.CancelledError

    @tool
    def refuse() -> None:
        """Refuse with an error of the house."""
        raise InvalidArguments("Give me more.", more=2)

    @tool
    def work() -> str:
        """Work."""
        return "fine"

    bench = Bench(tmp_path, fail, fail_async, leave, leave_async, cancel_itself, refuse, work)
    names = ["fail", "fail_async", "leave", "leave_async", "cancel_itself", "refuse", "work"]
    outcomes = await bench.run(*[call(name, name) for name in names])
    assert [json.loads(outcome.output)["error"] for outcome in outcomes[:4]] == [
        "no luck",
        "KeyError",
        "The tool tried to end the program (3).",
        "The tool tried to end the program (bye).",
    ]
    assert [kind(outcome) for outcome in outcomes] == [*["tool_failed"] * 4, "aborted", "invalid_args", None]
    assert [outcome.ok for outcome in outcomes] == [False] * 6 + [True]
    assert outcomes[0].error is not None
    assert outcomes[0].error.details == {"exception": "ValueError"}
    assert outcomes[5].error is not None
    assert outcomes[5].error.details == {"more": 2}


async def test_an_unknown_tool_is_answered_with_the_nearest_and_all_others(tmp_path: Path):
    # M23, X16
    bench = Bench(tmp_path, sleeper())
    outcome = await bench.one("Wiat")
    assert kind(outcome) == "unknown_tool"
    assert outcome.error is not None
    assert outcome.error.details["exception"] == "LookupError"
    told = json.loads(outcome.output)["error"]
    assert told == "There is no tool 'Wiat'; did you mean 'wait'? Available tools: wait."
    assert "'. Available tools: none" in (await Bench(tmp_path).one("x\x1b[2J" * 100)).output
    assert "\x1b" not in (await bench.one("\x1b[2J")).output


async def test_a_call_past_its_deadline_times_out_alone(tmp_path: Path):
    # X11, X15, check 22
    cleaned: list[str] = []

    @tool
    async def hang() -> None:
        """Never return."""
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("hang")

    bench = Bench(tmp_path, hang, sleeper())
    run = asyncio.create_task(bench.run(call("h", "hang"), call("w", "wait", '{"seconds": 59}')))
    await bench.clock.advance(59.9)
    assert ids(bench.ended) == ["w"]
    await bench.clock.advance(0.1)
    late, fine = await run
    assert (kind(late), late.ok, fine.ok) == ("timeout", False, True)
    assert late.error is not None
    assert late.error.details == {"after_ms": 60_000}
    assert cleaned == ["hang"]


async def test_a_sync_tool_that_never_returns_is_abandoned_at_its_deadline(tmp_path: Path):
    # X15, M24; J25: what it says and returns afterwards reaches nobody
    let_go = threading.Event()

    @tool
    def hang(ctx: ToolContext) -> str:
        """Never return."""
        let_go.wait(30)
        ctx.progress("too late")
        return "too late"

    bench = Bench(tmp_path, hang)
    run = asyncio.create_task(bench.run(call("h", "hang")))
    await bench.clock.advance(60)
    (outcome,) = await run
    assert kind(outcome) == "timeout"
    assert bench.runner.threads == 1
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "tool-hang")
    let_go.set()
    await eventually(lambda: bench.runner.threads == 0)
    await bench.clock.advance(1)
    assert bench.ended == [outcome]
    assert bench.progress == []


async def test_threads_that_never_return_do_not_pile_up(tmp_path: Path):
    let_go = threading.Event()

    @tool
    def hang() -> None:
        """Never return."""
        let_go.wait(30)

    bench = Bench(tmp_path, hang, limits=Limits(max_concurrency=MAX_THREADS + 1))
    run = asyncio.create_task(bench.run(*[call(f"c{n}", "hang") for n in range(MAX_THREADS + 1)]))
    await bench.clock.advance(60)
    outcomes = await run
    assert [kind(outcome) for outcome in outcomes] == ["timeout"] * MAX_THREADS + ["tools_stuck"]
    let_go.set()
    await eventually(lambda: bench.runner.threads == 0)


async def test_progress_is_told_from_loop_and_thread_and_the_newest_wins(tmp_path: Path):
    # M24
    @tool
    def threaded(ctx: ToolContext) -> None:
        """Tell from a thread."""
        ctx.progress("half way")

    @tool
    async def flooding(ctx: ToolContext) -> None:
        """Tell too much."""
        for step in range(10_000):
            ctx.progress(f"step {step}" + "!" * 1000)
        await ctx.clock.sleep(1)

    bench = Bench(tmp_path, threaded, flooding)
    run = asyncio.create_task(bench.run(call("t", "threaded"), call("f", "flooding")))
    await eventually(lambda: len(bench.progress) == 2 and ids(bench.ended) == ["t"])
    await bench.clock.advance(1)
    assert len(await run) == 2
    told = dict(bench.progress)
    assert len(bench.progress) == 2
    assert told["t"] == "half way"
    assert told["f"].startswith("step 9999!")
    assert len(told["f"]) == 500


async def test_a_listener_that_fails_does_not_break_the_batch(tmp_path: Path):
    # M24
    @tool
    async def talk(ctx: ToolContext) -> str:
        """Tell and return."""
        ctx.progress("now")
        await ctx.clock.sleep(1)
        return "done"

    def fail(*_: object) -> None:
        raise RuntimeError("the screen is gone")

    bench = Bench(tmp_path, talk)
    run = asyncio.create_task(bench.runner.run([call("t", "talk")], bench.flag, fail, fail))
    await bench.clock.advance(1)
    assert [outcome.output for outcome in await run] == ["done"]


async def test_two_calls_of_one_id_have_an_outcome_each(tmp_path: Path):
    # M22
    bench = Bench(tmp_path, sleeper())
    run = asyncio.create_task(bench.run(*[call("same", "wait", f'{{"seconds": {s}}}') for s in (2, 1)]))
    await bench.clock.advance(2)
    assert [outcome.output for outcome in await run] == ["waited 2", "waited 1"]


async def test_a_thousand_calls_leave_no_thread_and_no_task(tmp_path: Path):
    @tool
    def quick() -> str:
        """Be quick."""
        return "ok"

    bench = Bench(tmp_path, quick)
    before = asyncio.all_tasks()
    outcomes = await bench.run(*[call(f"c{n}", "quick") for n in range(1000)])
    assert all(outcome.ok for outcome in outcomes)
    await eventually(lambda: bench.runner.threads == 0)
    assert asyncio.all_tasks() == before


async def test_the_schemas_are_those_of_the_tools(tmp_path: Path):
    bench = Bench(tmp_path, sleeper())
    assert [schema.name for schema in bench.runner.schemas()] == ["wait"]
