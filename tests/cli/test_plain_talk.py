"""`--plain` on a terminal: a whole talk in lines, by microphone and keyboard; it never takes the terminal over."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from realtime_chat.cli.asking import Asking
from realtime_chat.cli.plain import LinePresenter
from realtime_chat.cli.plain_stage import LineStage
from realtime_chat.cli.plain_talk import LineTalk, nothing
from realtime_chat.cli.words.desk import Desk, Leaving
from realtime_chat.cli.words.hand import Hand
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import AudioSink, AudioSource, Toolbox
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import Script, ScriptedTransport, expect
from realtime_chat.core.virtual_audio import VirtualSource
from tests.cli.program import program
from tests.cli.tui.real_terminal import Terminal, terminal
from tests.cli.tui.stage import OPENING, answered, asked, begun, called
from tests.cli.tui.test_approval import WISH, then
from tests.cli.tui.test_approval import Desk as Writing
from tests.waiting import eventually

HOLD = pcm_bytes(400)


class Talk:
    """A talk in lines, without the terminal."""

    def __init__(
        self,
        typed: LineTalk,
        lines: list[str],
        transport: ScriptedTransport,
        *,
        left: list[Leaving],
        conversation: Conversation,
        session_id: str,
    ) -> None:
        self.lines = lines
        self.transport = transport
        self.left = left
        self.conversation = conversation
        self.session_id = session_id
        self.type = typed.take
        self.cut = typed.cut

    async def until(self, holds: Callable[[], bool]) -> None:
        try:
            await eventually(holds)
        except TimeoutError:
            raise AssertionError(self.lines) from None

    async def tells(self, *lines: str) -> None:
        await self.until(lambda: all(line in self.lines for line in lines))

    async def asks(self, word: str) -> list[str]:
        """The lines that a word told."""
        before = len(self.lines)
        await self.type(word)
        return self.lines[before:]

    async def over(self) -> None:
        """The turn has ended."""
        await self.until(lambda: self.conversation.status(self.session_id).turn_id is None)


@asynccontextmanager
async def talking(
    folder: Path,
    script: Script = (),
    *,
    source: AudioSource | None = None,
    hands_free: bool = False,
    toolbox: Toolbox | None = None,
    sink: AudioSink | None = None,
    desk: Desk | None = None,
) -> AsyncGenerator[Talk]:
    transport = ScriptedTransport([*OPENING, *script])
    clock = SystemClock()
    async with Supervisor(SessionStore(folder, clock), clock) as supervisor, asyncio.TaskGroup() as crew:
        conversation = Conversation(supervisor)
        setup = SessionSetup(
            transport=lambda: transport,
            options=SessionOptions(
                turn_detection=ServerVad() if hands_free else "none", idle_timeout_s=0, total_timeout_s=0
            ),
            mode="voice",
            source=source,
            sink=sink,
            toolbox=toolbox,
            attended=True,
        )
        session_id = await conversation.start(setup)
        told: list[str] = []
        lines = LinePresenter(told.append, ring=nothing, quiet=False)
        asking = Asking(conversation, session_id, hears=source is not None)
        desk = desk or Desk()
        left: list[Leaving] = []
        stage = LineStage(lines, conversation, session_id, desk=desk, leave=left.append)
        hand = Hand(stage, asking, conversation=conversation, session_id=session_id, desk=desk)
        unheard = None if source else "No microphone was found."
        typed = LineTalk(hand, stage, lines, ring=False, unheard=unheard)

        async def follow() -> None:
            async for envelope in conversation.subscribe(session_id):
                lines.event(envelope)

        following = crew.create_task(follow())
        await asyncio.sleep(0)  # it has subscribed
        typed.begin()
        yield Talk(typed, told, transport, left=left, conversation=conversation, session_id=session_id)
        following.cancel()


async def test_an_empty_line_begins_and_ends_what_is_said(tmp_path: Path) -> None:
    source = VirtualSource()
    heard = wire.InputTranscript(item_id="u1", text="What time is it?")
    script = expect(wire.CommitAudio, wire.AudioCommitted(item_id="u1"), heard)
    async with talking(tmp_path, script, source=source) as talk:
        await talk.type("")
        assert talk.lines == ["Listening."]
        source.push(bytes(HOLD))
        await talk.until(lambda: sum(len(one.pcm) for one in sounds(talk)) == HOLD)
        await talk.type("")
        await talk.tells("Thinking.", "You said: What time is it?")


def sounds(talk: Talk) -> list[wire.AppendAudio]:
    return [one for one in talk.transport.sent if isinstance(one, wire.AppendAudio)]


async def test_hands_free_it_listens_from_the_start_and_an_empty_line_mutes(tmp_path: Path) -> None:
    async with talking(tmp_path, source=VirtualSource(), hands_free=True) as talk:
        assert talk.lines == ["Listening."]
        await talk.type("")
        assert talk.lines[-1] == "Muted."
        await talk.type("")
        assert talk.lines[-1] == "Listening."


async def test_a_typed_line_over_a_running_answer_cuts_it_and_is_sent(tmp_path: Path) -> None:
    script = [
        *asked(*begun("Once upon a time.\nThere was")),
        *expect(wire.CancelResponse, wire.ResponseDone(response_id="r1", status="cancelled")),
        *asked(*answered("Yes.", 2)),
    ]
    async with talking(tmp_path, script) as talk:
        await talk.type("A story")
        await talk.tells("Assistant: Once upon a time.")
        await talk.type("Stop. Are you there?")
        await talk.tells("Assistant: Yes.")
        assert talk.lines.index("Interrupted.") == talk.lines.index("There was") + 1


async def test_ctrl_c_cuts_the_answer_and_means_something_else_when_there_is_none(tmp_path: Path) -> None:
    # P28
    async with talking(tmp_path, [*asked(*begun("Once. ")), *expect(wire.CancelResponse)]) as talk:
        assert not await talk.cut()
        await talk.type("A story")
        await talk.tells("Assistant: Once.")
        assert await talk.cut()
        await talk.tells("Interrupted.")


async def test_without_a_microphone_an_empty_line_says_so(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.type("")
        assert talk.lines == ["You cannot be heard. No microphone was found."]


@pytest.mark.parametrize(
    ("word", "wrote"), [("y", True), ("A", True), ("n", False), ("", False), ("sure", False)]
)
async def test_only_an_allowing_word_lets_a_call_run_and_the_turn_goes_on(
    tmp_path: Path, word: str, wrote: bool
) -> None:
    # P19
    desk = Writing(tmp_path)
    script = [*asked(*called("write", WISH)), *then(*answered("So be it.", 2))]
    async with talking(tmp_path / "sessions", script, toolbox=desk.toolbox) as talk:
        await talk.type("Write a plan")
        await talk.until(lambda: any("Answer y" in line for line in talk.lines))
        assert any("plan.txt" in line for line in talk.lines)
        await talk.type(word)
        await talk.tells("Assistant: So be it.")
        assert bool(desk.wrote) is wrote
        assert any("denied" in line for line in talk.lines) is not wrote


async def test_a_word_that_is_no_command_goes_to_nobody_and_the_nearest_is_named(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.type("/hlp")
        assert "Did you mean /help?" in talk.lines[-1]
        assert not [one for one in talk.transport.sent if isinstance(one, wire.CreateItem)]
        await talk.type("/quit")
        assert talk.left == [0]


async def test_push_to_talk_and_hands_free_change_by_a_word(tmp_path: Path) -> None:
    script = [*expect(wire.Configure, wire.SessionUpdated())] * 2
    async with talking(tmp_path, script, source=VirtualSource()) as talk:
        await talk.type("/vad")
        assert talk.lines == ["Hands-free: it listens all the time.", "Listening."]
        await talk.type("/ptt")
        assert talk.lines[-1] == "Push-to-talk: Enter begins and ends what you say."


# ------------------------------------------------------------ on a real terminal

#: What selects it: the arguments, TERM, ACCESSIBLE.
WAYS = {
    "the flag": (("text", "--plain"), "xterm-256color", ""),
    "a dumb terminal": (("talk",), "dumb", ""),
    "the variable": (("text",), "xterm-256color", "1"),
}


def settings(home: Path) -> tuple[str, ...]:
    file = home / "settings.toml"
    file.write_text('[permissions]\nask = ["calculate"]\n[ui]\nearcons = true\n')
    return ("--provider", "local", "--config", str(file))


async def ready(held: Terminal) -> None:
    await held.until(lambda shown: b"/help tells more." in shown)


@pytest.mark.parametrize("way", WAYS)
async def test_a_talk_in_lines_moves_no_cursor_and_changes_no_terminal(tmp_path: Path, way: str) -> None:
    arguments, term, accessible = WAYS[way]
    given = settings(tmp_path)
    async with terminal(tmp_path, *arguments, *given, TERM=term, ACCESSIBLE=accessible) as held:
        before = held.modes
        await ready(held)
        assert held.modes == before
        held.type(b"what is two plus two\n")
        await held.until(lambda shown: b"wants to run calculate." in shown and b"or n." in shown)
        held.type(b"y\n")
        await held.until(lambda shown: b"Assistant: 2 plus 2 is 4.\r\n\a" in shown)
        held.type(b"\x04")
        assert await held.ended() == 0
        await held.until(lambda shown: b"Resume with: " in shown)
        assert not {0x1B, 0x08} & set(held.shown)
        lines = held.shown.decode().replace("\r", "").split("\n")
        assert lines.count("Tool calculate runs.") == lines.count("Thinking.") == 1


@pytest.mark.parametrize(("how", "code"), [("ctrl+c", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
async def test_an_idle_talk_in_lines_ends_with_the_code_of_what_ended_it(
    tmp_path: Path, how: str, code: int
) -> None:
    # P27, P28
    async with terminal(tmp_path, "text", "--plain", "--provider", "local") as held:
        await ready(held)
        if how == "ctrl+c":
            held.type(b"\x03")
        else:
            held.process.send_signal(signal.Signals[how])
        assert await held.ended() == code
        await held.until(lambda shown: b"Resume with: " in shown)


async def test_a_talk_in_lines_is_taken_up_again_where_it_was(tmp_path: Path) -> None:
    async with terminal(tmp_path, "text", "--plain", "--provider", "local") as held:
        await ready(held)
        held.type(b"what is two plus two\n")
        await held.until(lambda shown: b"2 plus 2 is 4." in shown)
        held.type(b"/quit\n")
        assert await held.ended() == 0
    async with terminal(tmp_path, "resume", "--last", "--plain", "--provider", "local") as held:
        await held.until(lambda shown: b"You: what is two plus two" in shown)
        await held.until(lambda shown: b"Assistant: 2 plus 2 is 4." in shown)


async def test_on_a_pipe_accessible_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # P26: all of stdin is one question, and only the answer is on stdout
    monkeypatch.setenv("ACCESSIBLE", "1")
    run = await program(tmp_path, "text", "--provider", "local", stdin=b"what is two plus two\n")
    assert run.out == b"2 plus 2 is 4.\n"
