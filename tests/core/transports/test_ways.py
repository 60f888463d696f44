"""One contract for every way to a model, driven as a front end drives it: through a session (M1, J7).

What differs between providers differs only where `Capabilities` says so. Each provider is played by a peer, on a real
socket where there is one, which speaks its dialect; their shape is in ways.py.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import pytest

from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import TextDelta, TranscriptDelta
from realtime_chat.core.history import AssistantEntry, ToolEntry, TurnEntry
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.virtual_audio import VirtualSink
from realtime_chat.tools.standard import standard_toolbox
from tests.core.driving import driver
from tests.core.transports.ways import (
    BAD_KEY,
    GOOD_KEY,
    Call,
    Calls,
    Fails,
    Hangs,
    Peer,
    Reply,
    Says,
    SaysAloud,
    Told,
)

#: Each is NAME_peer.py beside this file.
WAYS = ("openai", "azure", "gemini", "chat", "local", "scripted")
HELLO = Says("Hello to you, too.")
SECOND = b"\x10\x20" * 24_000


@pytest.fixture(params=WAYS)
async def peer(request: pytest.FixtureRequest) -> AsyncGenerator[Peer]:
    async with import_module(f"tests.core.transports.{request.param}_peer").peer() as playing:
        yield playing


@dataclass
class Talk:
    """A session with a peer at the other end."""

    conversation: Conversation
    session_id: str
    peer: Peer
    sink: VirtualSink = field(default_factory=lambda: VirtualSink(SystemClock()))

    async def ask(self, text: str, *replies: Reply) -> TurnEntry:
        """One typed turn, to its end."""
        self.peer.replies.extend(replies)
        turn_id = await self.conversation.send(self.session_id, text)
        return await self.conversation.await_turn(self.session_id, turn_id)

    async def say(self, pcm: bytes, *replies: Reply) -> TurnEntry:
        """One spoken turn, push-to-talk, to its end."""
        self.peer.replies.extend(replies)
        await self.conversation.append_audio(self.session_id, pcm)
        turn_id = await self.conversation.commit_audio(self.session_id)
        assert turn_id is not None
        return await self.conversation.await_turn(self.session_id, turn_id)

    async def begin(self, text: str, reply: Reply) -> str:
        """A typed turn whose answer has begun; its id."""
        self.peer.replies.append(reply)
        with self.conversation.subscribe(
            self.session_id, only=[TextDelta.type, TranscriptDelta.type]
        ) as events:
            turn_id = await self.conversation.send(self.session_id, text)
            await anext(events)
        return turn_id

    @property
    def answers(self) -> list[str]:
        items = self.conversation.history(self.session_id).items
        return [item.text for item in items if isinstance(item, AssistantEntry)]

    @property
    def calls(self) -> list[ToolEntry]:
        return [one for one in self.conversation.history(self.session_id).items if isinstance(one, ToolEntry)]


@asynccontextmanager
async def talking(
    peer: Peer, folder: Path, *, key: str = GOOD_KEY, session_id: str | None = None, spoken: bool = False
) -> AsyncGenerator[Talk]:
    """A session that is ready; closed on leaving."""
    clock = SystemClock()
    sink = VirtualSink(clock)
    setup = SessionSetup(
        transport=lambda: peer.transport(key=key),
        options=SessionOptions(turn_detection="none", instructions="Be brief."),
        mode="voice" if spoken else "text",
        toolbox=standard_toolbox(workspace=folder, data_dir=folder / "data", clock=clock),
        sink=sink if spoken else None,
    )
    async with asyncio.timeout(20), driver(folder / "sessions", clock) as conversation:
        started = await conversation.start(setup, session_id)
        yield Talk(conversation, started, peer, sink)
        await conversation.close(started)


async def test_a_typed_question_is_answered_and_the_model_was_told_it(peer: Peer, tmp_path: Path) -> None:
    async with talking(peer, tmp_path) as talk:
        turn = await talk.ask("Hello.", HELLO)
        assert turn.status == "completed"
        assert talk.answers == [HELLO.text]
        assert peer.heard == [Told("user", "Hello.")]


async def test_each_question_finds_all_that_was_said_before(peer: Peer, tmp_path: Path) -> None:
    # check 21
    async with talking(peer, tmp_path) as talk:
        await talk.ask("One.", Says("First."))
        await talk.ask("Two.", Says("Second."))
        await talk.ask("Three.", Says("Third."))
        assert peer.heard == [
            Told("user", "One."),
            Told("assistant", "First."),
            Told("user", "Two."),
            Told("assistant", "Second."),
            Told("user", "Three."),
        ]


async def test_what_is_spoken_arrives_whole_and_the_answer_is_heard(peer: Peer, tmp_path: Path) -> None:
    if not peer.transport().capabilities.audio_output:
        pytest.skip("It carries no sound.")
    async with talking(peer, tmp_path, spoken=True) as talk:
        pcm = bytes(pcm_bytes(200))
        turn = await talk.say(SECOND, SaysAloud("Aloud.", pcm))
        assert turn.status == "completed"
        assert talk.answers == ["Aloud."]
        assert abs(sum(map(len, talk.sink.heard.values())) - len(pcm)) <= pcm_bytes(20)
        assert abs(len(peer.pcm) / 2 / peer.rate - 1) < 0.05


async def test_tools_run_and_the_model_gets_all_their_outputs_at_once(peer: Peer, tmp_path: Path) -> None:
    # M23, X14
    sums = Calls((Call("calculate", '{"expression": "2+3"}'), Call("calculate", '{"expression": "4*5"}')))
    async with talking(peer, tmp_path) as talk:
        turn = await talk.ask("Sums.", sums, Says("5 and 20."))
        assert turn.status == "completed"
        assert [call.status for call in talk.calls] == ["ok", "ok"]
        told = peer.heard
        assert [one.role for one in told] in (
            ["user", "call", "call", "output", "output"],
            ["user", "call", "output", "call", "output"],
        )
        outputs = [one.text for one in told if one.role == "output"]
        assert ["5" in outputs[0], "20" in outputs[1]] == [True, True]
        assert talk.answers == ["5 and 20."]


async def test_a_call_without_sense_is_answered_all_the_same(peer: Peer, tmp_path: Path) -> None:
    # X16
    async with talking(peer, tmp_path) as talk:
        turn = await talk.ask("Do it.", Calls((Call("no_such_tool", "{}"),)), Says("I cannot."))
        assert turn.status in ("completed", "partial_failed")
        assert [one.role for one in peer.heard] == ["user", "call", "output"]
        assert talk.answers == ["I cannot."]


async def test_an_answer_is_cut_and_the_next_question_answered(peer: Peer, tmp_path: Path) -> None:
    async with talking(peer, tmp_path) as talk:
        turn_id = await talk.begin("A story.", Hangs("Once upon a time"))
        await talk.conversation.interrupt(talk.session_id)
        turn = await talk.conversation.await_turn(talk.session_id, turn_id)
        assert turn.status == "interrupted"
        assert (await talk.ask("Hello.", HELLO)).status == "completed"
        assert talk.answers[-1] == HELLO.text


async def test_a_failure_is_told_and_ends_only_its_turn(peer: Peer, tmp_path: Path) -> None:
    # X21
    async with talking(peer, tmp_path) as talk:
        turn = await talk.ask("Hello.", Fails("server_error", "The model is tired."))
        assert turn.status == "failed"
        assert turn.error is not None
        assert turn.error.message
        assert (await talk.ask("And now?", HELLO)).status == "completed"


async def test_a_wrong_key_is_refused_before_a_session_begins(peer: Peer, tmp_path: Path) -> None:
    with pytest.raises(ChatError) as refused:
        async with talking(peer, tmp_path, key=BAD_KEY):
            raise AssertionError("It began.")
    assert BAD_KEY not in str(refused.value)
    assert refused.value.info.category == "fatal"


async def test_a_talk_that_goes_on_tomorrow_knows_what_was_said(peer: Peer, tmp_path: Path) -> None:
    async with talking(peer, tmp_path) as talk:
        await talk.ask("My name is Ada.", Says("Hello, Ada."))
    async with talking(peer, tmp_path, session_id=talk.session_id) as again:
        turn = await again.ask("Who am I?", Says("Ada."))
        assert turn.status == "completed"
        assert peer.heard == [
            Told("user", "My name is Ada."),
            Told("assistant", "Hello, Ada."),
            Told("user", "Who am I?"),
        ]


async def test_a_lost_connection_comes_back_and_the_talk_goes_on(peer: Peer, tmp_path: Path) -> None:
    # J18
    async with talking(peer, tmp_path) as talk:
        await talk.ask("One.", Says("First."))
        turn_id = await talk.begin("A story.", Hangs("Once upon"))
        peer.replies.extend([Says("Again."), HELLO])
        await peer.drop()
        await talk.conversation.await_turn(talk.session_id, turn_id)
        turn = await talk.ask("Hello.")
        assert turn.status == "completed"
        assert Told("assistant", "First.") in peer.heard
