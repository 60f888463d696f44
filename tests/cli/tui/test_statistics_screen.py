"""The statistics: what they tell, how they look, and what their keys do."""

import sys
from collections.abc import Callable
from typing import Protocol

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from realtime_chat.cli.tui.screens import figures as draw
from realtime_chat.cli.tui.screens.figures import Figures, figures_of
from realtime_chat.cli.tui.screens.statistics import StatisticsScreen, Waterfall
from realtime_chat.core import events as ev
from realtime_chat.core.errors import CorruptLog, ErrorInfo
from realtime_chat.core.events import Latency
from realtime_chat.core.history import History
from realtime_chat.core.prices import PriceList
from tests.cli.tui.bound import key_of
from tests.core.stories import Story, heard, said, spoken, typed

USAGE = ev.Usage(
    input=6912, output=2801, total=9713, input_text=1234, input_audio=5678, cached=4096, output_text=456,
    output_audio=2345,
)  # fmt: skip


def opened(model: str = "gpt-realtime") -> Story:
    return Story().tell(ev.SessionStarted(provider="openai", model=model))


def spoken_turn(number: int, *waits: int | None, cut: bool = False) -> list[ev.Event]:
    """A whole one, and its four waits."""
    turn = f"t{number}"
    names = ("commit_ms", "first_token_ms", "first_audio_ms", "first_audible_ms")
    latency = Latency(**dict(zip(names, waits, strict=False)))
    answer = said(turn, "It is warm and dry.", audio_ms=2000, interrupted=cut)
    return [
        *spoken(turn, "How is the weather?"),
        answer,
        *([heard(turn, "It is", 600, 2000)] if cut else []),
        ev.LatencyMeasured(turn_id=turn, latency=latency),
        ev.TurnInterrupted(turn_id=turn, reason="manual") if cut else ev.TurnCompleted(turn_id=turn),
    ]


def long_talk(turns: int = 60) -> History:
    """Sixty turns, of which one is very slow, one was cut, one typed, one failed."""
    story = opened()
    for number in range(1, turns + 1):
        word = 700 + number * 37 % 290
        slow = 9000 if number == turns - 3 else 0
        waits = (520 + number % 7 * 10, word + slow, word + 120 + slow, word + 180 + slow)
        story.tell(*spoken_turn(number, *waits, cut=number == turns - 1))
    story.tell(
        *typed("typed", "and tomorrow?"),
        said("typed", "Rain."),
        ev.UsageReported(turn_id="typed", response_id="r", usage=USAGE),
        ev.LatencyMeasured(turn_id="typed", latency=Latency(first_token_ms=431)),
        ev.TurnCompleted(turn_id="typed"),
        *typed("last", "and then?"),
        ev.ToolCall(turn_id="last", response_id="r", call_id="c", name="weather", arguments="{}"),
        ev.TurnFailed(
            turn_id="last",
            terminal_status="failed",
            error=ErrorInfo(kind="server_error", message="It fell over."),
        ),
    )
    return story.history()


class Host(App[None]):
    """A talk of which only the statistics are seen."""

    def __init__(self, history: Callable[[], History], theme: str = "textual-dark") -> None:
        super().__init__()
        self.theme = theme
        self.statistics = StatisticsScreen(history)

    def on_mount(self) -> None:
        self.push_screen(self.statistics)

    @property
    def waterfall(self) -> Waterfall:
        return self.statistics.query_one(Waterfall)

    @property
    def lines(self) -> list[str]:
        """The waterfall as one reads it."""
        return [self.waterfall.render_line(y).text.rstrip() for y in range(self.waterfall.size.height)]

    @property
    def summary(self) -> str:
        return str(self.statistics.query_one("#summary", Static).render())

    async def settled(self, pilot: Pilot[None]) -> None:
        """The log is read."""
        await self.workers.wait_for_complete()
        await pilot.pause()


