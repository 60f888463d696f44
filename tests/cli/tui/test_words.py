"""Words behind a slash on the screen: each does what it says, and none of them reaches the model."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import OptionList, Static

from realtime_chat.cli import slash
from realtime_chat.cli.words.desk import Desk, GoOn
from realtime_chat.cli.words.device_line import Line
from realtime_chat.core.errors import ConfigError
from realtime_chat.core.messages import Configure, CreateItem, UpdateInstructions, UpdateTools
from realtime_chat.core.options import ToolSchema
from realtime_chat.core.transports.scripted import expect, hang
from tests.cli.tui.bound import key_of
from tests.cli.tui.stage import BANNER, Stage, Tools, answered, asked, called, staged
from tests.core.test_images import PNG

HEARING = replace(BANNER, microphone="USB", audio_note="")


async def looked_up() -> list[str]:
    return ["sound        ok", "data folder  ok"]


DESK = Desk(
    tools=lambda: ["get_time: The time.", "note\x1b[31m: Keep a note."],
    permissions=lambda: ["ask: you are asked."],
    devices=lambda: [Line("input", "USB"), Line("output", "HDMI")],
    doctor=looked_up,
    voices=("cedar", "marin"),
)


def nothing_was_sent(stage: Stage) -> bool:
    return not any(isinstance(one, CreateItem) for one in stage.transport.sent)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/tools", "get_time: The time."),
        ("/mcp", "There are no MCP servers"),
        ("/permissions", "ask: you are asked."),
        ("/doctor", "data folder  ok"),
        ("/status", "push-to-talk"),
        ("/cost", "0 tokens"),
        ("/model", "local · parrot"),
        ("/theme", "textual-light"),
        ("/instructions", "There are no instructions."),
        ("/mute", "In text mode the microphone is closed already"),
        ("/theem", "There is no /theem; nothing was sent. Did you mean /theme?"),
        ("/copy 3", "There is no such answer to copy."),
        ("/copy it", "/copy takes a number"),
        ("/devices USB", "/devices in NAME, or /devices out NAME"),
        ("/voice two words", "That is no name."),
        ("/resume nowhere", "nowhere"),
    ],
)
async def test_a_word_tells_and_nothing_is_sent(tmp_path: Path, typed: str, told: str):
    async with staged(tmp_path, desk=DESK, size=(120, 40)) as stage:
        await stage.type(typed)
        await stage.shows(told)
        assert nothing_was_sent(stage)


async def test_a_path_is_meant_for_the_model(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("A list of users."))) as stage:
        await stage.type("/etc/passwd is what?")
        await stage.shows("A list of users.")


async def test_a_wrong_word_stays_to_be_mended_and_a_right_one_goes(tmp_path: Path):
    async with staged(tmp_path) as stage:
        await stage.type("/theem")
        await stage.shows("Did you mean")
        assert stage.draft.value == "/theem"
        await stage.type("/theme textual-light")
        await stage.until(lambda: stage.app.theme == "textual-light")
        assert stage.draft.value == ""


async def test_text_and_voice_change_the_mode(tmp_path: Path):
    async with staged(tmp_path, [hang()], banner=HEARING) as stage:
        await stage.type("/voice")
        await stage.until(lambda: "voice mode" in stage.strip)
        await stage.type("/vad")
        await stage.until(lambda: "listening" in stage.strip)
        await stage.type("/mute")
        await stage.until(lambda: "muted" in stage.strip)
        await stage.type("/ptt")
        await stage.until(lambda: "Space talk" in stage.hint)
        await stage.type("/text")
        await stage.until(lambda: "text mode" in stage.strip)


async def test_instructions_reach_the_model_and_hold(tmp_path: Path):
    async with staged(tmp_path, expect(UpdateInstructions)) as stage:
        await stage.type("/instructions Answer in rhymes.")
        await stage.shows("The assistant was told so")
        await stage.type("/instructions")
        await stage.shows("Answer in rhymes.")


async def test_a_tool_is_taken_from_the_model_and_given_back(tmp_path: Path):
    schemas = tuple(ToolSchema(name=name, description="", parameters={}) for name in ("clock", "bell"))
    desk = Desk(schemas=lambda: schemas)
    async with staged(tmp_path, [*expect(UpdateTools), *expect(UpdateTools)], desk=desk) as stage:
        await stage.type("/tools on bell")
        await stage.shows("bell is on")
        await stage.type("/tools off bell")
        await stage.shows("bell is off")
        await stage.type("/tools off whistle")
        await stage.shows("/tools on NAME, or /tools off NAME")
    told = [[tool.name for tool in one.tools] for one in stage.transport.sent if isinstance(one, UpdateTools)]
    assert told == [["bell"], []]


async def test_a_picture_is_shown_with_its_question(tmp_path: Path):
    (tmp_path / "my cat.png").write_bytes(PNG)
    async with staged(tmp_path / "sessions", asked(*answered("A cat."))) as stage:
        await stage.type(f'/image "{tmp_path}/nobody.png" what')
        await stage.shows("nobody.png cannot be read")
        await stage.type(f'/image "{tmp_path}/my cat.png" what is this')
        await stage.shows("what is this")
        await stage.shows("[my cat.png, PNG, 1 kB]")
        await stage.shows("A cat.")
        (item,) = (one.item for one in stage.transport.sent if isinstance(one, CreateItem))
        assert [image.data for image in item.images] == [PNG]


async def test_a_name_is_kept_with_the_talk(tmp_path: Path):
    async with staged(tmp_path) as stage:
        await stage.type("/rename the trip")
        await stage.shows("This talk is called the trip.")
        assert stage.conversation.history(stage.session_id).name == "the trip"
        await stage.type("/rename")
        await stage.shows("no name any more")


async def test_the_talk_is_written_to_a_new_file_only(tmp_path: Path):
    file = tmp_path / "talk.md"
    async with staged(tmp_path, asked(*answered("Noon."))) as stage:
        await stage.type("Time?")
        await stage.shows("Noon.")
        await stage.type(f"/export {file}")
        await stage.shows("Wrote this talk to")
        assert "Noon." in file.read_text(encoding="utf-8")
        assert file.stat().st_mode & 0o777 == 0o600
        await stage.type(f"/export {file}")
        await stage.shows("is there already")


async def test_the_last_answers_are_copied(tmp_path: Path):
    script = [*asked(*answered("Noon.")), *asked(*answered("One.", 2))]
    async with staged(tmp_path, script) as stage:
        for question in ("Time?", "And now?"):
            await stage.type(question)
            await stage.until(lambda: stage.conversation.status(stage.session_id).turn_id is None)
        await stage.type("/copy")
        await stage.until(lambda: stage.app.clipboard == "One.")
        await stage.type("/copy 2")
        await stage.until(lambda: stage.app.clipboard == "Noon.")


@pytest.mark.parametrize(
    ("typed", "flags"),
    [
        ("/new", {"mode": "text"}),
        ("/devices in USB Microphone", {"input_device": "USB Microphone"}),
        ("/model gpt-realtime", {"model": "gpt-realtime"}),
        ("/provider openai", {"provider": "openai", "url": None, "model": None, "voice": None}),
    ],
)
async def test_the_screen_is_left_for_what_comes_next(tmp_path: Path, typed: str, flags: dict[str, str]):
    async with staged(tmp_path) as stage:
        await stage.type(typed)
        await stage.until(lambda: stage.app.return_value is not None)
        here = None if typed == "/new" else stage.session_id
        assert stage.app.return_value == GoOn(session_id=here, flags=flags)


async def test_a_provider_that_cannot_serve_is_refused_and_the_talk_goes_on(tmp_path: Path):
    async def refuse(left: GoOn) -> None:
        raise ConfigError(f"{left.flags['provider']} needs an API key.")

    desk = replace(DESK, providers=("openai", "local"), check=refuse)
    async with staged(tmp_path, asked(*answered("Noon.")), desk=desk) as stage:
        await stage.type("/provider openai")
        await stage.shows("openai needs an API key.")
        await stage.pilot.press("ctrl+c")
        await stage.type("Time?")
        await stage.shows("Noon.")


async def test_a_fork_goes_on_where_this_talk_is(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("Noon."))) as stage:
        await stage.type("Time?")
        await stage.shows("Noon.")
        await stage.until(lambda: stage.conversation.status(stage.session_id).turn_id is None)
        await stage.type("/fork")
        await stage.until(lambda: stage.app.return_value is not None)
        left = stage.app.return_value
        assert isinstance(left, GoOn)
        assert left.session_id not in (None, stage.session_id)
        fork = stage.conversation.history(str(left.session_id))
        assert fork.parent is not None
        assert fork.parent.parent_id == stage.session_id


async def test_a_voice_is_asked_for_by_its_name(tmp_path: Path):
    async with staged(tmp_path, [*expect(Configure), hang()]) as stage:
        await stage.type("/voice cedar")
        await stage.shows("The voice is cedar")
        await stage.until(lambda: "voice mode" in stage.strip)
        assert stage.conversation.history(stage.session_id).voice == "cedar"


async def test_quit_leaves(tmp_path: Path):
    async with staged(tmp_path) as stage:
        await stage.type("/exit")
        await stage.until(lambda: stage.app.return_value == 0)


async def test_help_lists_keys_and_words(tmp_path: Path):
    async with staged(tmp_path, size=(120, 60)) as stage:
        await stage.type("/help")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.until(lambda: "/export [FILE]" in stage.top and "Ctrl+G" in stage.top)
        await stage.pilot.press("escape")
        await stage.until(lambda: len(stage.app.screen_stack) == 1)


async def test_every_word_does_something(tmp_path: Path):
    async with staged(tmp_path) as stage:
        vocabulary = stage.app._words  # pyright: ignore[reportPrivateUsage]
        assert set(vocabulary._actions) == {one.name for one in slash.WORDS}  # pyright: ignore[reportPrivateUsage]


async def test_the_palette_finds_the_words_too(tmp_path: Path):
    async with staged(tmp_path, size=(120, 40)) as stage:
        await stage.pilot.press("ctrl+p")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.pilot.press(*"/status")
        listed = stage.app.screen.query_one(OptionList)
        await stage.until(lambda: listed.option_count == 1 and "/status" in str(listed.options[0].prompt))
        await stage.pilot.press("enter")
        await stage.until(lambda: len(stage.app.screen_stack) == 1)
        await stage.shows("push-to-talk")


async def test_a_device_is_chosen_on_its_screen_and_the_talk_goes_on_with_it(tmp_path: Path):
    async with staged(tmp_path, desk=DESK) as stage:
        await stage.type("/devices")
        await stage.until(
            lambda: len(stage.app.screen_stack) == 2 and bool(stage.app.screen.query(OptionList))
        )
        await stage.until(lambda: stage.app.screen.query_one(OptionList).option_count == 2)
        await stage.pilot.press("down", "enter")
        await stage.until(lambda: stage.app.return_value is not None)
        assert stage.app.return_value == GoOn(session_id=stage.session_id, flags={"output_device": "HDMI"})


async def test_another_talk_is_picked_and_the_screen_goes_on_with_it(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("It rained in Lisbon."))) as stage:
        await stage.type("How was the trip?")
        await stage.shows("Lisbon")
        await stage.until(lambda: stage.conversation.status(stage.session_id).turn_id is None)
        earlier = stage.session_id
    async with staged(tmp_path) as stage:
        await stage.type("/resume")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.pilot.press(*"lisbon")
        listed = stage.app.screen.query_one(OptionList)
        await stage.until(
            lambda: listed.option_count == 1 and "trip" in str(listed.get_option_at_index(0).prompt)
        )
        await stage.pilot.press("enter")
        await stage.until(lambda: stage.app.return_value is not None)
        assert stage.app.return_value == GoOn(session_id=earlier)


async def test_the_statistics_lie_over_the_talk_and_page_keys_are_theirs(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("Noon."))) as stage:
        await stage.type("Time?")
        await stage.shows("Noon.")
        await stage.type("/stats")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.until(
            lambda: "turns" in str(stage.app.screen.query_one("#summary", Static).render()).lower()
        )
        assert stage.app.check_action("look", ("page_up",)) is False
        await stage.pilot.press("escape")
        await stage.until(lambda: len(stage.app.screen_stack) == 1)


async def test_words_are_found_in_the_talk_and_escape_ends_the_looking(tmp_path: Path):
    script = [*asked(*answered("Noon in Lisbon.")), *asked(*answered("Lisbon again.", 2))]
    async with staged(tmp_path, script) as stage:
        for text, answer in (("Where?", "Noon in Lisbon."), ("And now?", "Lisbon again.")):
            await stage.type(text)
            await stage.shows(answer)
            await stage.until(lambda: stage.conversation.status(stage.session_id).turn_id is None)
        await stage.type("/find lisbon")
        await stage.shows("2 hits; F3 goes to the next, Esc ends it.")
        await stage.pilot.press(key_of("next_hit"), key_of("hit_before"), "escape")
        await stage.type("/find atlantis")
        await stage.shows("That was not said in this talk.")


async def test_a_tool_card_opens_and_folds(tmp_path: Path):
    tools = Tools("one\ntwo\nthree\nfour\nfive\nsix")
    tools.may_end.set()
    script = [*asked(*called("read_file", '{"path": "a"}')), *asked(*answered("Read.", 2))]
    async with staged(tmp_path, script, toolbox=tools, size=(80, 40)) as stage:
        await stage.type("Read it")
        await stage.shows("Read.")
        assert "six" not in stage.screen
        await stage.pilot.press(key_of("fold"))
        await stage.shows("six")
        await stage.pilot.press(key_of("fold"))
        await stage.until(lambda: "six" not in stage.screen)


async def test_one_jumps_from_turn_to_turn(tmp_path: Path):
    script = [
        *asked(*answered("\n\n".join(["long"] * 20))),
        *asked(*answered("\n\n".join(["longer"] * 20), 2)),
    ]
    async with staged(tmp_path, script) as stage:
        for text, answer in (("First?", "long"), ("Second?", "longer")):
            await stage.type(text)
            await stage.shows(answer)
            await stage.until(lambda: stage.conversation.status(stage.session_id).turn_id is None)
        assert "Second?" not in stage.screen
        await stage.pilot.press("alt+up")
        await stage.shows("Second?")
        await stage.pilot.press("alt+up")
        await stage.shows("First?")
        await stage.until(lambda: "Ctrl+End follows" in stage.hint)
        await stage.type("/status")
        await stage.until(lambda: "1 new below" in stage.hint)
        await stage.pilot.press("ctrl+end")
        await stage.until(lambda: "follows" not in stage.hint and "Session" in stage.screen)


async def test_a_voice_is_picked_from_those_that_there_are(tmp_path: Path):
    async with staged(tmp_path, [hang()], mode="voice", desk=DESK) as stage:
        await stage.type("/voice")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.pilot.press("down", "enter")
        await stage.shows("The voice is marin")
        await stage.type("/voice")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.pilot.press(key_of("close_choice"))
        await stage.until(lambda: len(stage.app.screen_stack) == 1)
        assert stage.conversation.history(stage.session_id).voice == "marin"


async def test_another_model_is_picked_and_the_talk_goes_on_with_it(tmp_path: Path):
    desk = Desk(models=("parrot", "raven"))
    async with staged(tmp_path, desk=desk) as stage:
        await stage.type("/model")
        await stage.until(lambda: len(stage.app.screen_stack) == 2)
        await stage.pilot.press("down", "enter")
        await stage.until(lambda: stage.app.return_value is not None)
        assert stage.app.return_value == GoOn(session_id=stage.session_id, flags={"model": "raven"})


async def test_a_talk_is_paused_and_goes_on_over_another_connection(tmp_path: Path):
    async with staged(tmp_path, [hang()]) as stage:
        await stage.type("/pause")
        await stage.until(lambda: "paused" in stage.strip)
        await stage.type("/pause")
        await stage.until(lambda: "paused" not in stage.strip)
