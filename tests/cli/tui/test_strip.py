"""The lines at the top: what the last turn took, what the talk cost, when another connection is tried."""

from pathlib import Path

import pytest

from realtime_chat.cli.tui.widgets.strip import figures
from realtime_chat.cli.words.desk import Desk
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.events import Usage
from realtime_chat.core.messages import CreateItem, CreateResponse, ResponseDone
from realtime_chat.core.prices import Price, PriceList
from realtime_chat.core.transports.scripted import drop, expect
from tests.cli.tui.stage import BANNER, answered, asked, begun, staged


@pytest.mark.parametrize(
    ("waited_ms", "usd", "shown"),
    [
        (None, None, ""),
        (840, None, "0.8 s  "),
        (None, 0.0, ""),
        (1250, 0.041, "1.2 s  $0.04  "),
    ],
)
def test_figures_are_shown_as_far_as_they_are_known(
    waited_ms: int | None, usd: float | None, shown: str
) -> None:
    assert figures(waited_ms, usd) == shown


async def test_after_a_turn_its_wait_and_the_cost_so_far_are_shown(tmp_path: Path):
    prices = PriceList({"parrot": Price(text_in=1e6, text_out=1e6)})
    used = ResponseDone(
        response_id="r1", status="completed", usage=Usage(input=1, output=2, input_text=1, output_text=2)
    )
    script = [*expect(CreateItem), *expect(CreateResponse, *begun("Noon."), used)]
    clock = VirtualClock()
    async with staged(tmp_path, script, clock=clock, desk=Desk(prices=prices), provider="parrots") as stage:
        await stage.type("Time?")
        await stage.until(lambda: "0.0 s  $3.00  parrots · parrot" in stage.strip)
        session_id = stage.session_id
    async with staged(tmp_path, session_id=session_id, desk=Desk(prices=prices), provider="parrots") as stage:
        await stage.until(lambda: "$3.00" in stage.strip)  # also of a talk that is taken up again


async def test_the_seconds_to_another_try_are_counted_down(tmp_path: Path):
    clock = VirtualClock()
    async with staged(tmp_path, [*asked(*answered("Noon.")), drop(1006, "gone")], clock=clock) as stage:
        await stage.type("Time?")
        await stage.until(lambda: "reconnecting 1 s" in stage.strip)
        assert BANNER.model in stage.strip