class SnapCompare(Protocol):
    """As pytest-textual-snapshot gives it."""

    def __call__(self, app: App[None], *, terminal_size: tuple[int, int], run_before: object) -> bool: ...


def waited(*waits: int | None) -> Figures:
    """Of a talk with one turn."""
    return figures_of(opened().tell(*spoken_turn(1, *waits)).history(), PriceList())


def plain(figures: Figures) -> list[str]:
    return draw.summary(figures).plain.splitlines()


COLOURS = draw.Colours(commit=draw.FAINT, word=draw.FAINT, sound=draw.FAINT, heard=draw.FAINT)


def bar(*waits: int | None, room: int = 20, scale: int = 1000) -> str:
    return draw.bar(waited(*waits).waits[0].latency, COLOURS, room, scale).plain


# ------------------------------------------------------------ what it says


def test_turns_cuts_tokens_and_cost_are_told() -> None:
    assert plain(figures_of(long_talk(), PriceList())) == [
        "Turns    62 (60 spoken, 2 typed, 1 failed, 1 tool call)",
        "Cut      1 (1 by key), after 0.6 s of sound",
        "Tokens        text    audio   cached      all",
        "in           1,234    5,678    4,096    6,912",
        "out            456    2,345             2,801",
        "Cost     about $0.25, an estimate",
    ]


def test_a_talk_in_which_nothing_happened_says_so() -> None:
    figures = figures_of(opened().history(), PriceList())
    assert plain(figures) == [
        "Turns    0",
        "Cut      0",
        "Tokens   none were reported",
        "Cost     nothing yet",
    ]


def test_the_writing_down_of_speech_is_told_apart() -> None:
    story = opened().tell(
        ev.TurnStarted(turn_id="t1", source="spoken"),
        ev.UserMessage(turn_id="t1", item_id="u1", source="spoken"),
        ev.UserTranscript(item_id="u1", text="hi", usage=ev.TranscriptionUsage(seconds=61)),
    )
    assert "written  61 s of what you said" in plain(figures_of(story.history(), PriceList()))


@pytest.mark.parametrize(
    ("provider", "model", "told"),
    [
        ("local", "parrot", "nothing: nobody sends a bill for this provider"),
        ("openai", "parrot", "not known; [prices] in the settings can tell it"),
        ("openai", "gpt-realtime", "less than $0.01, an estimate"),
    ],
)
def test_a_cost_is_an_estimate_or_not_known(provider: str, model: str, told: str) -> None:
    usage = ev.Usage(input=10, output=10, total=20, input_text=10, output_text=10)
    story = Story().tell(
        ev.SessionStarted(provider=provider, model=model),
        *typed("t1", "hi"),
        ev.UsageReported(turn_id="t1", response_id="r1", usage=usage),
    )
    assert plain(figures_of(story.history(), PriceList()))[-1] == f"Cost     {told}"


def test_millions_of_tokens_keep_their_column() -> None:
    assert [draw.count(one) for one in (None, 0, 999_999, 12_345_678)] == ["", "0", "999,999", "12.35 M"]


# ------------------------------------------------------------ how a bar is made


def test_each_stage_of_a_bar_begins_where_the_one_before_it_ends() -> None:
    assert bar(500, 700, 850, 1000) == "░" * 10 + "▒" * 4 + "▓" * 3 + "█" * 3


def test_a_stage_that_did_not_come_or_came_early_has_no_part_of_the_bar() -> None:
    assert bar(None, 500) == "▒" * 10
    assert bar(500, 400, 600, None) == "░" * 10 + "▓" * 2
    assert bar(0) == ""


def test_a_bar_that_is_too_long_ends_in_a_plus() -> None:
    assert bar(500, 3000, 3100, 3200) == "░" * 10 + "▒" * 9 + "+"
    assert len(bar(5000, room=8)) == 8


