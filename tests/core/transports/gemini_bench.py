"""The dialect with its books: what was sent, what was heard, in order."""

import json
from typing import Any, TypeVar

from realtime_chat.core import messages as m
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.transports.gemini.dialect import GeminiDialect
from realtime_chat.core.transports.gemini.resumption import Resumption

Frame = dict[str, Any]
K = TypeVar("K")
PTT = SessionOptions(turn_detection="none")
TYPED = PTT.for_mode("text")
VAD = SessionOptions()


class ByThirds:
    """Three bytes become two; what is held back comes with the flush."""

    def __init__(self) -> None:
        self.held = b""

    def feed(self, pcm: bytes) -> bytes:
        whole = (self.held + pcm)[: len(self.held + pcm) // 3 * 3]
        self.held = (self.held + pcm)[len(whole) :]
        return whole[: len(whole) // 3 * 2]

    def flush(self) -> bytes:
        rest, self.held = self.held, b""
        return rest


class Bench:
    """One connection."""

    def __init__(self, resumption: Resumption | None = None, name: str = "g") -> None:
        self.resumption = resumption or Resumption()
        self.dialect = GeminiDialect("gemini-x", ByThirds(), name=name, resumption=self.resumption)
        self.heard: list[m.Incoming] = list(self.dialect.greeting())
        self.frames: list[Frame] = []

    def say(self, *messages: m.Outgoing) -> list[Frame]:
        """The frames of these."""
        before = len(self.frames)
        for message in messages:
            said = self.dialect.say(message)
            self.heard += said.heard
            self.frames += [json.loads(frame) for frame in said.frames]
        return self.frames[before:]

    def hear(self, *frames: Frame) -> list[m.Incoming]:
        """The messages of these."""
        before = len(self.heard)
        for frame in frames:
            self.heard += self.dialect.hear(json.dumps(frame).encode())
        return self.heard[before:]

    def of(self, kind: type[K]) -> list[K]:
        return [message for message in self.heard if isinstance(message, kind)]

    def ready(self, options: SessionOptions = PTT) -> "Bench":
        self.say(m.Configure(options=options))
        self.hear({"setupComplete": {}})
        return self

    def ask(self, words: str = "Hello.", number: int = 1) -> list[Frame]:
        """A typed question; its frames."""
        item = m.Item(item_id=f"i{number}", kind="message", role="user", text=words)
        return self.say(m.CreateItem(item=item), asking(number))

    def outputs(self, *call_ids: str) -> list[Frame]:
        items = [
            m.Item(item_id="", kind="function_call_output", call_id=one, output='{"ok": 1}')
            for one in call_ids
        ]
        return self.say(*(m.CreateItem(item=item) for item in items))


def asking(number: int = 1) -> m.CreateResponse:
    return m.CreateResponse(event_id=f"create_{number}", metadata={"request": f"create_{number}"})


def content(**fields: object) -> Frame:
    return {"serverContent": fields}


def words(text: str) -> Frame:
    return content(outputTranscription={"text": text})


def users(text: str) -> Frame:
    return content(inputTranscription={"text": text})


def sound(data: str = "AAAA") -> Frame:
    part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": data}}
    return content(modelTurn={"parts": [part]})


def calls(*ids: str) -> Frame:
    return {
        "toolCall": {"functionCalls": [{"id": one, "name": "clock", "args": {"zone": one}} for one in ids]}
    }


START, END = {"realtimeInput": {"activityStart": {}}}, {"realtimeInput": {"activityEnd": {}}}
PCM = b"\x01\x02" * 300
OVER = content(turnComplete=True)
CUT = content(interrupted=True)
GENERATED = content(generationComplete=True)
THOUGHT = content(modelTurn={"parts": [{"text": "**Hm**", "thought": True}]})
USED = {
    "promptTokenCount": 10,
    "responseTokenCount": 4,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}, {"modality": "AUDIO", "tokenCount": 2}],
    "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 4}],
    "thoughtsTokenCount": 3,
}


def kinds(messages: list[m.Incoming]) -> list[str]:
    """The names of their types, in order."""
    return [type(message).__name__ for message in messages]
