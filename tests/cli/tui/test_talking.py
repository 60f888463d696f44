"""What is said stands on the screen, as the log has it."""

from dataclasses import replace
from pathlib import Path

from realtime_chat.cli.tui.app import ChatApp
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core.messages import (
    AudioCommitted,
    CancelResponse,
    CommitAudio,
    CreateResponse,
    InputTranscript,
    InputTranscriptDelta,
    OutputText,
    ResponseDone,
)
from realtime_chat.core.transports.scripted import expect, hang
from tests.cli.tui.stage import BANNER, Stage, Tools, answered, asked, begun, called, staged


async def test_a_typed_turn_appears_on_both_sides(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("It is noon."))) as stage:
        await stage.type("What time is it?")
        await stage.shows("What time is it?", "It is noon.", "you", "assistant")
        await stage.until(lambda: "ready" in stage.strip)
        assert stage.draft.value == ""


async def test_what_could_not_be_had_is_told_before_the_talk(tmp_path: Path):
    banner = replace(BANNER, notes=("The tools of [red]mine.py are not used: line 1: \x1b[2Jno luck.",))
    async with staged(tmp_path, asked(*answered("Noon.")), banner=banner) as stage:
        await stage.shows("The tools of [red]mine.py are not used: line 1: ␛[2Jno luck.")
        await stage.type("Time?")
        await stage.shows("Noon.")


async def test_the_log_wins_over_what_was_streamed(tmp_path: Path):  # P29
    script = asked(
        *begun("It is non."),
        OutputText(response_id="r1", item_id="a1", text="It is noon."),
        ResponseDone(response_id="r1", status="completed"),
    )
    async with staged(tmp_path, script) as stage:
        await stage.type("Time?")
        await stage.shows("It is noon.")
        assert "non." not in stage.screen
        shown = [entry.text for entry in stage.conversation.history(stage.session_id).items]  # type: ignore[union-attr]
        assert shown == ["Time?", "It is noon."]


async def test_a_screen_that_comes_later_shows_what_the_log_has(tmp_path: Path):  # P29
    async with staged(tmp_path, asked(*answered("It is noon."))) as stage:
        await stage.type("Time?")
        await stage.shows("It is noon.")
        session_id = stage.session_id
    async with staged(tmp_path, session_id=session_id) as stage:
        await stage.shows("Time?", "It is noon.")
        assert stage.screen.count("It is noon.") == 1


async def test_a_torn_log_is_told_on_the_screen_that_takes_it_up(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("It is noon."))) as stage:
        await stage.type("Time?")
        await stage.shows("It is noon.")
        session_id = stage.session_id
    with (tmp_path / "sessions" / f"{session_id}.jsonl").open("ab") as log:
        log.write(b'{"torn')
    async with staged(tmp_path, session_id=session_id, size=(120, 24)) as stage:
        await stage.shows("It is noon.", "its 6 bytes were set aside")


async def test_the_strip_tells_with_whom_why_and_what_is_missing(tmp_path: Path):
    async with staged(tmp_path, size=(120, 40)) as stage:
        for text in (
            "ready",
            "local",
            "parrot",
            stage.session_id,
            "PortAudio is missing",
        ):
            assert text in stage.strip
        await stage.shows("Talking with local · parrot: no key was found.")


async def test_what_is_missing_is_told_to_its_end_on_a_narrow_screen(tmp_path: Path):
    note = "No microphone was found. Connect one, or start the system's sound service, then start again."
    async with staged(tmp_path, banner=replace(BANNER, audio_note=note), size=(60, 24)) as stage:
        assert note in " ".join(stage.strip.split())


async def test_a_tool_call_is_a_line_that_ends_with_its_result(tmp_path: Path):
    tools = Tools("four\nand nothing else")
    script = [*asked(*called("calculate", '{"expression": "2+2"}')), *asked(*answered("Four.", 2))]
    async with staged(tmp_path, script, toolbox=tools) as stage:
        await stage.type("2+2?")
        await stage.shows("calculate · running", 'expression: "2+2"')
        tools.may_end.set()
        await stage.shows("· ok 7 ms", "→ four", "and nothing else", "Four.")
        assert "running" not in stage.screen


async def test_a_failed_tool_says_so(tmp_path: Path):
    tools = Tools("no such file", ok=False)
    tools.may_end.set()
    script = [*asked(*called("read_file", "{}")), *asked(*answered("I could not.", 2))]
    async with staged(tmp_path, script, toolbox=tools) as stage:
        await stage.type("Read it")
        await stage.shows("read_file · failed", "→ no such file")


