"""What an interruption, a deadline and a cancellation do to tools, willing or not."""

import asyncio
import gc
import threading
from pathlib import Path

import pytest

from realtime_chat.tools.base import Tool, ToolContext, tool
from realtime_chat.tools.leash import Leash
from realtime_chat.tools.runner import Limits
from tests.tools.kit import Bench, call, ids, kind, sleeper
from tests.waiting import eventually


def stubborn_tool() -> Tool:
    @tool
    async def stubborn() -> None:
        """Refuse to be cancelled."""
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    return stubborn


async def test_calls_not_started_before_the_interruption_are_aborted(tmp_path: Path):
    # M22, M23
    ran: list[str] = []

    @tool
    def note() -> None:
        """Note."""
        ran.append("note")

    bench = Bench(tmp_path, note)
    bench.flag.set()
    outcomes = await bench.run(call("a", "note"), call("b", "missing"))
    assert [kind(outcome) for outcome in outcomes] == ["aborted", "aborted"]
    assert [outcome.error.details for outcome in outcomes if outcome.error] == [
        {"exception": "CancelledError"},
        {"exception": "CancelledError"},
    ]
    assert ids(bench.ended) == ["a", "b"]
    assert ran == []


async def test_an_interruption_is_seen_by_who_opted_in_and_ends_the_others_after_a_grace(tmp_path: Path):
    # M4, M17 (what ended before and what after is told apart), M23
    cleaned: list[str] = []

    @tool
    async def attentive(ctx: ToolContext) -> str:
        """Look at the flag."""
        assert not ctx.cancelled
        await ctx.cancel_event.wait()
        return f"stopped early: {ctx.cancelled}"

    @tool
    async def unaware() -> None:
        """Know nothing of flags."""
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("unaware")

    bench = Bench(tmp_path, attentive, unaware, sleeper(), limits=Limits(max_concurrency=3, grace_s=0.5))
    calls = [
        call("done", "wait", '{"seconds": 1}'),
        call("attentive", "attentive"),
        call("unaware", "unaware"),
        call("close", "wait", '{"seconds": 0.5}'),
        call("never", "wait", '{"seconds": 1}'),
    ]
    run = asyncio.create_task(bench.run(*calls))
    await bench.clock.advance(1.2)
    assert ids(bench.ended) == ["done"]
    bench.flag.set()
    await bench.clock.advance(0.1)
    assert ids(bench.ended) == ["done", "attentive", "never"]
    assert cleaned == []
    await bench.clock.advance(0.4)
    done, attentive_, unaware_, close, never = await run
    assert (done.ok, close.ok) == (True, True)
    assert attentive_.output == "stopped early: True"
    assert [kind(outcome) for outcome in (unaware_, never)] == ["aborted", "aborted"]
    assert cleaned == ["unaware"]


async def test_a_sync_tool_sees_the_flag_and_one_that_does_not_is_abandoned(tmp_path: Path):
    # M4
    let_go = threading.Event()
    looking = threading.Event()

    @tool
    def attentive(ctx: ToolContext) -> str:
        """Look at the flag between steps."""
        looking.set()
        while not ctx.cancelled and not let_go.wait(0.001):
            pass
        return "saw it" if ctx.cancelled else "missed it"

    @tool
    def deaf() -> None:
        """Look at nothing."""
        let_go.wait(30)

    bench = Bench(tmp_path, attentive, deaf)
    run = asyncio.create_task(bench.run(call("a", "attentive"), call("d", "deaf")))
    await eventually(looking.is_set)
    bench.flag.set()
    await eventually(lambda: ids(bench.ended) == ["a"])
    await bench.clock.advance(0.5)
    a, d = await run
    assert (a.output, kind(d)) == ("saw it", "aborted")
    let_go.set()
    await eventually(lambda: bench.runner.threads == 0)


async def test_a_tool_that_refuses_cancellation_is_ended_all_the_same(tmp_path: Path):
    # X15
    bench = Bench(tmp_path, stubborn_tool())
    before = asyncio.all_tasks()
    run = asyncio.create_task(bench.run(call("s", "stubborn")))
    await bench.clock.advance(61)
    (outcome,) = await run
    assert kind(outcome) == "timeout"
    assert asyncio.all_tasks() == before


async def test_cancelling_the_run_itself_ends_every_tool_and_raises_only_that(tmp_path: Path):
    bench = Bench(tmp_path, stubborn_tool(), sleeper())
    before = asyncio.all_tasks()
    run = asyncio.create_task(bench.run(call("s", "stubborn"), call("w", "wait", '{"seconds": 9}')))
    await bench.clock.advance(1)
    run.cancel()
    await bench.clock.advance(1)
    with pytest.raises(asyncio.CancelledError):
        await run
    assert bench.ended == []
    assert asyncio.all_tasks() == before


async def test_cancelling_the_run_before_a_tool_began_leaves_nothing_behind(tmp_path: Path):
    bench = Bench(tmp_path, sleeper())
    for steps in range(6):
        run = asyncio.create_task(bench.run(call("w", "wait", '{"seconds": 9}')))
        for _ in range(steps):
            await asyncio.sleep(0)
        run.cancel()
        await bench.clock.advance(1)
        with pytest.raises(asyncio.CancelledError):
            await run
    gc.collect()  # a coroutine nobody awaited would warn now, and warnings are errors here


async def test_a_tool_that_goes_on_while_it_is_closed_is_ended_all_the_same(tmp_path: Path):
    # X15
    @tool
    async def clinging() -> None:
        """Clean up for ever."""
        while True:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.Event().wait()

    bench = Bench(tmp_path, clinging)
    before = asyncio.all_tasks()
    run = asyncio.create_task(bench.run(call("c", "clinging")))
    await bench.clock.advance(61)
    assert [kind(outcome) for outcome in await run] == ["timeout"]
    assert asyncio.all_tasks() == before


async def test_a_tool_may_have_deadlines_and_tasks_of_its_own(tmp_path: Path):
    @tool
    async def busy(ctx: ToolContext) -> str:
        """Work with tasks and a deadline."""
        async with asyncio.TaskGroup() as crew:
            crew.create_task(ctx.clock.sleep(1))
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late, as planned"
        return "never"

    bench = Bench(tmp_path, busy)
    run = asyncio.create_task(bench.run(call("b", "busy")))
    await eventually(lambda: len(asyncio.all_tasks()) > 2)
    await bench.clock.advance(1)
    assert [outcome.output for outcome in await run] == ["late, as planned"]


async def test_a_leash_that_is_dropped_closes_its_body():
    closed: list[str] = []

    async def body() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            closed.append("body")

    held = Leash(body).hold()
    held.send(None)
    held.close()
    assert closed == ["body"]
