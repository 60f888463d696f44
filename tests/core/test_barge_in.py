"""Tolerant barge-in through a whole session: a speaker by a virtual clock, a scripted model, a real log."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.history import AssistantEntry, UserEntry
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import VoiceEar
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.speaker import DUCKED
from realtime_chat.core.transports.scripted import Script, ScriptedTransport, expect, hang
from realtime_chat.core.virtual_audio import VirtualSink, VirtualSource
from tests.core.driving import READY, driver

ANSWER_MS = 2000
LOUD, QUIET = b"\x00\x40" * (pcm_bytes(20) // 2), bytes(pcm_bytes(20))
STARTED = wire.UserSpeechStarted(item_id="u1", at_ms=0)
STOPPED = wire.UserSpeechStopped(item_id="u1", at_ms=400)
COMMITTED = wire.AudioCommitted(item_id="u1")
ANSWER: Script = [
    *expect(wire.CreateItem),
    *expect(
        wire.CreateResponse,
        wire.ResponseCreated(response_id="r1"),
        wire.OutputTranscriptDelta(response_id="r1", item_id="a1", delta="Once upon a time there was"),
        wire.AudioDelta(response_id="r1", item_id="a1", pcm=bytes(pcm_bytes(ANSWER_MS))),
        wire.AudioDone(response_id="r1", item_id="a1"),
        wire.ResponseDone(response_id="r1", status="completed"),
    ),
]


class Loudness:
    """An ear without a mind: a frame that is not silence is a voice."""

    def __init__(self) -> None:
        self._speaking = False

    def feed(self, pcm: bytes) -> bool | None:
        before, self._speaking = self._speaking, any(pcm)
        return self._speaking if self._speaking != before else None


@dataclass
class Talk:
    """The first answer has sounded for half a second."""

    conversation: Conversation
    session_id: str
    turn_id: str
    clock: VirtualClock
    sink: VirtualSink
    source: VirtualSource
    transport: ScriptedTransport

    async def says(self, frame: bytes) -> None:
        self.source.push(frame)
        await settle()

    def sent(self, *kinds: type[wire.Outgoing]) -> list[wire.Outgoing]:
        return [one for one in self.transport.sent if isinstance(one, kinds)]

    def users(self) -> list[UserEntry]:
        return [one for one in self.conversation.history(self.session_id).items if isinstance(one, UserEntry)]

    def answer(self) -> AssistantEntry:
        (answer,) = [
            one for one in self.conversation.history(self.session_id).items if isinstance(one, AssistantEntry)
        ]
        return answer

    async def ends(self) -> str:
        return (await self.conversation.await_turn(self.session_id, self.turn_id)).status


@asynccontextmanager
async def talking(folder: Path, *script: Script, ear: VoiceEar | None = None) -> AsyncGenerator[Talk]:
    clock, source = VirtualClock(), VirtualSource()
    sink = VirtualSink(clock)
    steps = [step for part in (READY, ANSWER, *script) for step in part]
    transport = ScriptedTransport([*steps, hang()])
    detection = ServerVad(create_response=False, interrupt_response=False)
    setup = SessionSetup(
        transport=lambda: transport,
        options=SessionOptions(turn_detection=detection, barge_in="tolerant", transcription={"model": "any"}),
        mode="voice",
        sink=sink,
        source=source,
        ear=ear,
    )
    async with driver(folder, clock) as conversation:
        session_id = await conversation.start(setup)
        conversation.listen(session_id, True)
        turn_id = await conversation.send(session_id, "a story")
        await settle()
        await clock.advance(0.5)
        yield Talk(conversation, session_id, turn_id, clock, sink, source, transport)


async def test_a_mhm_turns_the_answer_down_for_its_own_length_and_nothing_is_lost(tmp_path: Path) -> None:
    over = expect(wire.AppendAudio, STARTED)
    ends = expect(wire.AppendAudio, STOPPED, COMMITTED, wire.InputTranscript(item_id="u1", text="Mhm."))
    async with talking(tmp_path, over, ends, expect(wire.DeleteItem)) as talk:
        await talk.says(LOUD)
        assert talk.sink.factor == DUCKED
        await talk.clock.advance(0.2)
        assert talk.sink.factor == DUCKED
        await talk.says(QUIET)
        assert talk.sink.factor == 1.0
        await talk.clock.advance(2)
        assert await talk.ends() == "completed"
        assert len(talk.sink.heard["a1"]) == pcm_bytes(ANSWER_MS)
        assert talk.sink.thrown_away == {}
        assert [one.text for one in talk.users()] == ["a story"]
        assert talk.sent(wire.TruncateItem, wire.CancelResponse) == []
        assert talk.sent(wire.DeleteItem) == [wire.DeleteItem(item_id="u1")]
        assert len(talk.sent(wire.CreateResponse)) == 1


async def test_a_voice_that_goes_on_cuts_to_the_millisecond_and_is_answered(tmp_path: Path) -> None:
    over = expect(wire.AppendAudio, STARTED)  # M15, T12
    ends = expect(wire.AppendAudio, STOPPED, COMMITTED, wire.InputTranscript(item_id="u1", text="And now?"))
    async with talking(tmp_path, over, expect(wire.TruncateItem), ends, expect(wire.CreateResponse)) as talk:
        await talk.says(LOUD)
        await talk.clock.advance(0.399)
        assert talk.conversation.status(talk.session_id).turn_id == talk.turn_id
        await talk.clock.advance(0.001)
        assert await talk.ends() == "interrupted"
        assert talk.sent(wire.TruncateItem) == [wire.TruncateItem(item_id="a1", audio_end_ms=900)]
        assert talk.sink.factor == 1.0
        assert talk.answer().heard_ms == 900
        await talk.says(QUIET)
        assert [one.text for one in talk.users()] == ["a story", "And now?"]
        assert len(talk.sent(wire.CreateResponse)) == 2


async def test_our_own_ear_knows_a_mhm_from_speech_before_the_provider_tells_its_end(tmp_path: Path) -> None:
    over = expect(wire.AppendAudio, STARTED)
    async with talking(tmp_path, over, ear=Loudness()) as talk:
        await talk.says(LOUD)
        assert talk.sink.factor == DUCKED
        await talk.says(QUIET)
        await talk.clock.advance(0.4)
        assert talk.sink.factor == 1.0
        await talk.clock.advance(2)
        assert await talk.ends() == "completed"


async def test_our_own_ear_hears_speech_go_on_after_a_pause(tmp_path: Path) -> None:
    over = expect(wire.AppendAudio, STARTED)
    async with talking(tmp_path, over, ear=Loudness()) as talk:
        await talk.says(LOUD)
        await talk.says(QUIET)
        await talk.clock.advance(0.4)
        assert talk.sink.factor == 1.0
        await talk.says(LOUD)
        assert talk.sink.factor == DUCKED
        await talk.clock.advance(0.4)
        assert await talk.ends() == "interrupted"


async def test_the_volume_holds_while_the_answer_is_turned_down(tmp_path: Path) -> None:
    async with talking(tmp_path, expect(wire.AppendAudio, STARTED)) as talk:
        talk.conversation.set_volume(talk.session_id, 50)
        await talk.says(LOUD)
        assert talk.sink.factor == 0.5 * DUCKED
        talk.conversation.set_volume(talk.session_id, 100)
        assert talk.sink.factor == DUCKED
        assert talk.conversation.status(talk.session_id).volume == 100
