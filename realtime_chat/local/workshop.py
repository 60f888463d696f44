"""The engines at work: what the connections of one server share."""

import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TypeVar

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
from realtime_chat.local.session_config import DEFAULT_VOICE

T = TypeVar("T")

logger = logging.getLogger(__name__)


class EngineFailed(ChatError):
    """An engine broke down at work."""

    kind = "engine_failed"


@dataclass(frozen=True, slots=True)
class EngineSet:
    """Who hears, answers and speaks, and what finds speech in sound."""

    speech_to_text: SpeechToText
    brain: Brain
    text_to_speech: TextToSpeech
    detector: DetectorFactory


class Workshop:
    """All engines of one server. What they raise are ChatErrors of theirs, or EngineFailed for anything else."""

    def __init__(self, engines: EngineSet) -> None:
        self.detector = engines.detector
        self._ear = engines.speech_to_text
        self._brain = engines.brain
        self._mouth = engines.text_to_speech

    def warm(self) -> None:
        for engine in (self._brain, self._ear, self._mouth):
            engine.warm()

    async def close(self) -> None:
        for engine in (self._brain, self._ear, self._mouth):
            await engine.close()

    async def transcribe(self, pcm: bytes) -> Hearing:
        with _told("speech recognition"):
            return await self._ear.transcribe(pcm)

    def reply(self, request: BrainRequest) -> AsyncGenerator[BrainReply, None]:
        """The pieces of an answer, as they are made. Closing stops it."""
        return _passed_on(self._brain.reply(request), "answering")

    async def speak(self, text: str, *, voice: str, speed: float) -> AsyncGenerator[SpeechChunk, None]:
        """Chunks as they are asked for. Closing stops it. A voice that the engine does not have becomes its own."""
        wanted = None if voice == DEFAULT_VOICE else voice
        try:
            async with aclosing(self._spoken(text, wanted, speed)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except InvalidArguments:
            if wanted is None:
                raise
            async with aclosing(self._spoken(text, None, speed)) as chunks:
                async for chunk in chunks:
                    yield chunk

    def _spoken(self, text: str, voice: str | None, speed: float) -> AsyncGenerator[SpeechChunk, None]:
        return _passed_on(self._mouth.synthesize(text, voice=voice, speed=speed), "speech synthesis")


async def _passed_on(made: AsyncGenerator[T, None], by: str) -> AsyncGenerator[T, None]:
    """All that an engine makes."""
    with _told(by):
        async with aclosing(made) as pieces:
            async for piece in pieces:
                yield piece


@contextmanager
def _told(name: str) -> Generator[None]:
    try:
        yield
    except ChatError:
        raise
    except Exception as error:
        logger.exception("The %s engine failed.", name)
        message = f"The {name} engine failed ({type(error).__name__}); see the server's log."
        raise EngineFailed(message) from error
