"""What of the microphone goes to the model, through a real session."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.options import ServerVad, SessionOptions, TurnDetection
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import SpeechGate
from realtime_chat.core.session import Session
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect, hang
from realtime_chat.core.uplink import POSTROLL_FRAMES, POSTROLL_S, PREROLL_FRAMES
from realtime_chat.core.virtual_audio import VirtualSource

READY = (emit(wire.SessionCreated()), expect(wire.Configure), emit(wire.SessionUpdated()))


def frames(first: int, count: int = 1) -> bytes:
    """20 ms each, told apart by their samples."""
    return b"".join(bytes([value]) * pcm_bytes(20) for value in range(first, first + count))


@dataclass
class Bench:
    conversation: Conversation
    session_id: str
    source: VirtualSource
    transport: ScriptedTransport
    clock: VirtualClock

    @property
    def session(self) -> Session:
        return self.conversation.supervisor.live(self.session_id)

    @property
    def sent(self) -> bytes:
        return b"".join(one.pcm for one in self.transport.sent if isinstance(one, wire.AppendAudio))

    async def hear(self, pcm: bytes) -> None:
        self.source.push(pcm)
        await settle()


@asynccontextmanager
async def bench(
    folder: Path, detection: TurnDetection, gate: SpeechGate | None = None
) -> AsyncGenerator[Bench]:
    clock, source = VirtualClock(), VirtualSource()
    transport = ScriptedTransport([*READY, hang()])
    async with asyncio.timeout(10), Supervisor(SessionStore(folder, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        options = SessionOptions(turn_detection=detection)
        setup = SessionSetup(
            transport=lambda: transport, options=options, mode="voice", source=source, gate=gate
        )
        yield Bench(conversation, await conversation.start(setup), source, transport, clock)


async def test_a_word_that_begins_before_the_key_is_heard_whole(tmp_path: Path) -> None:
    async with bench(tmp_path, "none") as talk:
        await talk.hear(frames(1, PREROLL_FRAMES + 3))
        talk.conversation.listen(talk.session_id, True)
        await talk.hear(frames(50))
        assert talk.sent == frames(4, PREROLL_FRAMES) + frames(50)


async def test_a_word_that_ends_after_the_key_is_heard_whole(tmp_path: Path) -> None:
    async with bench(tmp_path, "none") as talk, asyncio.TaskGroup() as group:
        talk.conversation.listen(talk.session_id, True)
        await talk.hear(frames(1, 10))
        committing = group.create_task(talk.conversation.commit_audio(talk.session_id))
        await settle()
        assert not committing.done()
        await talk.hear(frames(11, POSTROLL_FRAMES + 5))
        assert committing.done()
        assert talk.sent[: pcm_bytes(20) * (10 + POSTROLL_FRAMES)] == frames(1, 10 + POSTROLL_FRAMES)
        kinds = [type(one) for one in talk.transport.sent]
        assert kinds.index(wire.CommitAudio) > 10 + POSTROLL_FRAMES
        assert not talk.session.uplink.listening


async def test_a_tap_sends_nothing_of_what_was_heard_before_it(tmp_path: Path) -> None:  # J23
    async with bench(tmp_path, "none") as talk, asyncio.TaskGroup() as group:
        await talk.hear(frames(1, 20))
        talk.conversation.listen(talk.session_id, True)
        await talk.hear(frames(50, 3))  # 60 ms
        committing = group.create_task(talk.conversation.commit_audio(talk.session_id))
        await settle()
        await talk.hear(frames(53, POSTROLL_FRAMES))
        assert committing.result() is None
        kinds = [type(one) for one in talk.transport.sent]
        assert wire.CommitAudio not in kinds
        assert kinds[-1] is wire.ClearAudio


async def test_a_device_that_stands_still_does_not_hold_up_the_answer(tmp_path: Path) -> None:
    async with bench(tmp_path, "none") as talk, asyncio.TaskGroup() as group:
        talk.conversation.listen(talk.session_id, True)
        await talk.hear(frames(1, 10))
        committing = group.create_task(talk.conversation.commit_audio(talk.session_id))
        await settle()
        await talk.clock.advance(POSTROLL_S)
        await settle()
        assert committing.done()
        assert any(isinstance(one, wire.CommitAudio) for one in talk.transport.sent)


class EveryThird:
    """A gate that lets every third frame through."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def passed(self, frame: bytes) -> bytes:
        self.seen.append(frame[0])
        return b"" if len(self.seen) % 3 else frame


async def test_hands_free_only_what_the_gate_lets_through_is_sent(tmp_path: Path) -> None:
    gate = EveryThird()
    async with bench(tmp_path, ServerVad(), gate) as talk:
        talk.conversation.listen(talk.session_id, True)
        await talk.hear(frames(1, 9))
        assert talk.sent == frames(3) + frames(6) + frames(9)
        talk.conversation.listen(talk.session_id, False)
        await talk.hear(frames(10))
        assert gate.seen[-1] == 0  # muted, the gate hears silence, too


async def test_push_to_talk_asks_no_gate(tmp_path: Path) -> None:
    gate = EveryThird()
    async with bench(tmp_path, "none", gate) as talk:
        talk.conversation.listen(talk.session_id, True)
        await talk.hear(frames(1, 4))
        assert talk.sent == frames(1, 4)
        assert gate.seen == []