def test_one_slow_turn_hides_no_other() -> None:
    assert draw.full_scale(figures_of(long_talk(), PriceList()).waits) < 2000
    assert draw.full_scale([]) == 1


def test_where_there_is_no_room_the_numbers_stay() -> None:
    wait = waited(500, 700, 850, 1000).waits[0]
    line = draw.row(wait, COLOURS, width=46, scale=1000).plain
    assert line == "t1    spoken      500     700     850   1,000"


# ------------------------------------------------------------ the screen


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="another Python names the picture's parts otherwise"
)
@pytest.mark.parametrize(
    ("theme", "size"),
    [("textual-dark", (80, 24)), ("textual-light", (120, 40))],
    ids=["dark", "light"],
)
def test_it_looks_as_it_did(theme: str, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    app = Host(long_talk, theme)
    assert snap_compare(app, terminal_size=size, run_before=app.settled)


async def test_the_newest_turn_is_in_sight_and_the_percentiles_stay() -> None:
    app = Host(long_talk)
    async with app.run_test() as pilot:
        await app.settled(pilot)
        assert app.lines[1].split() == ["p50", "of", "61", "550", "847", "967", "1,027"]
        assert app.lines[2].split()[0] == "p95"
        assert app.lines[-1].split()[:6] == ["typed", "typed", "-", "431", "-", "-"]
        await pilot.press("home")
        assert app.lines[1].startswith("p50")
        assert app.lines[3].startswith("t1 ")
        await pilot.press("down")
        assert app.lines[3].startswith("t2 ")
        await pilot.press("up", "pagedown")
        assert not app.lines[3].startswith("t1 ")
        await pilot.press("pageup")
        assert app.lines[3].startswith("t1 ")
        await pilot.press("end")
        assert app.lines[-1].startswith("typed")


async def test_r_reads_the_talk_anew() -> None:
    story = opened().tell(*spoken_turn(1, 500, 700))
    app = Host(story.history)
    async with app.run_test() as pilot:
        await app.settled(pilot)
        assert app.lines[-1] == ""
        assert "1 spoken" in app.summary
        story.tell(*spoken_turn(2, 500, 900))
        await pilot.press(key_of("refresh_statistics"))
        await app.settled(pilot)
        assert "2 spoken" in app.summary
        assert [line.split()[0] for line in app.lines[3:5]] == ["t1", "t2"]


async def test_who_looks_back_is_left_there() -> None:
    app = Host(long_talk)
    async with app.run_test() as pilot:
        await app.settled(pilot)
        await pilot.press("home", "r")
        await app.settled(pilot)
        assert app.lines[3].startswith("t1 ")


async def test_escape_closes_it() -> None:
    app = Host(long_talk)
    async with app.run_test() as pilot:
        await app.settled(pilot)
        await pilot.press(key_of("close_statistics"))
        assert app.screen is not app.statistics


async def test_a_talk_without_measured_turns_says_so() -> None:
    app = Host(opened().tell(*typed("t1", "of an old version")).history)
    async with app.run_test() as pilot:
        await app.settled(pilot)
        assert app.lines[0] == "No turn was measured yet: ask something."


async def test_a_log_that_cannot_be_read_is_told_in_place() -> None:
    def broken() -> History:
        raise CorruptLog("Line 7 of the log cannot be read; \x1b[31mrepair it.")

    app = Host(broken)
    async with app.run_test() as pilot:
        await app.settled(pilot)
        assert app.summary == "Line 7 of the log cannot be read; ␛[31mrepair it."


async def test_a_hostile_turn_id_moves_nothing() -> None:
    story = opened().tell(
        *typed("[b]\x1b]52;c;x\x07", "hi"),
        ev.LatencyMeasured(turn_id="[b]\x1b]52;c;x\x07", latency=Latency(first_token_ms=5)),
    )
    app = Host(story.history)
    async with app.run_test() as pilot:
        await app.settled(pilot)
        assert app.lines[3].startswith("[b]␛… typed ")
