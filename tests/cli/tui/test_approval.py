"""The approval card: it shows the exact call, answers only when it is meant, and holds nothing up."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_chat.cli.tui.widgets.approval import ApprovalCard
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.messages import CreateItem, CreateResponse
from realtime_chat.core.transports.scripted import Step, expect
from realtime_chat.core.virtual_audio import VirtualSource
from realtime_chat.tools.base import Surroundings, tool
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.grants import GrantBook
from realtime_chat.tools.permission import Policy
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner
from tests.cli.tui.bound import key_of
from tests.cli.tui.stage import BANNER, Stage, answered, asked, called, staged

WISH = json.dumps({"path": "plan.txt", "text": "[red]hi\x1b[2J"})
OTHER = json.dumps({"path": "other.txt"})


class Desk:
    """A toolbox with one tool that writes; `wrote` is where it did."""

    def __init__(self, folder: Path) -> None:
        self.wrote: list[str] = []

        @tool(need="write", target="path")
        async def write(path: str, text: str = "") -> str:
            """Write."""
            self.wrote.append(path)
            return "written"

        place = Surroundings(workspace=folder, data_dir=folder / "data", clock=SystemClock())
        permissions = Permissions(
            policy=Policy(mode="ask"), book=GrantBook(place.data_dir, folder), workspace=folder
        )
        self.toolbox = Runner(Registry([write]), place, permissions=permissions)


def then(*answers: wire.Incoming) -> list[Step]:
    """What the model says to a tool's output."""
    return [*expect(CreateItem), *expect(CreateResponse, *answers)]


def card(stage: Stage) -> ApprovalCard:
    return stage.app.screen_stack[0].query_one(ApprovalCard)


def words(stage: Stage) -> str:
    return str(card(stage).query_one("Static").render())


async def waits(stage: Stage, text: str = "plan.txt") -> None:
    await stage.until(lambda: card(stage).display and text in words(stage))


@pytest.mark.parametrize(
    ("key", "runs"),
    [
        (key_of("allow_once"), True),
        (key_of("allow_session"), True),
        (key_of("allow_always"), True),
        (key_of("deny"), False),
        (key_of("deny", "escape"), False),
    ],
)
async def test_a_key_on_the_focused_card_answers(tmp_path: Path, key: str, runs: bool):
    # P18, P19
    desk = Desk(tmp_path)
    script = [*asked(*called("write", WISH)), *then(*answered("So be it.", 2))]
    async with staged(tmp_path, script, toolbox=desk.toolbox) as stage:
        await stage.type("Write it")
        await waits(stage)
        await stage.shows("waits for your word")
        assert "asking" in stage.strip
        await stage.pilot.press("tab", key)
        await stage.shows("So be it.", "→ written" if runs else "→ The user did not allow")
        assert desk.wrote == (["plan.txt"] if runs else [])
        assert not card(stage).display
        assert stage.draft.has_focus
        kept = tmp_path / "data" / "grants.json"
        assert kept.exists() == (key == key_of("allow_always"))


async def test_the_card_shows_the_call_inert_and_what_a_lasting_word_covers(tmp_path: Path):
    script = asked(*called("write", WISH))
    async with staged(tmp_path, script, toolbox=Desk(tmp_path).toolbox) as stage:
        await stage.type("Write it")
        await waits(stage)
        shown = words(stage)
        assert 'write {"path":"plan.txt","text":"[red]hi' in shown
        assert "\x1b" not in shown
        assert "It changes something." in shown
        assert 'a and p cover write with {"path": "plan.txt"}, whatever its other arguments are.' in shown


