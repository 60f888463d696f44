"""What a delta costs on the screen under 100 lines and under 10,000, and what the first picture of them costs.

`python -m benchmarks.transcript` prints the memory too, which is no ratio.
"""

import asyncio
import gc
import resource
import statistics
import time
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult

from benchmarks.figures import Figure
from realtime_chat.cli.tui.feed import Feed
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core import events as ev
from realtime_chat.core.events import Envelope
from realtime_chat.core.folding import Folding

AT = "2026-01-01T12:00:00+00:00"
FEW, MANY = 100, 10_000
DELTAS = 300
ANSWER = (
    "The quick brown fox jumps over the **lazy** dog, and then it walks on to the next field.\n\n"
    "- where there is `grass`\n- where there is water, and nobody who shoots\n\n"
    "It stays there until the evening, when it goes home by the same way that it came."
)
LINES = 9  # of a turn with that answer, 80 cells wide
WORDS = "and so it goes on, word by word, as they come. "


class Screen(App[None]):
    """A transcript alone."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed

    def compose(self) -> ComposeResult:
        yield Transcript(self.feed)


def happened(data: ev.Event, seq: int | None) -> Envelope:
    return Envelope(id="e", session_id="s", seq=seq, ts=AT, data=data)


def said(turns: int) -> Folding:
    """A talk of so many turns."""
    folding = Folding()
    for number in range(turns):
        turn, item = f"t{number}", f"a{number}"
        asked = ev.UserMessage(turn_id=turn, item_id=f"u{number}", source="typed", text="Tell me more.")
        answer = ev.AssistantMessage(turn_id=turn, item_id=item, response_id="r", text=ANSWER)
        folding.apply(happened(asked, 2 * number))
        folding.apply(happened(answer, 2 * number + 1))
    return folding


async def first_draw_ms(lines: int) -> float:
    """CPU until a resumed talk was drawn once."""
    feed = Feed(said(lines // LINES))
    start = time.process_time()
    async with Screen(feed).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        return (time.process_time() - start) * 1000


async def delta_ms(lines: int) -> float:
    """CPU of one delta, each drawn in a frame of its own, which is the dearest case."""
    feed = Feed(said(lines // LINES))
    app = Screen(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        transcript = app.query_one(Transcript)
        await pilot.pause()
        start = time.process_time()
        for _ in range(DELTAS):
            delta = ev.TextDelta(turn_id="t", item_id="new", response_id="r", delta=WORDS[:8])
            feed.apply(happened(delta, None))
            transcript.redraw()
            await pilot.pause(0)
        return (time.process_time() - start) / DELTAS * 1000


async def memory_mb(lines: int) -> float:
    """Memory that a transcript of so many lines takes once all of it was looked at, its words not counted."""
    feed = Feed(said(lines // LINES))
    app = Screen(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        gc.collect()
        before = resident_mb()
        transcript = app.query_one(Transcript)
        while transcript.scroll_offset.y:
            transcript.scroll_page_up(animate=False)
            await pilot.pause(0)
        return resident_mb() - before


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def sampled(
    rounds: int, few: Callable[[], Awaitable[float]], many: Callable[[], Awaitable[float]]
) -> tuple[float, float]:
    """Medians of both, in turns."""

    async def run() -> list[tuple[float, float]]:
        await few()
        return [(await few(), await many()) for _ in range(rounds)]

    pairs = asyncio.run(run())
    return statistics.median(one for one, _ in pairs), statistics.median(one for _, one in pairs)


def delta(rounds: int) -> Figure:
    """A delta under a long talk, by one under a short."""
    few, many = sampled(rounds, lambda: delta_ms(FEW), lambda: delta_ms(MANY))
    floor = f"under {FEW} lines"
    return Figure(
        name=f"screen: a delta under {MANY:,} lines",
        unit="ms CPU",
        ours=many,
        beside={floor: few},
        floor=floor,
        goal=1.2,
    )


def resumed(rounds: int) -> Figure:
    """The first picture of a long talk, by that of a short."""
    few, many = sampled(rounds, lambda: first_draw_ms(FEW), lambda: first_draw_ms(MANY))
    floor = f"{FEW} lines"
    return Figure(
        name=f"screen: first draw of {MANY:,} lines",
        unit="ms CPU",
        ours=many,
        beside={floor: few},
        floor=floor,
        goal=1.5,
    )


if __name__ == "__main__":
    print(f"{asyncio.run(memory_mb(MANY)):.1f} MB for {MANY:,} lines, all of them drawn")
    for figure in (delta(3), resumed(3)):
        print(figure)
