"""`sessions replay`: the log once more, on the same screen or as lines; nothing is asked, sent, written or held."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from realtime_chat.audio.recorded import RecordedTalk
from realtime_chat.audio.wav import header
from realtime_chat.cli.replay_sound import AHEAD_S, ReplaySound
from realtime_chat.cli.tui.replay import ReplayApp
from realtime_chat.cli.tui.widgets.approval import ApprovalCard
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.cli.words.desk import Leaving
from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.folding import fold
from realtime_chat.core.pcm import RATE
from realtime_chat.core.player import Player
from realtime_chat.core.replayed import Replayed, nobody
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.virtual_audio import VirtualSink
from tests.cli.program import logs, program
from tests.cli.tui.bound import key_of
from tests.cli.tui.real_terminal import terminal
from tests.cli.tui.stage import BANNER
from tests.core.stories import Story, heard, said, spoken, typed

HOSTILE = "\x1b[2J\x1b]52;c;aGk=\x07[red]\u202e"


def talk() -> Story:
    """A spoken turn that was cut, and a typed one with a tool."""
    return Story().tell(
        ev.SessionStarted(provider="local", model="m", mode="voice"),
        *spoken("t1", "count to four"),
        heard("t1", "one two", 1000, 2000),
        said("t1", "one two three four", audio_ms=2000, interrupted=True),
        ev.TurnInterrupted(turn_id="t1", reason="barge_in"),
        *typed("t2", "and the time"),
        ev.ToolCall(turn_id="t2", response_id="r", call_id="c1", name="get_time", arguments="{}"),
        ev.ToolResult(turn_id="t2", call_id="c1", name="get_time", ok=True, output="noon", duration_ms=900),
        said("t2", "It is noon."),
        ev.TurnCompleted(turn_id="t2"),
    )


class Watched:
    """A replay on its screen; only the test moves the time."""

    def __init__(self, app: ReplayApp, pilot: Pilot[Leaving], clock: VirtualClock) -> None:
        self.app = app
        self.pilot = pilot
        self.clock = clock

    @property
    def screen(self) -> str:
        transcript = self.app.screen_stack[0].query_one(Transcript)
        return "\n".join(transcript.render_line(y).text.rstrip() for y in range(transcript.size.height))

    @property
    def strip(self) -> str:
        return str(self.app.screen_stack[0].query_one("StatusStrip", Static).render())

    async def shows(self, *texts: str) -> None:
        try:
            async with asyncio.timeout(5):
                while not all(text in self.screen + self.strip for text in texts):
                    await self.pilot.pause()
        except TimeoutError:
            raise AssertionError(f"{self.strip}\n{self.screen}") from None

    async def go_on(self, seconds: float) -> None:
        """Let so much of the replay's time pass."""
        await self.clock.advance(seconds)
        await self.pilot.pause()


@asynccontextmanager
async def watched(
    folder: Path, story: Story, keymap: Mapping[str, str] | None = None
) -> AsyncGenerator[Watched]:
    clock, log = VirtualClock(), list(story)
    supervisor = nobody(SessionStore(folder, clock), clock)
    player = Player(log, supervisor.bus, clock)
    replayed = Replayed(supervisor, player, fold(log))
    app = ReplayApp(replayed, "s1", mode="voice", banner=BANNER, keymap=keymap)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        yield Watched(app, pilot, clock)


async def test_the_screen_shows_a_talk_as_it_went_and_stays_at_its_end(tmp_path: Path) -> None:
    async with watched(tmp_path, talk()) as replay:
        await replay.go_on(2.5)
        assert "count to four" not in replay.screen
        await replay.go_on(3)
        await replay.shows("count to four", "one ", "speaking")
        assert "two" not in replay.screen
        await replay.go_on(1)
        await replay.shows("one two three four", "(unheard)")
        assert "noon" not in replay.screen
        await replay.go_on(30)
        await replay.shows("and the time", "get_time", "It is noon.", "The replay is over.", "closed")
        assert replay.screen.rstrip().endswith("Left shows a turn again, Esc leaves.")


