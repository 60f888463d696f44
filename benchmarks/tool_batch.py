"""Two tools of 0.2 s in one batch, beside the bare sleep: they run side by side, and little is added."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, interleaved
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.ports import ToolRequest
from realtime_chat.core.tool_runs import CancelSwitch
from realtime_chat.tools.base import Surroundings, tool
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner

SECONDS = 0.2


@tool
def in_a_thread() -> None:
    """Take its time in a thread."""
    time.sleep(SECONDS)


@tool
async def on_the_loop() -> None:
    """Take its time on the loop."""
    await asyncio.sleep(SECONDS)


def measure(rounds: int) -> Figure:
    """Milliseconds from the batch's start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        place = Surroundings(workspace=Path(folder), data_dir=Path(folder), clock=SystemClock())
        runner = Runner(Registry([in_a_thread, on_the_loop]), place)
        medians = interleaved(
            {
                "ours": timed(lambda: batch(runner)),
                "one bare sleep": timed(lambda: asyncio.sleep(SECONDS)),
            },
            rounds,
        )
    return Figure(
        name="Two tools of 0.2 s at once",
        unit="ms",
        ours=medians.pop("ours"),
        beside=medians,
        floor="one bare sleep",
        goal=1.75,  # 0.35 s
    )


async def batch(runner: Runner) -> None:
    """One call of each."""
    requests = [ToolRequest(call_id=name, name=name, arguments="") for name in ("in_a_thread", "on_the_loop")]
    outcomes = await runner.run(requests, CancelSwitch(), lambda _: None, lambda _, __: None)
    assert all(outcome.ok for outcome in outcomes)


def timed(work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], float]:
    """Milliseconds of one run."""

    def run() -> float:
        async def inside() -> float:
            began = time.perf_counter()
            await work()
            return (time.perf_counter() - began) * 1000

        return asyncio.run(inside())

    return run
