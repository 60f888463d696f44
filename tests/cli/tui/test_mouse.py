"""The mouse is for those who like it: it scrolls, and selects words that Ctrl+C copies."""

from pathlib import Path

from textual.events import MouseScrollUp

from realtime_chat.cli.tui.widgets.transcript import Transcript
from tests.cli.tui.bound import key_of
from tests.cli.tui.stage import Stage, answered, asked, staged

SOME = "one two three\n\nfour five six"


async def drag(stage: Stage, start: tuple[int, int], end: tuple[int, int]) -> None:
    await stage.pilot.mouse_down(Transcript, start)
    await stage.pilot.hover(Transcript, end)
    await stage.pilot.mouse_up(Transcript, end)


def place(stage: Stage, words: str) -> tuple[int, int]:
    """Where they begin, counted from the corner of the transcript."""
    lines = stage.screen.splitlines()
    row = next(number for number, line in enumerate(lines) if words in line)
    return lines[row].index(words) + 1, row  # a cell of padding


async def test_words_are_selected_with_the_mouse_and_copied_without_their_label(tmp_path: Path) -> None:
    async with staged(tmp_path, asked(*answered(SOME))) as stage:
        await stage.type("Count")
        await stage.shows("four five six")
        x, y = place(stage, "six")
        await drag(stage, place(stage, "two"), (x - 1, y))
        await stage.pilot.press(key_of("step_back"))
        await stage.until(lambda: stage.app.clipboard == "two three\n\nfour five")
        await stage.shows("Copied 20 characters")
        assert stage.app.screen.selections == {}
        assert stage.draft.has_focus
        assert stage.app.is_running


async def test_escape_lets_go_of_what_is_selected_before_anything_else(tmp_path: Path) -> None:
    async with staged(tmp_path, asked(*answered(SOME))) as stage:
        await stage.type("Count")
        await stage.shows("four five six")
        await drag(stage, place(stage, "one"), place(stage, "three"))
        assert stage.app.screen.get_selected_text() == "one two t"
        await stage.pilot.press("escape")
        assert stage.app.screen.get_selected_text() is None


async def test_the_wheel_looks_back(tmp_path: Path) -> None:
    words = "\n".join(f"line {number}" for number in range(60))
    async with staged(tmp_path, asked(*answered(words))) as stage:
        await stage.type("Count")
        await stage.shows("line 59")
        transcript = stage.app.query_one(Transcript)
        for _ in range(5):
            transcript.post_message(
                MouseScrollUp(transcript, 5, 5, 0, -1, 0, shift=False, meta=False, ctrl=False)
            )
        await stage.until(lambda: "line 59" not in stage.screen and "Ctrl+End follows" in stage.hint)
