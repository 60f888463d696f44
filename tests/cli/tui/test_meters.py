"""How loud it is on both sides, as two signs at the top."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from realtime_chat.cli.tui.widgets.strip import bar
from tests.cli.tui.stage import staged


class Card:
    """Says what it is told to say, once it may."""

    def __init__(self, measured: Mapping[str, float]) -> None:
        self.may_speak = asyncio.Event()
        self._measured = measured

    async def watch(self, tell: Callable[[str], None], levels: Callable[[Mapping[str, float]], None]) -> None:
        await self.may_speak.wait()
        levels(self._measured)
        tell("The microphone is back.")

    def hands_free(self, on: bool) -> None:
        pass


@pytest.mark.parametrize(("db", "sign"), [(-120, " "), (-60, " "), (-33, "▄"), (-6, "█"), (0, "█")])
def test_a_sign_grows_with_the_loudness(db: float, sign: str) -> None:
    assert bar(db) == sign


async def test_both_meters_move_and_the_cards_words_stand_in_the_transcript(tmp_path: Path) -> None:
    card = Card({"microphone": -33.2, "speaker": -6.0})
    async with staged(tmp_path, mode="voice", card=card) as stage:
        card.may_speak.set()
        await stage.until(lambda: "mic ▄ spk █" in stage.strip)
        await stage.shows("The microphone is back.")
