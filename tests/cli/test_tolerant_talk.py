"""Tolerant barge-in with the embedded server as it is shipped: real voices, a real socket, a virtual speaker."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.audio.vad import Ear
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import TurnPhase
from realtime_chat.core.history import AssistantEntry, UserEntry
from realtime_chat.core.options import SemanticVad, ServerVad, SessionOptions, TurnDetection
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.virtual_audio import VirtualSink, VirtualSource
from realtime_chat.local.child import EmbeddedServer
from realtime_chat.tools.standard import standard_toolbox
from tests.local.engines import voices
from tests.local.machine import quiet
from tests.waiting import eventually

OURS = {"create_response": False, "interrupt_response": False}


@dataclass
class Talk:
    """An answer of some seconds is whole, and 500 ms of it were heard."""

    conversation: Conversation
    session_id: str
    clock: VirtualClock
    sink: VirtualSink
    source: VirtualSource
    frames: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    @property
    def phase(self) -> TurnPhase:
        return self.conversation.status(self.session_id).phase

    def said(self) -> list[str | None]:
        items = self.conversation.history(self.session_id).items
        return [one.text for one in items if isinstance(one, UserEntry)]

    def answers(self) -> list[AssistantEntry]:
        items = self.conversation.history(self.session_id).items
        return [one for one in items if isinstance(one, AssistantEntry)]

    async def plays_out(self) -> None:
        async with asyncio.timeout(10):
            while self.phase is not TurnPhase.IDLE:
                await self.clock.advance(0.25)


@asynccontextmanager
async def talking(folder: Path, detection: TurnDetection) -> AsyncGenerator[Talk]:
    server, clock, source = EmbeddedServer(), VirtualClock(), VirtualSource()
    found, frames, sink = await server.start(), list[dict[str, Any]](), VirtualSink(clock)
    endpoint = OpenAIEndpoint(model="local-commands", base_url=found.url, api_key=lambda: found.token)
    setup = SessionSetup(
        transport=lambda: openai_transport(endpoint, tap=lambda _, frame: frames.append(json.loads(frame))),
        options=SessionOptions(turn_detection=detection, barge_in="tolerant", transcription={"model": "any"}),
        mode="voice",
        toolbox=standard_toolbox(workspace=folder, data_dir=folder, clock=clock),
        source=source,
        sink=sink,
        ear=Ear(),
    )
    try:
        async with Supervisor(SessionStore(folder / "sessions", clock), clock) as supervisor:
            conversation = Conversation(supervisor)
            session_id = await conversation.start(setup)
            conversation.listen(session_id, True)
            await conversation.send(session_id, "what can you do")
            talk = Talk(conversation, session_id, clock, sink, source, frames)
            await eventually(lambda: talk.phase is TurnPhase.SPEAKING)
            await clock.advance(0.5)
            yield talk
    finally:
        await server.stop()


@pytest.mark.parametrize("detection", [ServerVad(**OURS), SemanticVad(eagerness="high", **OURS)])
async def test_a_sound_without_a_command_lets_the_answer_go_on_and_is_forgotten(
    tmp_path: Path, detection: TurnDetection
) -> None:
    async with talking(tmp_path, detection) as talk:
        talk.source.push(quiet(300) + voices.say("mhm") + quiet(900))
        await eventually(lambda: "conversation.item.deleted" in talk.kinds())
        assert talk.phase is TurnPhase.SPEAKING
        assert talk.sink.factor == 1.0
        await talk.plays_out()
        assert talk.said() == ["what can you do"]
        assert [one.heard_text for one in talk.answers()] == [None]
        assert talk.sink.thrown_away == {}
        assert talk.kinds().count("response.create") == 1
        assert "error" not in talk.kinds()


async def test_a_question_cuts_the_answer_and_is_answered(tmp_path: Path) -> None:
    async with talking(tmp_path, ServerVad(**OURS)) as talk:
        question = voices.say("what time is it")
        talk.source.push(quiet(300) + question[: len(question) // 2])
        await eventually(lambda: talk.sink.factor < 1)
        await talk.clock.advance(0.4)
        assert talk.phase is TurnPhase.HEARING
        assert talk.answers()[0].heard_ms == 900
        talk.source.push(question[len(question) // 2 :] + quiet(900))
        await eventually(lambda: talk.phase is TurnPhase.SPEAKING)
        await talk.plays_out()
        assert talk.said() == ["what can you do", "what time is it"]
        assert "It is" in talk.answers()[-1].text
        assert "error" not in talk.kinds()


async def test_a_short_command_cuts_the_answer_as_soon_as_its_words_are_known(tmp_path: Path) -> None:
    async with talking(tmp_path, ServerVad(**OURS)) as talk:
        talk.source.push(quiet(300) + voices.say("what time is it") + quiet(900))
        await eventually(lambda: len(talk.answers()) == 2 and talk.phase is TurnPhase.SPEAKING)
        assert talk.answers()[0].heard_ms == 500
        assert "error" not in talk.kinds()