async def test_one_types_on_while_a_call_waits_and_no_letter_allows_it(tmp_path: Path):
    # USERS: the input line does not move, and keeps the focus
    desk = Desk(tmp_path)
    script = asked(*called("write", WISH))
    async with staged(tmp_path, script, toolbox=desk.toolbox) as stage:
        await stage.pilot.press("h")
        before = stage.draft.region
        stage.draft.value = ""
        await stage.type("Write it")
        await waits(stage)
        await stage.pilot.press("y", "a", "p")
        assert stage.draft.value == "yap"
        assert stage.draft.region == before
        assert card(stage).display
        assert desk.wrote == []


async def test_escape_in_the_line_cuts_the_turn_and_the_card_goes(tmp_path: Path):
    # M4, P20
    desk = Desk(tmp_path)
    script = asked(*called("write", WISH))
    async with staged(tmp_path, script, toolbox=desk.toolbox) as stage:
        await stage.type("Write it")
        await waits(stage)
        await stage.pilot.press("escape")
        await stage.shows("interrupted before the tool ended")
        await stage.until(lambda: not card(stage).display and "ready" in stage.strip)
        assert desk.wrote == []


async def test_typing_another_wish_cuts_the_one_that_waits(tmp_path: Path):
    desk = Desk(tmp_path)
    script = [*asked(*called("write", WISH)), *asked(*answered("Noon.", 2))]
    async with staged(tmp_path, script, toolbox=desk.toolbox) as stage:
        await stage.type("Write it")
        await waits(stage)
        await stage.type("No, the time")
        await stage.shows("Noon.")
        assert not card(stage).display
        assert desk.wrote == []


async def test_a_second_question_needs_the_card_to_be_focused_anew(tmp_path: Path):
    desk = Desk(tmp_path)
    again = called("write", OTHER, 2)
    script = [*asked(*called("write", WISH)), *then(*again), *then(*answered("Done.", 3))]
    async with staged(tmp_path, script, toolbox=desk.toolbox) as stage:
        await stage.type("Write both")
        await waits(stage)
        await stage.pilot.press("tab", "y", "y")  # the second one is a letter in the line
        await waits(stage, "other.txt")
        assert desk.wrote == ["plan.txt"]
        assert stage.draft.value == "y"
        await stage.pilot.press("tab", "n")
        await stage.shows("Done.")
        assert desk.wrote == ["plan.txt"]


async def test_one_talks_on_while_the_card_has_the_focus(tmp_path: Path):
    # USERS: voice does not swallow the card's keys, the card not voice's
    desk = Desk(tmp_path)
    hearing = replace(BANNER, microphone="USB", audio_note="")
    script = asked(*called("write", WISH))
    source = VirtualSource()
    async with staged(
        tmp_path, script, mode="voice", toolbox=desk.toolbox, source=source, banner=hearing
    ) as stage:
        await stage.type("Write it")
        await waits(stage)
        await stage.pilot.press("tab", "space")
        await stage.until(lambda: "listening" in stage.strip)  # a new wish: the old one is cut
        assert desk.wrote == []
        source.end()


async def test_another_key_can_be_given_to_an_answer(tmp_path: Path):
    desk = Desk(tmp_path)
    script = [*asked(*called("write", WISH)), *then(*answered("So be it.", 2))]
    keymap = {"allow_once": "f5"}
    async with staged(tmp_path, script, toolbox=desk.toolbox, keymap=keymap) as stage:
        await stage.type("Write it")
        await waits(stage)
        await stage.pilot.press("tab", "y", "f5")
        await stage.shows("So be it.")
        assert desk.wrote == ["plan.txt"]


async def test_who_joins_while_a_call_waits_sees_the_card(tmp_path: Path):
    # C24, X26: the session has the question, not who looks at it
    desk = Desk(tmp_path)
    script = asked(*called("write", WISH))
    async with staged(tmp_path, script, toolbox=desk.toolbox) as stage:
        await stage.type("Write it")
        await waits(stage)
        joined = type(stage.app)(stage.conversation, stage.session_id, mode="text", banner=BANNER)
        async with joined.run_test() as pilot:
            await pilot.pause()
            assert joined.query_one(ApprovalCard).display
