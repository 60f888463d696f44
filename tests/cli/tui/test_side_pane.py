"""Cards and facts beside the talk: a column where there is room, below it where there is not."""

from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from realtime_chat.cli.tui.widgets.side_pane import MOST_SHOWN, SidePane, drawn
from realtime_chat.cli.words.desk import Desk, GoOn
from realtime_chat.core.commands import NoteAside
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import CardWritten, FactsNoted
from realtime_chat.core.history import CardEntry
from tests.cli.tui.stage import Stage, answered, asked, staged
from tests.cli.tui.test_pictures import SESSION, in_utc, looks, still

__all__ = ["in_utc"]
BESIDE = Desk(beside=("cards", "facts"))
ASIDES = (
    CardWritten(
        agent="cards", turn_id="t1", title="Trip to Lisbon", text="May 3 to 9, two people\nFlight not booked"
    ),
    FactsNoted(agent="facts", turn_id="t1", facts=["The user travels with Ana.", "Ana lives in Porto."]),
)


def pane(stage: Stage) -> str:
    return str(stage.app.screen_stack[0].query_one(SidePane).query_one("Static").render())


async def told(stage: Stage) -> None:
    for aside in ASIDES:
        await stage.conversation.change(stage.session_id, NoteAside(aside=aside))


@pytest.mark.parametrize("size", [(120, 30), (80, 24)], ids=["wide", "narrow"])
async def test_it_looks_as_it_did(tmp_path: Path, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with still(tmp_path, asked(*answered("Have a good time!")), desk=BESIDE, size=size) as stage:
        await stage.type("We go to Lisbon from May 3 to 9, Ana and I.")
        await stage.shows("Have a good time!")
        await told(stage)
        await stage.until(lambda: "Ana lives in Porto." in pane(stage))
        await looks(stage, snapshot)


async def test_it_says_who_follows_until_they_tell_something(tmp_path: Path) -> None:
    async with staged(tmp_path, desk=BESIDE) as stage:
        await stage.until(lambda: "cards, facts: nothing yet." in pane(stage))


async def test_without_agents_beside_the_talk_there_is_none_and_with_an_earlier_runs_cards_there_is(
    tmp_path: Path,
) -> None:
    async with still(tmp_path) as stage:
        assert not stage.app.screen.query(SidePane)
        await told(stage)
    async with staged(tmp_path, session_id=SESSION) as stage:
        await stage.until(lambda: "Trip to Lisbon" in pane(stage))


def test_hostile_words_are_shown_and_not_obeyed_and_the_oldest_are_left_to_the_log() -> None:
    cards = [
        CardEntry(agent="c\x1b[2J", turn_id="t", title=f"n{number}", text="[bold]\x1b[31m")
        for number in range(300)
    ]
    text = drawn(cards, ())
    assert "\x1b" not in text.plain
    assert "[bold]" in text.plain
    assert text.plain.count("\nn") == MOST_SHOWN
    assert "n299" in text.plain


async def test_a_talk_goes_on_with_another_agent(tmp_path: Path) -> None:
    desk = Desk(agents=("assistant", "cards"), agent="assistant")
    async with staged(tmp_path, desk=desk) as stage:
        await stage.type("/agent cards")
        await stage.until(lambda: stage.app.return_value is not None)
        assert stage.app.return_value == GoOn(session_id=stage.session_id, flags={"agent": "cards"})


async def test_the_agents_are_a_list_to_choose_from(tmp_path: Path) -> None:
    desk = Desk(agents=("assistant", "cards"), agent="assistant")
    async with staged(tmp_path, desk=desk) as stage:
        await stage.type("/agent")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.pilot.press("down", "enter")
        await stage.until(lambda: stage.app.return_value is not None)
        assert stage.app.return_value == GoOn(session_id=stage.session_id, flags={"agent": "cards"})


async def test_an_agent_that_does_not_fit_is_refused_in_place_and_the_talk_stays(tmp_path: Path) -> None:
    # J3
    def refuse(name: str) -> dict[str, str | None]:
        raise InvalidArguments(f"There is no agent {name!r}.")

    async with staged(tmp_path, desk=replace(BESIDE, with_agent=refuse)) as stage:
        await stage.type("/agent nobody")
        await stage.shows("There is no agent 'nobody'.")