async def test_space_pauses_and_goes_on_in_writing_and_aloud(tmp_path: Path) -> None:
    async with watched(tmp_path, talk()) as replay:
        await replay.pilot.press("space")
        await replay.shows("paused")
        await replay.go_on(100)
        assert "count to four" not in replay.screen
        await replay.pilot.press("space")
        await replay.go_on(100)
        await replay.shows("It is noon.")


async def test_the_arrow_goes_to_the_next_turn(tmp_path: Path) -> None:
    async with watched(tmp_path, talk()) as replay:
        await replay.pilot.press(key_of("next_turn"))
        await replay.go_on(0)
        await replay.pilot.press(key_of("next_turn"))
        await replay.go_on(0)
        await replay.shows("one two three four")
        assert "It is noon." not in replay.screen


async def test_the_other_arrow_shows_a_turn_again_and_the_one_before_it(tmp_path: Path) -> None:
    async with watched(tmp_path, talk()) as replay:
        await replay.go_on(60)
        await replay.shows("It is noon.", "The replay is over.")
        await replay.pilot.press(key_of("last_turn"))
        assert "and the time" not in replay.screen
        assert "The replay is over." not in replay.screen
        await replay.shows("one two three four", "(unheard)")
        await replay.go_on(0)
        await replay.pilot.press(key_of("last_turn"))
        assert "count to four" not in replay.screen
        await replay.go_on(60)
        await replay.shows("one two three four", "It is noon.", "The replay is over.")
        assert replay.screen.count("It is noon.") == 1


async def test_its_keys_can_be_others(tmp_path: Path) -> None:
    async with watched(tmp_path, talk(), {"next_turn": "f8", "talk": "f9", "nothing": "f10"}) as replay:
        await replay.shows("Setting ui.keys: there is no nothing")
        await replay.pilot.press("f8")
        await replay.go_on(0)
        await replay.pilot.press("f9")
        await replay.shows("paused")


async def test_a_question_of_then_is_shown_and_asks_nothing(tmp_path: Path) -> None:
    asks = ev.ApprovalRequested(
        turn_id="t1", call_id="c1", name="write_file", arguments="{}", reason="It writes.", scope=""
    )
    call = ev.ToolCall(turn_id="t1", response_id="r", call_id="c1", name="write_file", arguments="{}")
    async with watched(tmp_path, Story().tell(*typed("t1", "write it"), call, asks)) as replay:
        await replay.go_on(30)
        await replay.shows("write_file", "waits for your word")
        card = replay.app.query_one(ApprovalCard)
        assert card.display
        assert str(card.border_subtitle) == "This is a replay: it was asked then"
        await replay.pilot.press("tab", "y")
        assert not card.has_focus
        assert card.display


async def test_what_would_send_or_talk_says_that_this_is_a_replay(tmp_path: Path) -> None:
    async with watched(tmp_path, talk()) as replay:
        await replay.pilot.press("h", "i", "enter")
        await replay.shows("This is a replay")


async def test_esc_leaves(tmp_path: Path) -> None:
    async with watched(tmp_path, talk()) as replay:
        await replay.pilot.press("escape")
        assert replay.app.return_value == 0


async def test_hostile_words_of_a_log_are_inert(tmp_path: Path) -> None:
    story = Story().tell(*spoken("t1", HOSTILE), said("t1", f"a{HOSTILE}b", audio_ms=100))
    async with watched(tmp_path, story) as replay:
        await replay.go_on(30)
        await replay.shows("␛[2J␛]52;c;aGk=␇[red]")
        assert not set(replay.screen) & set("\x1b\x07\u202e")


# ------------------------------------------------------------ sound


