"""Each key does what it says, and each can be given to another one: none is forgotten."""

from dataclasses import replace
from pathlib import Path

from realtime_chat.cli.tui import keys
from realtime_chat.cli.tui.surface import BINDINGS
from realtime_chat.core.messages import CreateItem
from tests.cli.tui.bound import bindings, key_of, pressed
from tests.cli.tui.stage import BANNER, Stage, answered, asked, staged

HEARING = replace(BANNER, microphone="USB", audio_note="")


def test_every_key_has_an_id_of_its_own_and_may_be_given_to_another_one() -> None:
    ids = [one.id for one in bindings()]
    assert None not in ids
    assert len(set(ids)) == len(ids)
    assert {str(one) for one in ids} == set(keys.ids(BINDINGS))


def test_a_test_presses_every_key() -> None:
    """By `key_of`, so that it presses what is bound."""
    bound = {(str(one.id), key) for one in bindings() for key in one.key.split(",")}
    assert bound - set(pressed()) == set()


async def long_talk(stage: Stage) -> None:
    """Two turns, each longer than the view."""
    for text, answer in (("First?", "the first ends"), ("Second?", "the second ends")):
        await stage.type(text)
        await stage.shows(answer)
        await stage.until(lambda: stage.conversation.status(stage.session_id).turn_id is None)


async def test_one_looks_back_by_pages_and_turns_and_follows_again(tmp_path: Path) -> None:
    first, second = ("\n\n".join([*["words"] * 30, f"the {one} ends"]) for one in ("first", "second"))
    script = [*asked(*answered(first)), *asked(*answered(second, 2))]
    async with staged(tmp_path, script) as stage:
        await long_talk(stage)
        press = stage.pilot.press
        await press(key_of("scroll_up"))
        await stage.until(lambda: "the second ends" not in stage.screen)
        await press(key_of("scroll_down"))
        await stage.shows("the second ends")
        await press(key_of("turn_before"))
        await stage.shows("Second?")
        await press(key_of("turn_before"))
        await stage.shows("First?")
        await press(key_of("turn_after"))
        await stage.until(lambda: "Second?" in stage.screen.splitlines()[0])
        await press(key_of("beginning"))
        await stage.until(lambda: "Talking with" in stage.screen or "First?" in stage.screen)
        await press(key_of("follow"))
        await stage.shows("the second ends")
        assert stage.draft.has_focus


async def test_the_lines_own_keys_move_in_it(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.pilot.press("b", "home", "a", "end", "c", "left", "backspace")
        assert stage.draft.value == "ac"
        for number, key in enumerate(
            (key_of("newline"), key_of("newline", "ctrl+j"), key_of("newline", "alt+enter")), 2
        ):
            await stage.pilot.press("end", key)
            assert stage.draft.document.line_count == number


async def test_help_is_closed_by_each_of_its_keys(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        for key in (key_of("close_help"), key_of("close_help", "f1"), key_of("close_help", "enter")):
            await stage.pilot.press(key_of("help"))
            await stage.until(lambda: len(stage.app.screen_stack) == 2)
            await stage.pilot.press(key)
            await stage.until(lambda: len(stage.app.screen_stack) == 1)


async def test_what_cannot_be_edited_elsewhere_stays_as_it_is(tmp_path: Path) -> None:
    """Here the terminal cannot be lent; in test_leaving it is."""
    async with staged(tmp_path) as stage:
        stage.draft.value = "half a thought"
        await stage.pilot.press(key_of("edit"))
        await stage.shows("This terminal cannot be lent to an editor.")
        assert stage.draft.value == "half a thought"


async def test_sending_ends_with_an_empty_line_and_one_more_is_not_sent(tmp_path: Path) -> None:
    async with staged(tmp_path, asked(*answered("Hello."))) as stage:
        await stage.pilot.press("h", "i", key_of("send"))
        await stage.shows("Hello.")
        assert stage.draft.value == ""
        await stage.pilot.press(key_of("send"))
        assert [type(one) for one in stage.transport.sent].count(CreateItem) == 1


async def test_the_palette_runs_a_word_and_escape_closes_it(tmp_path: Path) -> None:
    async with staged(tmp_path, size=(120, 40)) as stage:
        await stage.pilot.press("ctrl+p")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.pilot.press("escape")
        await stage.until(lambda: len(stage.app.screen_stack) == 1)
