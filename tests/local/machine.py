"""Drives the protocol machine in tests: keeps what it said, checks every event against the SDK's types."""

import base64
import json
from typing import Any, TypeVar

from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.local.audio_buffer import SpeechChange, SpeechDetector, SpeechStarted, SpeechStopped
from realtime_chat.local.conversation import Conversation
from realtime_chat.local.engines.ports import BrainCall, BrainReply, Hearing, SpeechChunk
from realtime_chat.local.outbox import Effect, Speak, Think, Transcribe
from realtime_chat.local.session_config import SessionType, TurnDetection
from tests.strict_types import check_server_event

E = TypeVar("E", bound=Effect)


def loud(ms: int) -> bytes:
    return b"\x00\x40" * (pcm_bytes(ms) // 2)


def quiet(ms: int) -> bytes:
    return bytes(pcm_bytes(ms))


def b64(pcm: bytes) -> str:
    return base64.b64encode(pcm).decode()


class LevelDetector:
    """Speech is whatever is not zero: exact, so tests can say when it must start and stop."""

    def __init__(self, settings: TurnDetection) -> None:
        self._settings = settings
        self._now = 0
        self._quiet = 0
        self._speaking = False

    def feed(self, pcm: bytes) -> list[SpeechChange]:
        changes: list[SpeechChange] = []
        for start in range(0, len(pcm), pcm_bytes(20)):
            changes += self._frame(pcm[start : start + pcm_bytes(20)])
        return changes

    def _frame(self, frame: bytes) -> list[SpeechChange]:
        before, self._now = self._now, self._now + len(frame) // 48
        if any(frame):
            self._quiet = 0
            if not self._speaking:
                self._speaking = True
                return [SpeechStarted(max(before - self._settings.prefix_padding_ms, 0))]
            return []
        self._quiet += len(frame) // 48
        if self._speaking and self._quiet >= self._settings.silence_duration_ms:
            self._speaking = False
            return [SpeechStopped(self._now)]
        return []


def level_detector(settings: TurnDetection) -> SpeechDetector:
    return LevelDetector(settings)


class Machine:
    """One session; `events` and `work` hold everything so far."""

    def __init__(self, kind: SessionType = "realtime", **session: Any) -> None:
        self.conversation = Conversation(seed="test", make_detector=level_detector, kind=kind)
        self.events: list[dict[str, Any]] = []
        self.work: list[Effect] = []
        self.conversation.begin()
        self.collect()
        if session:
            self.send("session.update", session={"type": "realtime", **session})

    # -- in

    def send(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """The events that this client event brought."""
        return self.frame(json.dumps({"type": kind, **fields}))

    def frame(self, frame: str | bytes) -> list[dict[str, Any]]:
        before = len(self.events)
        self.conversation.receive(frame)
        while self.conversation.advance():
            pass
        self.collect()
        return self.events[before:]

    def append(self, pcm: bytes) -> list[dict[str, Any]]:
        return self.send("input_audio_buffer.append", audio=b64(pcm))

    def say(self, text: str = "hello", **item: Any) -> list[dict[str, Any]]:
        content = [{"type": "input_text", "text": text}]
        message = {"type": "message", "role": "user", "content": content, **item}
        return self.send("conversation.item.create", item=message)

    def think(self, text: str = "", *calls: BrainCall) -> list[dict[str, Any]]:
        """Let the brain answer what it was asked last."""
        think = self.take(Think)
        return self.did(lambda c: c.thought(think.response_id, BrainReply(text=text, calls=calls)))

    def hear(self, text: str, *, understood: bool = True) -> list[dict[str, Any]]:
        asked = self.take(Transcribe)
        hearing = Hearing(text=text, confidence=0.9 if understood else 0.1, understood=understood)
        return self.did(lambda c: c.heard(asked.item_id, hearing))

    def speak(self, ms: int, text_end: int) -> list[dict[str, Any]]:
        """One more chunk of the speech that was asked for last."""
        chunk = SpeechChunk(pcm=loud(ms), text_end=text_end)
        return self.did(lambda c: c.spoke(self.last(Speak).response_id, chunk))

    def stop_speaking(self) -> list[dict[str, Any]]:
        speak = self.take(Speak)
        return self.did(lambda c: c.speech_ended(speak.response_id))

    def spoken_answer(self, text: str, ms: int) -> str:
        """A whole turn with a typed question; the id of the spoken answer."""
        self.say()
        self.send("response.create")
        self.think(text)
        self.speak(ms, len(text))
        return self.stop_speaking()[-2]["response"]["output"][0]["id"]

    def did(self, step: Any) -> list[dict[str, Any]]:
        before = len(self.events)
        step(self.conversation)
        self.collect()
        return self.events[before:]

    # -- out

    def collect(self) -> None:
        for event in self.conversation.take_events():
            event = json.loads(json.dumps(event))
            assert check_server_event(event) == []
            self.events.append(event)
        self.work += self.conversation.take_effects()

    def last(self, kind: type[E]) -> E:
        return next(effect for effect in reversed(self.work) if isinstance(effect, kind))

    def take(self, kind: type[E]) -> E:
        effect = self.last(kind)
        self.work.remove(effect)
        return effect


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def only_error(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The error of an event that brought nothing else."""
    assert kinds(events) == ["error"]
    return events[0]["error"]