def recording(folder: Path, *sides: tuple[int, int]) -> Path:
    """A second for each, with these samples on the left and on the right."""
    pcm = b"".join(
        (left.to_bytes(2, "little", signed=True) + right.to_bytes(2, "little", signed=True)) * RATE
        for left, right in sides
    )
    file = folder / "talk.wav"
    file.write_bytes(header(len(pcm), 2) + pcm)
    return file


def samples(*values: int, seconds: float) -> bytes:
    return b"".join(one.to_bytes(2, "little", signed=True) * round(seconds * RATE) for one in values)


def test_a_recording_sounds_at_its_time_of_the_log_both_sides_together(tmp_path: Path) -> None:
    file = recording(tmp_path, (100, 1), (32000, 32000))
    with RecordedTalk([(file, 10.0), (tmp_path / "gone.wav", 0.0)]) as recorded:
        assert recorded
        assert recorded.sound(10.5, 0.5) == samples(101, seconds=0.5)
        assert recorded.sound(11.5, 1.0) == samples(32767, 0, seconds=0.5)
        assert recorded.sound(9.0, 0.5) == samples(0, seconds=0.5)


def test_what_is_no_recording_is_silence(tmp_path: Path) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(b"RIFF and nothing more")
    with RecordedTalk([(file, 0.0)]) as recorded:
        assert not recorded


async def test_pieces_that_follow_each_other_sound_without_a_gap_and_a_jump_cuts(tmp_path: Path) -> None:
    file = recording(tmp_path, (1, 0), (2, 0), (3, 0), (4, 0))
    clock = VirtualClock()
    sink = VirtualSink(clock)
    with RecordedTalk([(file, 0.0)]) as recorded:
        sound = ReplaySound(recorded, sink)
        sound.during(0.0, 0.5)
        await clock.advance(0.5)
        sound.during(0.5, 0.5)
        await clock.advance(0.5)
        sound.during(3.0, 0.5)  # a pause was shortened
        await clock.advance(0.5)
        sound.hush()
        await clock.advance(1)
    assert b"".join(sink.heard.values()) == samples(1, seconds=1) + samples(4, seconds=0.5)
    assert len(b"".join(sink.thrown_away.values())) == len(samples(0, seconds=2 * AHEAD_S))


# ------------------------------------------------------------ the program


async def test_on_a_pipe_it_is_printed_at_once_and_needs_no_key(tmp_path: Path) -> None:
    await program(tmp_path, "text", "what is two plus two", "--provider", "local")
    (log,) = logs(tmp_path)
    before = log.read_bytes()
    run = await program(tmp_path, "sessions", "replay", log.stem[:20])
    assert run.code == 0
    assert run.out.decode().splitlines() == [
        "You: what is two plus two",
        "Tool calculate is called.",
        "Tool calculate is done.",
        "Assistant: 2 plus 2 is 4.",
    ]
    timed = await program(tmp_path, "sessions", "replay", log.stem, "--speed", "100")
    assert [one for one in timed.out.splitlines() if one != b"Thinking."] == run.out.splitlines()
    assert log.read_bytes() == before


async def test_on_a_terminal_a_session_is_replayed_while_another_process_writes_it(tmp_path: Path) -> None:
    async with terminal(tmp_path, "text", "--plain", "--provider", "local") as writing:
        await writing.until(lambda shown: b"/help tells more." in shown)
        writing.type(b"what is two plus two\n")
        await writing.until(lambda shown: b"2 plus 2 is 4." in shown)
        (log,) = logs(tmp_path)
        async with terminal(tmp_path, "sessions", "replay", log.stem, "--speed", "100") as held:
            before = held.modes
            await held.until(lambda shown: b"2 plus 2 is 4." in shown and b"The replay is over" in shown)
            held.type(b"\x1b")
            assert await held.ended() == 0
            assert held.modes == before
        writing.type(b"what is two plus three\n")
        await writing.until(lambda shown: b"2 plus 3 is 5." in shown)
