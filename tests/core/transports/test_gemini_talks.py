"""Talks with Gemini through a session: what its protocol leaves to its client, and what it alone can do."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core.clock import SystemClock, VirtualClock
from realtime_chat.core.commands import SetTurnDetection, UpdateInstructions
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import ErrorOccurred, LinkChanged, LinkState
from realtime_chat.core.history import AssistantEntry, ToolEntry, TurnEntry, UserEntry
from realtime_chat.core.options import ServerVad, SessionOptions, ToolSchema, TurnDetection
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import CancelFlag, Clock, Gate, ToolOutcome, ToolRequest
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.virtual_audio import VirtualSink
from tests.core.driving import driver
from tests.core.transports.gemini_peer import GeminiPeer
from tests.core.transports.gemini_peer import peer as playing
from tests.core.transports.ways import Call, Calls, Hangs, Reply, Says, SaysAloud, Told
from tests.waiting import eventually

CLOCK = Calls((Call("clock", "{}"),))
FRAME = b"\x10\x00" * (pcm_bytes(20) // 2)


@pytest.fixture
async def peer() -> AsyncGenerator[GeminiPeer]:
    async with playing() as one:
        yield one


@dataclass
class Workshop:
    """One tool, which ends when it is let; `ran` are the calls that began."""

    let: asyncio.Event = field(default_factory=asyncio.Event)
    ran: list[str] = field(default_factory=list[str])

    def schemas(self) -> Sequence[ToolSchema]:
        return [
            ToolSchema(name="clock", description="The time.", parameters={"type": "object", "properties": {}})
        ]

    async def run(
        self,
        batch: Sequence[ToolRequest],
        cancel: CancelFlag,
        on_outcome: Callable[[ToolOutcome], None],
        on_progress: Callable[[str, str], None],
        gate: Gate | None = None,
    ) -> Sequence[ToolOutcome]:
        self.ran += [call.call_id for call in batch]
        waits = [asyncio.create_task(self.let.wait()), asyncio.create_task(cancel.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        outcomes = [
            ToolOutcome(call_id=call.call_id, name=call.name, ok=True, output='{"time": "noon"}')
            for call in batch
        ]
        for outcome in outcomes:
            on_outcome(outcome)
        return outcomes


@dataclass
class Talk:
    conversation: Conversation
    session_id: str
    peer: GeminiPeer
    sink: VirtualSink
    workshop: Workshop

    @property
    def items(self) -> list[Any]:
        return self.conversation.history(self.session_id).items

    @property
    def said(self) -> list[tuple[str, str]]:
        """Who said what, as the log has it."""
        return [
            ("user" if isinstance(one, UserEntry) else "model", one.text or "")
            for one in self.items
            if isinstance(one, UserEntry | AssistantEntry)
        ]

    @property
    def turns(self) -> list[TurnEntry]:
        return list(self.conversation.history(self.session_id).turns)

    @property
    def link(self) -> LinkState:
        return self.conversation.status(self.session_id).link

    async def ask(self, text: str, *replies: Reply) -> TurnEntry:
        self.peer.replies.extend(replies)
        turn_id = await self.conversation.send(self.session_id, text)
        return await self.conversation.await_turn(self.session_id, turn_id)

    async def begin(self, text: str, *replies: Reply) -> str:
        self.peer.replies.extend(replies)
        return await self.conversation.send(self.session_id, text)

    async def over(self, turns: int) -> None:
        """So many turns were, and none is."""
        await eventually(
            lambda: len(self.turns) == turns and all(one.status != "running" for one in self.turns)
        )

    async def speak(self, frames: int = 3) -> None:
        for _ in range(frames):
            await self.conversation.append_audio(self.session_id, FRAME)

    async def heard_all(self) -> None:
        """What the peer said so far was heard."""
        with self.conversation.subscribe(self.session_id, only=[ErrorOccurred.type]) as errors:
            await self.peer.says({"error": {"status": "NONE", "message": "A mark."}})
            await anext(errors)

    async def again(self, connections: int) -> None:
        """There is another connection."""
        await eventually(lambda: len(self.peer.setups) == connections and self.link is LinkState.READY)


@asynccontextmanager
async def talking(
    peer: GeminiPeer,
    folder: Path,
    *,
    detection: TurnDetection = "none",
    spoken: bool = True,
    clock: Clock | None = None,
) -> AsyncGenerator[Talk]:
    clock = clock or SystemClock()
    sink, workshop = VirtualSink(clock), Workshop()
    setup = SessionSetup(
        transport=peer.factory(),
        options=SessionOptions(turn_detection=detection, idle_timeout_s=0, total_timeout_s=0, tell_after_s=0),
        mode="voice" if spoken else "text",
        toolbox=workshop,
        sink=sink if spoken else None,
    )
    async with asyncio.timeout(20), driver(folder, clock) as conversation:
        session_id = await conversation.start(setup)
        yield Talk(conversation, session_id, peer, sink, workshop)
        await conversation.close(session_id)


# ---------------------------------------------------------------- hands-free


async def test_hands_free_the_user_is_heard_and_answered_and_both_are_in_the_log(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    # M15
    peer.replies.append(SaysAloud("It is noon.", bytes(pcm_bytes(60))))
    async with talking(peer, tmp_path, detection=ServerVad()) as talk:
        await talk.speak()
        await eventually(lambda: len(peer.pcm) > 0)
        await peer.hears("What time is it?")
        await talk.over(1)
        assert talk.said == [("user", "What time is it?"), ("model", "It is noon.")]
        assert sum(map(len, talk.sink.heard.values())) == pcm_bytes(60)


async def test_speech_over_an_answer_cuts_it_and_is_answered_next(peer: GeminiPeer, tmp_path: Path) -> None:
    # M15
    peer.lags = True
    peer.replies.extend([SaysAloud("A long story.", bytes(pcm_bytes(5000))), Says("All right.")])
    async with talking(peer, tmp_path, detection=ServerVad()) as talk:
        await talk.speak()
        await peer.hears("Tell me a story.")
        await eventually(lambda: sum(map(len, talk.sink.heard.values())) > 0)
        await talk.speak()
        await peer.hears("Stop.")
        await peer.says(*peer.services[-1].turn_over())
        await talk.over(2)
        assert [one.status for one in talk.turns] == ["interrupted", "completed"]
        assert [who for who, _ in talk.said] == ["user", "model", "user", "model"]
        assert talk.said[2:] == [("user", "Stop."), ("model", "All right.")]
        assert sum(map(len, talk.sink.heard.values())) < pcm_bytes(4000)


async def test_what_the_model_does_not_answer_leaves_the_floor_free(peer: GeminiPeer, tmp_path: Path) -> None:
    async with talking(peer, tmp_path, detection=ServerVad()) as talk:
        await talk.speak()
        await peer.says({"serverContent": {"inputTranscription": {"text": "Hm."}}})
        await peer.says({"serverContent": {"turnComplete": True}})
        await talk.over(1)
        assert (await talk.ask("Hello.", Says("Hi."))).status == "completed"


# ---------------------------------------------------------------- typed


async def test_what_is_only_read_is_over_when_it_is_written_and_its_cost_comes_later(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    # M32
    peer.lags = True
    async with talking(peer, tmp_path, spoken=False) as talk:
        assert (await talk.ask("Hello.", Says("Hi there."))).status == "completed"
        assert talk.conversation.history(talk.session_id).reports == []
        assert (await talk.ask("And you?", Says("Fine."))).status == "completed"
        (report,) = talk.conversation.history(talk.session_id).reports
        assert (report.turn_id, report.tokens.total) == ("t1", 12)
        assert talk.said[1::2] == [("model", "Hi there."), ("model", "Fine.")]


# ---------------------------------------------------------------- tools


async def test_esc_in_the_middle_of_tools_ends_the_turn_and_the_next_question_is_answered(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    # P20, M17: the service would wait for the outputs for ever
    async with talking(peer, tmp_path) as talk:
        await talk.begin("What time is it?", CLOCK)
        await eventually(lambda: bool(talk.workshop.ran))
        await talk.conversation.interrupt(talk.session_id)
        peer.replies.extend([Says("So?"), Says("Hello.")])
        assert (await talk.ask("Never mind. Hi.")).status == "completed"
        assert [one.status for one in talk.turns] == ["interrupted", "completed"]
        assert "Hello." in talk.said[-1][1]


async def test_calls_that_the_model_takes_back_end_its_turn_and_nothing_is_sent_for_them(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    # P20
    async with talking(peer, tmp_path) as talk:
        await talk.begin("What time is it?", CLOCK)
        await eventually(lambda: bool(talk.workshop.ran))
        await peer.says(peer.services[-1].cancel_calls())
        await talk.over(1)
        (call,) = [one for one in talk.items if isinstance(one, ToolEntry)]
        assert talk.turns[0].status == "interrupted"
        assert "took the call back" in (call.output or "")
        talk.workshop.let.set()
        assert (await talk.ask("Hello.", Says("Hi."))).status == "completed"
        assert Told("output", '{"time": "noon"}') not in peer.heard


# ---------------------------------------------------------------- one connection after another


async def test_an_announced_end_is_met_by_another_connection_that_goes_on(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    # J18, J19
    async with talking(peer, tmp_path) as talk:
        await talk.ask("My name is Ada.", Says("Hello, Ada."))
        await talk.heard_all()
        await peer.says({"goAway": {"timeLeft": "50s"}})
        await talk.again(2)
        assert peer.setups[1]["sessionResumption"]["handle"] in peer.memory.talks
        await talk.ask("Who am I?", Says("Ada."))
        assert peer.heard == [
            Told("user", "My name is Ada."),
            Told("assistant", "Hello, Ada."),
            Told("user", "Who am I?"),
        ]


async def test_it_waits_for_the_end_of_an_answer_and_not_for_the_end_of_listening(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    peer.lags = True
    async with talking(peer, tmp_path, detection=ServerVad()) as talk:
        peer.replies.append(Says("It is noon."))
        await talk.speak()
        await peer.hears("What time is it?")
        await eventually(
            lambda: bool(talk.said[1:]) or talk.conversation.status(talk.session_id).turn_id is not None
        )
        await peer.says({"goAway": {"timeLeft": "50s"}})
        await talk.speak()
        assert len(peer.setups) == 1
        await peer.says(*peer.services[-1].turn_over())
        await talk.speak()
        await talk.again(2)
        assert "handle" in peer.setups[1]["sessionResumption"]


async def test_a_connection_lost_in_the_middle_of_an_answer_is_followed_by_one_that_is_told_of_the_talk(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    # J18: the handle knows nothing of the last question
    clock = VirtualClock()
    async with talking(peer, tmp_path, clock=clock, spoken=False) as talk:
        await talk.ask("My name is Ada.", Says("Hello, Ada."))
        await talk.begin("A story.", Hangs("Once"))
        await eventually(lambda: talk.said[-1] == ("model", "Once"))
        await peer.drop()
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        await clock.advance(2)
        await talk.again(2)
        assert "handle" not in peer.setups[1]["sessionResumption"]
        await talk.ask("Who am I?", Says("Ada."))
        assert peer.heard[:2] == [Told("user", "My name is Ada."), Told("assistant", "Hello, Ada.")]
        assert peer.heard[-1] == Told("user", "Who am I?")


async def test_one_that_is_lost_between_two_turns_goes_on_and_what_is_typed_meanwhile_is_asked_once(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    # J18
    clock = VirtualClock()
    async with talking(peer, tmp_path, clock=clock, spoken=False) as talk:
        await talk.ask("My name is Ada.", Says("Hello, Ada."))
        await talk.heard_all()
        await peer.drop()
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        turn_id = await talk.begin("Who am I?", Says("Ada."))
        await clock.advance(2)
        assert (await talk.conversation.await_turn(talk.session_id, turn_id)).status == "completed"
        assert peer.heard == [
            Told("user", "My name is Ada."),
            Told("assistant", "Hello, Ada."),
            Told("user", "Who am I?"),
        ]


async def test_a_handle_that_is_refused_is_followed_by_a_connection_that_is_told_of_the_talk(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    clock = VirtualClock()
    async with talking(peer, tmp_path, clock=clock, spoken=False) as talk:
        await talk.ask("My name is Ada.", Says("Hello, Ada."))
        await talk.heard_all()
        peer.memory.talks.clear()
        await peer.says({"goAway": {"timeLeft": "50s"}})
        await eventually(lambda: len(peer.setups) == 2 and talk.link is LinkState.RECONNECTING)
        await clock.advance(2)
        await talk.again(3)
        assert "handle" not in peer.setups[2]["sessionResumption"]
        await talk.ask("Who am I?", Says("Ada."))
        assert peer.heard[0] == Told("user", "My name is Ada.")


@pytest.mark.parametrize("what", ["detection", "instructions"])
async def test_what_only_a_new_connection_can_be_told_makes_one_and_says_so(
    peer: GeminiPeer, tmp_path: Path, what: str
) -> None:
    # M7
    change = (
        SetTurnDetection(detection=ServerVad())
        if what == "detection"
        else UpdateInstructions(instructions="Sing.")
    )
    async with talking(peer, tmp_path) as talk:
        await talk.ask("My name is Ada.", Says("Hello, Ada."))
        with talk.conversation.subscribe(talk.session_id, only=[LinkChanged.type]) as links:
            await talk.conversation.change(talk.session_id, change)
            await talk.again(2)
            told = [one.data.detail for one in links.waiting() if isinstance(one.data, LinkChanged)]
        assert "The provider takes new settings with a new connection only." in told
        setup = peer.setups[1]
        if what == "detection":
            assert "disabled" not in setup["realtimeInputConfig"]["automaticActivityDetection"]
        else:
            assert setup["systemInstruction"]["parts"] == [{"text": "Sing."}]
        await talk.ask("Who am I?", Says("Ada."))
        assert peer.heard[0] == Told("user", "My name is Ada.")
