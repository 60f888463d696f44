"""Engines for tests of the shell: they really run in its threads, and do what a test's script says.

The brain answers "TEXT" with `said TEXT`; the mouth makes 100 ms of sound per word, and waits at `gate`
before every chunk when the test closed it, or asked it to pause; the ear hears `WORDS` in everything.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from realtime_chat.core.errors import TranscriptionFailed
from realtime_chat.local.engines.ports import BrainCall, BrainReply, BrainRequest, Hearing, SpeechChunk
from realtime_chat.local.engines.threads import ThreadedBrain, ThreadedSpeechToText, ThreadedTextToSpeech
from realtime_chat.local.workshop import EngineSet
from tests.local.machine import level_detector, loud

WORDS = "what is twelve times seven"


class Ear:
    def transcribe(self, pcm: bytes) -> Hearing:
        if len(pcm) > 48 * 60_000:
            raise TranscriptionFailed("That was too long to recognise; speak in shorter turns.")
        return Hearing(text=WORDS, confidence=0.9, understood=True)


class Brain:
    def reply(self, request: BrainRequest) -> BrainReply:
        if request.text == "break":
            raise ZeroDivisionError("a bug in an engine")
        if request.results:
            return BrainReply(text=f"It is {request.results[-1].output}.")
        if request.text == WORDS and request.tools:
            return BrainReply(
                calls=(BrainCall(name=request.tools[0].name, arguments={"expression": "12*7"}),)
            )
        return BrainReply(text=f"said {request.text}")


class Mouth:
    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Event()
        self.closed = threading.Event()
        self.waiting = False
        self.chunks = 0
        self.pause_after = 0  # so many chunks the gate closes by itself; 0: never
        self.chunk_ms = 100

    def voices(self) -> Sequence[str]:
        return ("low",)

    def synthesize(self, text: str, *, voice: str | None, speed: float) -> Iterator[SpeechChunk]:
        del voice, speed
        self.began.set()  # a generator that was closed before it began never gets to its `finally`
        try:
            end = 0
            for word in text.split(" "):
                self.waiting = True
                assert self.gate.wait(20)
                self.waiting = False
                end = min(end + len(word) + 1, len(text))
                self.chunks += 1
                if self.chunks == self.pause_after:
                    self.gate.clear()
                yield SpeechChunk(pcm=loud(self.chunk_ms), text_end=end)
        finally:
            self.closed.set()


def engines(mouth: Any = None) -> EngineSet:
    return EngineSet(
        speech_to_text=ThreadedSpeechToText(Ear),
        brain=ThreadedBrain(Brain),
        text_to_speech=ThreadedTextToSpeech(lambda: mouth or Mouth()),
        detector=level_detector,
    )
