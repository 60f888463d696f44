"""The screen of microphones and speakers."""

from collections.abc import Sequence

import pytest
from textual.app import App
from textual.widgets import OptionList, Static

from realtime_chat.cli.tui.screens.devices import Chosen, DevicesScreen, meter
from realtime_chat.cli.words.device_line import Line
from realtime_chat.core.events import LevelMeasured
from tests.cli.tui.bound import key_of
from tests.waiting import eventually

LINES = [
    Line("output", "HDMI", index=0),
    Line("input", "USB \x1b[31mHeadset", is_default=True, index=1),
    Line("output", "Built-in", is_default=True, index=2),
]


class Stage(App[Chosen | None]):
    """The screen alone."""

    def __init__(self, lines: Sequence[Line] = LINES) -> None:
        super().__init__()
        self.lines = list(lines)
        self.level = LevelMeasured(input_db=-30.0, output_db=-120.0)

    def on_mount(self) -> None:
        screen = DevicesScreen(lambda: self.lines, lambda: self.level, [Line("output", "Built-in", index=2)])
        self.push_screen(screen, self.exit)  # pyright: ignore[reportUnknownMemberType]

    def rows(self) -> list[str]:
        listed = self.screen.query_one(OptionList)
        return [str(listed.get_option_at_index(index).prompt) for index in range(listed.option_count)]

    async def until_listed(self, count: int) -> None:
        await eventually(
            lambda: (
                bool(self.screen.query(OptionList))
                and self.screen.query_one(OptionList).option_count == count
            )
        )


async def test_it_lists_what_there_is_and_what_is_used_and_default() -> None:
    app = Stage()
    async with app.run_test(size=(80, 24)):
        await app.until_listed(3)
        assert app.rows() == [
            "microphone USB \u241b[31mHeadset  default",
            "speaker    HDMI",
            "speaker    Built-in  in use, default",
        ]
        levels = str(app.screen.query_one("#levels", Static).render())
        assert "-30 dB" in levels
        assert "silence" in levels


async def test_enter_chooses_and_escape_does_not() -> None:
    app = Stage()
    async with app.run_test() as pilot:
        await app.until_listed(3)
        await pilot.press("down", "enter")
    assert app.return_value == Chosen("output", "HDMI")
    app = Stage()
    async with app.run_test() as pilot:
        await app.until_listed(3)
        await pilot.press(key_of("close_devices"))
    assert app.return_value is None


async def test_two_of_one_name_are_told_apart_by_their_numbers() -> None:
    app = Stage([Line("output", "Built-in", index=2), Line("output", "Built-in", index=5)])
    async with app.run_test(size=(80, 24)) as pilot:
        await app.until_listed(2)
        assert app.rows() == [
            "speaker    Built-in, number 2  in use",
            "speaker    Built-in, number 5",
        ]
        await pilot.press("down", "enter")
    assert app.return_value == Chosen("output", "5")


async def test_what_comes_meanwhile_is_found_by_looking_again() -> None:
    app = Stage([])
    async with app.run_test() as pilot:
        await app.until_listed(0)
        await eventually(lambda: "no sound device" in str(app.screen.query_one("#told", Static).render()))
        app.lines = list(LINES)
        await pilot.press(key_of("refresh_devices"))
        await app.until_listed(3)


@pytest.mark.parametrize(("db", "shown"), [(-120, "silence"), (-60, "silence"), (-30, "-30 dB"), (0, "0 dB")])
def test_a_meter_says_in_words_what_it_draws(db: float, shown: str) -> None:
    drawn = meter("speaker", db).plain
    assert drawn.endswith(shown)
    assert len(drawn) == len("speaker    ") + 30 + 1 + len(shown)
