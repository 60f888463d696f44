"""The engines at work: each on one thread of its own, loaded there when first needed.

One thread per kind, because none of the engines promises to be used by two at once, and because more would
only share the same two or four cores. Connections take turns; speech is made chunk by chunk, so a client
that reads slowly holds up nobody.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.local.audio_buffer import DetectorFactory
from realtime_chat.local.engines.ports import (
    Brain,
    BrainReply,
    BrainRequest,
    Hearing,
    SpeechChunk,
    SpeechToText,
    TextToSpeech,
)

T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger(__name__)


class EngineFailed(ChatError):
    """An engine could not be loaded, or broke down at work."""

    kind = "engine_failed"


@dataclass(frozen=True, slots=True)
class EngineSet:
    """How to get each engine; the loaders run on the engine's own thread."""

    speech_to_text: Callable[[], SpeechToText]
    brain: Callable[[], Brain]
    text_to_speech: Callable[[], TextToSpeech]
    detector: DetectorFactory


class Bench(Generic[T]):
    """One engine and its thread. Work waits in line; its number is bounded by the connections that ask."""

    def __init__(self, name: str, load: Callable[[], T]) -> None:
        self._name = name
        self._load = load
        self._engine: T | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def warm(self) -> None:
        """Load now, in the background; a failure is told when the engine is needed."""
        self._thread.submit(self._loaded)

    async def run(self, work: Callable[[T], R]) -> R:
        """The work's result. Raises the ChatErrors that it raises, EngineFailed for anything else."""
        try:
            return await asyncio.wrap_future(self.submit(work))
        except ChatError:
            raise
        except Exception as error:
            logger.exception("The %s engine failed.", self._name)
            message = f"The {self._name} engine failed ({type(error).__name__}); see the server's log."
            raise EngineFailed(message) from error

    def submit(self, work: Callable[[T], R]) -> "Future[R]":
        """Have it done without waiting."""
        return self._thread.submit(lambda: work(self._loaded()))

    def close(self) -> None:
        """No more work; what runs is let go."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _loaded(self) -> T:
        if self._engine is None:
            self._engine = self._load()
        return self._engine


class Workshop:
    """All engines of one server."""

    def __init__(self, engines: EngineSet) -> None:
        self.detector = engines.detector
        self._ear = Bench("speech recognition", engines.speech_to_text)
        self._brain = Bench("answering", engines.brain)
        self._mouth = Bench("speech synthesis", engines.text_to_speech)

    def warm(self) -> None:
        for bench in (self._brain, self._ear, self._mouth):
            bench.warm()

    def close(self) -> None:
        for bench in (self._brain, self._ear, self._mouth):
            bench.close()

    async def transcribe(self, pcm: bytes) -> Hearing:
        return await self._ear.run(lambda engine: engine.transcribe(pcm))

    async def reply(self, request: BrainRequest) -> BrainReply:
        return await self._brain.run(lambda engine: engine.reply(request))

    async def speak(self, text: str, *, voice: str, speed: float) -> AsyncGenerator[SpeechChunk, None]:
        """Chunks as they are asked for; the engine makes none ahead. Closing stops it. A voice that the
        engine does not have becomes its own default."""

        def begin(engine: TextToSpeech) -> Iterator[SpeechChunk]:
            try:
                return engine.synthesize(text, voice=voice, speed=speed)
            except InvalidArguments:
                return engine.synthesize(text, voice=None, speed=speed)

        chunks = await self._mouth.run(begin)
        try:
            while (chunk := await self._mouth.run(lambda _: next(chunks, None))) is not None:
                yield chunk
        finally:
            if close := getattr(chunks, "close", None):
                with suppress(RuntimeError):  # the server is going down and takes no more work
                    self._mouth.submit(lambda _: close())
