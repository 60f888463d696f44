"""What one types: lines, earlier ones, completions, an editor."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key
from textual.widgets import Static

from realtime_chat.cli.tui.input_history import InputHistory
from realtime_chat.core.messages import CreateItem
from tests.cli.tui.bound import key_of
from tests.cli.tui.stage import Stage, answered, asked, staged


def listed(stage: Stage) -> str:
    """The completions that are shown."""
    shown = stage.app.screen_stack[0].query_one("#completions", Static)
    return str(shown.render()) if shown.display else ""


async def test_a_line_more_is_no_sending(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("Both."))) as stage:
        await stage.pilot.press("o", "n", "e", "ctrl+j", "t", "w", "o")
        assert stage.draft.value == "one\ntwo"
        await stage.pilot.press("enter")
        await stage.shows("Both.")
        (sent,) = [one for one in stage.transport.sent if isinstance(one, CreateItem)]
        assert sent.item.text == "one\ntwo"


async def test_keys_that_come_all_at_once_count_in_their_order(tmp_path: Path):
    # a terminal that pastes without brackets, or a fast typist on a slow line
    async with staged(tmp_path, asked(*answered("Noon."))) as stage:
        for key in ("a", "b", "enter", "c"):
            stage.app.post_message(Key(key, key if len(key) == 1 else "\r"))
        await stage.shows("Noon.")
        (sent,) = [one for one in stage.transport.sent if isinstance(one, CreateItem)]
        assert sent.item.text == "ab"


async def test_the_arrows_bring_back_what_was_typed_and_the_draft(tmp_path: Path):
    script = [*asked(*answered("A.")), *asked(*answered("B.", 2))]
    async with staged(tmp_path, script) as stage:
        for text, answer in (("first", "A."), ("second", "B.")):
            await stage.type(text)
            await stage.shows(answer)
            await stage.until(lambda: stage.conversation.status(stage.session_id).turn_id is None)
        stage.draft.value = "half"
        await stage.pilot.press("up")
        assert stage.draft.value == "second"
        await stage.pilot.press("up", "up", "up")
        assert stage.draft.value == "first"
        await stage.pilot.press("down", "down")
        assert stage.draft.value == "half"


async def test_a_resumed_talk_brings_back_what_was_typed_then(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("A."))) as stage:
        await stage.type("long ago")
        await stage.shows("A.")
        await stage.until(lambda: stage.conversation.status(stage.session_id).turn_id is None)
        session_id = stage.session_id
    async with staged(tmp_path, [], session_id=session_id) as stage:
        await stage.pilot.press("up")
        assert stage.draft.value == "long ago"


async def test_inside_several_lines_the_arrows_move(tmp_path: Path):
    async with staged(tmp_path) as stage:
        stage.draft.value = "one\ntwo"
        await stage.pilot.press("up")
        assert stage.draft.cursor_location[0] == 0
        assert stage.draft.value == "one\ntwo"


async def test_tab_completes_a_word_and_the_arrows_choose_another(tmp_path: Path):
    async with staged(tmp_path) as stage:
        await stage.pilot.press("slash", "r", "e")
        await stage.until(lambda: "/rename" in listed(stage) and "/resume" in listed(stage))
        await stage.pilot.press("down", key_of("complete"))
        assert stage.draft.value == "/resume"
        stage.draft.value = "hello"
        await stage.until(lambda: listed(stage) == "")


async def test_a_theme_completes_by_its_name(tmp_path: Path):
    async with staged(tmp_path) as stage:
        stage.draft.value = "/theme textual-l"
        await stage.until(lambda: "/theme textual-light" in listed(stage))
        await stage.pilot.press("tab", "enter")
        await stage.until(lambda: stage.app.theme == "textual-light")


@given(st.lists(st.text(min_size=1, max_size=5)), st.lists(st.booleans(), max_size=30))
def test_going_back_and_forth_ends_with_the_draft(lines: list[str], moves: list[bool]) -> None:
    history = InputHistory()
    for line in lines:
        history.add(line)
    at = "draft"
    for back in moves:
        at = (history.back(at) if back else history.forth()) or at
    while (line := history.forth()) is not None:
        at = line
    assert at == "draft"
