"""Keys ask the conversation, and never do two things at once."""

from dataclasses import replace
from pathlib import Path

from textual.events import Paste

from realtime_chat.core.messages import (
    CancelResponse,
    CommitAudio,
    CreateItem,
    ResponseDone,
)
from realtime_chat.core.transports.scripted import expect
from tests.cli.tui.bound import key_of
from tests.cli.tui.stage import BANNER, answered, asked, begun, staged

SECOND = b"\x00\x00" * 24_000
CUT = ResponseDone(response_id="r1", status="cancelled", reason="client_cancelled")
HEARING = replace(BANNER, microphone="USB", audio_note="")


async def test_escape_cuts_an_answer_and_says_so(tmp_path: Path):
    script = [*asked(*begun("Once upon a time")), *expect(CancelResponse)]
    async with staged(tmp_path, script) as stage:
        await stage.type("A story")
        await stage.shows("Once upon a time")
        await stage.pilot.press(key_of("interrupt"))
        await stage.shows("(interrupted)")
        await stage.pilot.press("escape")
        await stage.until(lambda: "ready" in stage.strip)
        assert stage.app.is_running
        assert [type(one) for one in stage.transport.sent].count(CancelResponse) == 1


async def test_sending_while_an_answer_runs_cuts_it_first(tmp_path: Path):
    script = [*asked(*begun("Once upon")), *expect(CancelResponse, CUT), *asked(*answered("Noon.", 2))]
    async with staged(tmp_path, script) as stage:
        await stage.type("A story")
        await stage.shows("Once upon")
        await stage.type("No, the time")
        await stage.shows("Once upon (interrupted)", "No, the time", "Noon.")


async def test_ctrl_c_cuts_then_clears_then_asks_then_quits(tmp_path: Path):
    script = [*asked(*begun("Once upon")), *expect(CancelResponse)]
    async with staged(tmp_path, script) as stage:
        await stage.type("A story")
        await stage.shows("Once upon")
        stage.draft.value = "half a thought"
        await stage.pilot.press(key_of("step_back"))
        await stage.shows("(interrupted)")
        assert stage.draft.value == "half a thought"
        await stage.pilot.press(key_of("step_back"))
        assert stage.draft.value == ""
        await stage.pilot.press(key_of("step_back"))
        assert "Ctrl+C again" in stage.hint
        await stage.pilot.press(key_of("step_back"))
        assert stage.app.return_value == 130


async def test_any_other_key_takes_the_quitting_back(tmp_path: Path):
    async with staged(tmp_path) as stage:
        await stage.pilot.press("ctrl+c", "escape")
        assert "again" not in stage.hint
        await stage.pilot.press(key_of("step_back"))
        assert stage.app.return_value is None
        assert stage.app.is_running


async def test_ctrl_d_quits_on_an_empty_line_only(tmp_path: Path):
    async with staged(tmp_path) as stage:
        stage.draft.value = "word"
        await stage.pilot.press(key_of("leave"))
        assert stage.app.is_running
        stage.draft.value = ""
        await stage.pilot.press(key_of("leave"))
        assert stage.app.return_value == 0


async def test_space_without_a_microphone_says_why_and_goes_on(tmp_path: Path):
    async with staged(tmp_path, mode="voice") as stage:
        await stage.pilot.press("space")
        await stage.shows("You cannot be heard. PortAudio is missing.")
        assert stage.draft.value == ""


async def test_space_inside_a_draft_is_a_space(tmp_path: Path):
    async with staged(tmp_path, mode="voice", banner=HEARING) as stage:
        await stage.pilot.press("a", "space", "b")
        assert stage.draft.value == "a b"
        assert "listening" not in stage.strip


async def test_space_opens_the_microphone_and_the_next_sends_what_was_said(tmp_path: Path):
    async with staged(tmp_path, expect(CommitAudio), mode="voice", banner=HEARING) as stage:
        await stage.pilot.press(key_of("talk"))
        assert "listening" in stage.strip
        await stage.conversation.append_audio(stage.session_id, SECOND)
        await stage.pilot.press("space")
        await stage.until(lambda: any(isinstance(one, CommitAudio) for one in stage.transport.sent))
        assert "thinking" in stage.strip


async def test_escape_forgets_what_is_being_said(tmp_path: Path):
    async with staged(tmp_path, mode="voice", banner=HEARING) as stage:
        await stage.pilot.press("space")
        await stage.conversation.append_audio(stage.session_id, SECOND)
        await stage.pilot.press("escape", "space", "space")
        await stage.shows("no buffered audio")


async def test_without_a_microphone_no_key_is_for_talking(tmp_path: Path):
    async with staged(tmp_path, mode="voice") as stage:
        await stage.until(lambda: "voice mode" in stage.strip and "Enter send" in stage.hint)
        assert "Space" not in stage.hint


async def test_ctrl_t_changes_between_text_and_voice(tmp_path: Path):
    async with staged(tmp_path, banner=HEARING) as stage:
        await stage.pilot.press(key_of("other_mode"))
        await stage.until(lambda: "voice mode" in stage.strip and "Space talk" in stage.hint)
        await stage.pilot.press(key_of("other_mode"))
        await stage.until(lambda: "text mode" in stage.strip)


async def test_help_lies_over_the_talk_and_goes_with_escape(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("It is noon."))) as stage:
        stage.draft.value = "Time?"
        await stage.pilot.press("f1")
        assert len(stage.app.screen_stack) == 2
        await stage.pilot.press("escape", "enter")
        await stage.shows("It is noon.")


async def test_pasted_lines_stay_lines_and_none_is_lost(tmp_path: Path):
    script = asked(*answered("Read."))
    async with staged(tmp_path, script) as stage:
        stage.app.post_message(Paste("one\ntwo\n" + "three " * 2000))
        await stage.until(lambda: stage.draft.value.startswith("one\ntwo\nthree"))
        await stage.pilot.press("enter")
        await stage.shows("Read.")
        (sent,) = [one for one in stage.transport.sent if isinstance(one, CreateItem)]
        assert sent.item.text == ("one\ntwo\n" + "three " * 2000).strip()
