"""Moving about in what was said: follow, jump, find, fold; and what is drawn while one does."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from textual.pilot import Pilot

from realtime_chat.cli.tui.feed import Feed, Note
from realtime_chat.cli.tui.finding import MOST
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core import events as ev
from realtime_chat.core.history import AssistantEntry, Entry
from tests.cli.tui.drawn import AT, Alone, assistant, call, feed_of, user


@dataclass
class View:
    """A transcript alone, 60 by 10."""

    app: Alone
    pilot: Pilot[None]

    @property
    def transcript(self) -> Transcript:
        return self.app.transcript

    @property
    def lines(self) -> list[str]:
        """Without times and labels."""
        return [line[17:] for line in self.app.lines]

    def say(self, text: str) -> None:
        self.app.feed.add(Note(text))
        self.transcript.redraw()


@asynccontextmanager
async def viewed(feed: Feed, size: tuple[int, int] = (60, 10)) -> AsyncGenerator[View]:
    app = Alone(feed)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield View(app, pilot)


def talk(turns: int, answer: str = "one\ntwo\nthree") -> list[Entry]:
    rows: list[Entry] = []
    for number in range(turns):
        rows += [user(f"question {number}", number), assistant(f"answer {number}\n{answer}", number)]
    return rows


async def test_it_follows_the_end_until_one_scrolls_up_and_again_at_the_end():
    async with viewed(feed_of(*talk(9))) as view:
        assert view.transcript.is_following
        view.transcript.scroll_page_up(animate=False)
        await view.pilot.pause()
        before = view.lines
        view.say("new one")
        view.say("new two")
        await view.pilot.pause()
        assert view.lines == before
        assert (view.transcript.is_following, view.transcript.below) == (False, 2)
        view.transcript.scroll_end(animate=False)
        await view.pilot.pause()
        assert view.lines[-1] == "new two"
        assert (view.transcript.is_following, view.transcript.below) == (True, 0)
        assert view.app.moved == [(False, 0), (False, 1), (False, 2), (True, 0)]


async def test_a_smaller_view_still_shows_the_end():
    async with viewed(feed_of(*talk(9))) as view:
        for size in ((60, 4), (60, 12), (30, 6)):
            await view.pilot.resize_terminal(*size)
            await view.pilot.pause()
            assert view.app.lines[-1].endswith("three")
            assert view.transcript.is_following


async def test_another_width_keeps_what_one_looks_at_in_view():
    async with viewed(feed_of(*talk(30))) as view:
        view.transcript.jump(-10)
        await view.pilot.pause()
        before = view.lines[0]
        assert before.startswith("question")
        await view.pilot.resize_terminal(100, 10)
        await view.pilot.pause()
        assert view.lines[0] == before


async def test_what_changes_above_the_view_does_not_move_it():
    rows = talk(20)
    async with viewed(feed_of(*rows)) as view:
        view.transcript.jump(-100)
        view.transcript.jump(10)
        await view.pilot.pause()
        before = view.lines
        view.transcript.scroll_relative(y=-3, animate=False)  # so that the row above is drawn
        view.transcript.scroll_relative(y=3, animate=False)
        above = rows[19]
        assert isinstance(above, AssistantEntry)
        heard = ev.AnswerHeard(
            turn_id="t9", item_id=above.item_id, heard_text="answer", played_ms=1, produced_ms=9
        )
        above.text += "\nmore" * 5
        view.app.feed.apply(ev.Envelope(id="e", session_id="s", seq=None, ts=AT, data=heard))
        view.transcript.redraw()
        await view.pilot.pause()
        assert view.lines == before


async def test_one_jumps_from_turn_to_turn_and_past_the_last_one_follows():
    async with viewed(feed_of(*talk(9))) as view:
        seen: list[str] = []
        for by in (-1, -1, -1, 1, -100, 1, 1):
            view.transcript.jump(by)
            await view.pilot.pause()
            seen.append(view.lines[0])
        assert seen == [f"question {n}" for n in (7, 6, 5, 6, 0, 1, 2)]
        view.transcript.jump(100)
        await view.pilot.pause()
        assert view.transcript.is_following
        assert view.lines[-1] == "three"


async def test_from_inside_a_turn_one_jumps_to_its_beginning():
    async with viewed(feed_of(*talk(9))) as view:
        view.transcript.jump(-3)
        view.transcript.scroll_relative(y=2, animate=False)
        await view.pilot.pause()
        view.transcript.jump(-1)
        await view.pilot.pause()
        assert view.lines[0] == "question 5"


async def test_only_what_is_looked_at_is_drawn():
    async with viewed(feed_of(*talk(2000))) as view:
        sheet = view.transcript.sheet
        assert sheet is not None
        assert sheet.total > 9000
        assert sum(sheet.is_drawn(row) for row in range(sheet.rows)) < 10
        view.transcript.scroll_to(y=5000, animate=False)
        await view.pilot.pause()
        assert sum(sheet.is_drawn(row) for row in range(sheet.rows)) < 20


async def test_an_answer_that_grows_out_of_view_is_not_drawn():
    feed = feed_of(*talk(9))

    def grow() -> None:
        delta = ev.TextDelta(turn_id="t99", item_id="a99", response_id="r", delta="word " * 30)
        feed.apply(ev.Envelope(id="e", session_id="s", seq=None, ts=AT, data=delta))

    grow()
    async with viewed(feed) as view:
        view.transcript.jump(-5)
        await view.pilot.pause()
        sheet = view.transcript.sheet
        assert sheet is not None
        for _ in range(3):
            grow()
            view.transcript.redraw()
            await view.pilot.pause()
            assert not sheet.is_drawn(sheet.rows - 1)
        assert view.transcript.below == 0  # it was there already


async def test_found_words_are_marked_and_one_goes_from_hit_to_hit():
    rows = [user("the Fox", 1), assistant("a **fox** runs", 2), assistant("none", 3), *talk(9)]
    async with viewed(feed_of(*rows)) as view:
        assert view.transcript.find("fox") == 2
        await view.pilot.pause()
        assert view.lines[view.lines.index("a fox runs")]
        assert view.transcript.next_hit(-1) == (1, 2)
        await view.pilot.pause()
        assert view.lines[0] == "the Fox"
        assert view.transcript.next_hit(-1) == (2, 2)
        assert view.transcript.next_hit(1) == (1, 2)


async def test_words_are_found_across_the_end_of_a_line_and_in_what_comes_later():
    long = "wild geese " * 12
    async with viewed(feed_of(assistant(long, 1))) as view:
        assert view.transcript.find("wild  GEESE") == 12
        view.say("wild geese")
        assert view.transcript.next_hit(1)[1] == 13
        await view.pilot.resize_terminal(34, 10)
        await view.pilot.pause()
        assert view.transcript.next_hit(1)[1] == 13


@pytest.mark.parametrize(
    ("words", "hits"), [("", 0), ("  ", 0), ("x", 0), ("(", 0), ("[a-z]", 1), ("— c", 1)]
)
async def test_words_are_taken_as_they_are(words: str, hits: int):
    async with viewed(feed_of(user("[a-z] b — c"))) as view:
        assert view.transcript.find(words) == hits
        assert view.transcript.next_hit() == ((1, 1) if hits else (0, 0))


async def test_the_newest_hits_are_found_without_drawing_all_the_rest():
    async with viewed(feed_of(*talk(2000))) as view:
        assert view.transcript.find("answer") == MOST
        assert view.lines[-4] == "answer 1999"


async def test_nothing_is_marked_once_one_has_enough():
    async with viewed(feed_of(user("fox"))) as view:
        plain = view.transcript.render_line(0)
        view.transcript.find("fox")
        assert view.transcript.render_line(0) != plain
        view.transcript.clear_find()
        assert view.transcript.render_line(0) == plain
        assert view.transcript.next_hit() == (0, 0)


async def test_cards_in_view_open_and_fold():
    output = "\n".join(f"line {n}" for n in range(6))
    rows = [call(n, turn=n, status="ok", output=output) for n in range(1, 9)]
    async with viewed(feed_of(*rows)) as view:
        folded = view.lines
        assert "  line 5" not in folded
        view.transcript.toggle_folded()
        await view.pilot.pause()
        assert view.lines[-1] == "  line 5"
        view.transcript.toggle_folded()
        await view.pilot.pause()
        assert view.lines == folded
        await view.pilot.click(Transcript, offset=(30, 9))
        await view.pilot.pause()
        assert view.lines[-6:] == ["→ line 0", *[f"  line {n}" for n in range(1, 6)]]


async def test_the_time_of_a_running_call_goes_on_and_a_human_s_thinking_is_not_its_own():
    feed = feed_of(call(1), call(2, turn=2, status="ok", output="x"))
    async with viewed(feed) as view:
        assert "running 37 s" in view.lines[0]
        allowed = ev.PermissionDecided(call_id="c1", name="read_file", allowed=True, by="user")
        feed.apply(ev.Envelope(id="e", session_id="s", seq=None, ts=AT.replace(":00+", ":30+"), data=allowed))
        assert view.transcript.tick()
        assert "running 7 s" in view.lines[0]
        done = ev.ToolResult(turn_id="t1", call_id="c1", name="read_file", ok=True, output="", duration_ms=7)
        feed.apply(ev.Envelope(id="e", session_id="s", seq=None, ts=AT, data=done))
        assert not view.transcript.tick()


async def test_another_theme_recolours_what_is_drawn():
    async with viewed(feed_of(user("x"), assistant("# y"))) as view:
        dark = view.transcript.render_line(1)
        view.app.theme = "textual-light"
        await view.pilot.pause()
        await view.pilot.pause()
        light = view.transcript.render_line(1)
        assert [one.style.color for one in dark if one.style] != [
            one.style.color for one in light if one.style
        ]


async def test_a_view_of_one_cell_breaks_nothing():
    async with viewed(feed_of(*talk(3), call(1, turn=9)), size=(3, 1)) as view:
        view.transcript.find("answer")
        view.transcript.jump(-1)
        view.transcript.toggle_folded()
        await view.pilot.pause()
        assert view.transcript.render_line(0).cell_length == view.transcript.size.width
