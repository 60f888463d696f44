"""What a streamed delta costs under 100 lines and under 10,000, and what these take and cost to be drawn once.

Each kind of transcript is a process of its own, which answers as `contestant` says:
`python -m benchmarks.transcript KIND LINES`.
"""

import asyncio
import gc
import statistics
import sys
import time
from contextlib import ExitStack
from itertools import count

from benchmarks.beside.samples import answer
from benchmarks.contestant import Contestant
from benchmarks.figures import Figure, interleaved
from benchmarks.scrolls import KINDS, Ours, Screen, resident_mb

FEW, MANY = 100, 10_000
SIZE = (80, 24)
FLOOR = "line API"
#: Some are slow to fill, or to draw; those that take minutes are for the full run.
WITHIN_S, SLOW_WITHIN_S = 60.0, 300.0
#: One piece of an answer, as they come.
PIECE = "and so, "


def transcript(rounds: int, *, full: bool = False) -> list[Figure]:
    """A delta under a long talk; by one under a short; the memory of the long one."""
    kinds = [kind for kind, make in KINDS.items() if full or not make.slow]
    with ExitStack() as stack:
        few, many = (
            {kind: stack.enter_context(_contestant(kind, lines)) for kind in kinds} for lines in (FEW, MANY)
        )
        memory = interleaved({kind: many[kind].sample("memory") for kind in kinds}, 0)
        deltas = interleaved(
            {
                (kind, lines): one.sample("delta")
                for lines, contestants in ((FEW, few), (MANY, many))
                for kind, one in contestants.items()
            },
            rounds,
        )
    long = {kind: ms for (kind, lines), ms in deltas.items() if lines == MANY}
    growth = {kind: ms / deltas[kind, FEW] for kind, ms in long.items() if (kind, FEW) in deltas}
    return [
        _figure(f"screen: a delta under {MANY:,} lines", "ms CPU", long, goal=1.5),
        _figure(f"screen: that by a delta under {FEW} lines", "times", growth | {"flat": 1.0}, "flat", 1.2),
        # 60 MB more than the 40 that any of them begins with.
        _figure(f"screen: memory with {MANY:,} lines", "MB", memory, goal=2.5),
    ]


def _contestant(kind: str, lines: int) -> Contestant:
    command = [sys.executable, "-m", "benchmarks.transcript", kind, str(lines)]
    return Contestant(lambda: command, within_s=SLOW_WITHIN_S if KINDS[kind].slow else WITHIN_S)


def _figure(name: str, unit: str, medians: dict[str, float], floor: str = FLOOR, goal: float = 1.5) -> Figure:
    beside = {kind: value for kind, value in medians.items() if kind != "ours"}
    return Figure(name=name, unit=unit, ours=medians["ours"], beside=beside, floor=floor, goal=goal)


async def first_draw_ms(lines: int) -> float:
    """CPU until a resumed talk was drawn once."""
    ours = Ours(lines)
    start = time.process_time()
    async with Screen(ours).run_test(size=SIZE) as pilot:
        await pilot.pause()
        return (time.process_time() - start) * 1000


def resumed(rounds: int) -> Figure:
    """The first picture of a long talk, by that of a short."""

    async def run() -> list[tuple[float, float]]:
        await first_draw_ms(FEW)
        return [(await first_draw_ms(FEW), await first_draw_ms(MANY)) for _ in range(rounds)]

    pairs = asyncio.run(run())
    floor = f"{FEW} lines"
    return Figure(
        name=f"screen: first draw of {MANY:,} lines",
        unit="ms CPU",
        ours=statistics.median(one for _, one in pairs),
        beside={floor: statistics.median(one for one, _ in pairs)},
        floor=floor,
        goal=1.5,
    )


def _answer(kind: str, lines: int) -> None:
    """One transcript, filled at the first question and kept."""
    filled: asyncio.Queue[float] = asyncio.Queue()
    asked: asyncio.Queue[asyncio.Future[float]] = asyncio.Queue()
    showing: list[asyncio.Task[None]] = []

    async def show() -> None:
        """In a task of its own, for Textual's context is the task's that runs it."""
        scroll = KINDS[kind](lines)
        app = Screen(scroll)
        async with app.run_test(size=SIZE) as pilot:
            await scroll.fill(lines)
            await pilot.pause()
            await scroll.look(pilot)
            gc.collect()
            filled.put_nowait(resident_mb())
            for number in count():
                wanted = await asked.get()
                await scroll.begin(number)
                start = time.process_time()
                for _ in range(scroll.deltas):
                    await scroll.write(PIECE)
                    await pilot.pause(0)
                wanted.set_result((time.process_time() - start) / scroll.deltas * 1000)

    async def memory() -> float:
        showing.append(asyncio.create_task(show()))
        return await filled.get()

    async def delta() -> float:
        if not showing:
            await memory()
        wanted: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        asked.put_nowait(wanted)
        return await wanted

    answer({"memory": memory, "delta": delta})


if __name__ == "__main__":
    _answer(sys.argv[1], int(sys.argv[2]))