async def test_a_failed_turn_tells_its_error_in_place(tmp_path: Path):
    failed = ResponseDone(
        response_id="r1", status="failed", error_code="server_error", error_message="The model fell over."
    )
    async with staged(tmp_path, asked(*begun("It is"), failed)) as stage:
        await stage.type("Time?")
        await stage.shows("It is", "error", "fell over")


HOSTILE = "\x1b[31mred\x1b]52;c;aGk=\x07 [red]markup[/red] [link=x]\x9b2J"


async def test_what_a_model_and_a_tool_say_drives_no_terminal(tmp_path: Path):
    tools = Tools(HOSTILE)
    tools.may_end.set()
    script = [*asked(*called("t\x1b[2J", HOSTILE)), *asked(*answered(HOSTILE, 2))]
    async with staged(tmp_path, script, toolbox=tools, size=(160, 24)) as stage:
        await stage.type("Hello")
        await stage.until(lambda: stage.screen.count("␛]52;c;aGk=␇ [red]markup[/red] [link=x]�2J") == 3)
        assert not [sign for sign in stage.screen if sign < " " and sign != "\n"]
        assert "\x9b" not in stage.screen


async def test_a_long_answer_is_followed_until_one_looks_back(tmp_path: Path):
    words = "\n".join(f"line {number}" for number in range(60))
    async with staged(tmp_path, [*asked(*answered(words)), *asked(*answered("The end.", 2))]) as stage:
        await stage.type("Count")
        await stage.shows("line 59")
        await stage.pilot.press("pageup", "pageup")
        await stage.until(lambda: "line 59" not in stage.screen)
        await stage.type("And?")
        await stage.until(lambda: len(stage.conversation.history(stage.session_id).items) == 4)
        await stage.until(lambda: "ready" in stage.strip)
        assert "The end." not in stage.screen
        await stage.pilot.press("pagedown", "pagedown", "pagedown")
        await stage.shows("The end.")


async def test_a_narrow_terminal_keeps_every_word(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("A word and another word.")), size=(24, 20)) as stage:
        await stage.type("Go")
        await stage.until(lambda: "A word and another word." in " ".join(stage.screen.split()))


async def test_words_stream_without_a_second_copy_for_one_who_attaches_in_the_middle(tmp_path: Path):  # P29
    async with staged(tmp_path, [*asked(*begun("Once upon")), hang()]) as stage:
        await stage.type("A story")
        await stage.shows("Once upon")
        later = ChatApp(stage.conversation, stage.session_id, mode="text", banner=BANNER)
        async with later.run_test() as pilot:
            second = Stage(later, pilot, stage.conversation, stage.session_id, stage.transport)
            await second.shows("A story", "Once upon")
            assert second.screen.count("Once upon") == 1
            assert "answering" in second.strip


async def test_words_of_speech_come_after_their_place(tmp_path: Path):
    committed = AudioCommitted(item_id="u1")
    script = [
        *expect(CommitAudio, committed),
        *expect(CreateResponse, *begun("Noon."), InputTranscriptDelta(item_id="u1", delta="What ti")),
        *expect(CancelResponse, InputTranscript(item_id="u1", text="What time is it?")),
    ]
    banner = replace(BANNER, microphone="USB")
    async with staged(tmp_path, script, mode="voice", banner=banner) as stage:
        await stage.pilot.press("space")
        await stage.conversation.append_audio(stage.session_id, b"\x00\x00" * 24_000)
        await stage.pilot.press("space")
        await stage.until(lambda: "What ti" in stage.screen and is_faint(stage, "What ti"))
        await stage.pilot.press("escape")
        await stage.shows("What time is it?")
        assert not is_faint(stage, "What time")
        assert stage.screen.index("What time") < stage.screen.index("Noon.")


async def test_a_session_that_ends_says_so_and_keeps_the_words(tmp_path: Path):
    async with staged(tmp_path, asked(*answered("It is noon."))) as stage:
        await stage.type("Time?")
        await stage.shows("It is noon.")
        await stage.conversation.close(stage.session_id)
        await stage.shows("It is noon.", "The session is over")
        assert "closed" in stage.strip
        await stage.type("Still there?")
        await stage.shows("No session of that id")
        assert stage.draft.value == "Still there?"


def is_faint(stage: Stage, words: str) -> bool:
    """Whether these words are drawn dimmed."""
    transcript = stage.app.query_one(Transcript)
    segments = [one for y in range(transcript.size.height) for one in transcript.render_line(y)]
    return any(words in one.text and one.style is not None and bool(one.style.dim) for one in segments)
