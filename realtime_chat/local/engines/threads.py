"""Engines that compute in this process: each on one thread of its own, loaded there when first needed.

One thread per engine, because none of them promises to be used by two at once, and because more would only share
the same two or four cores. Connections take turns; speech is made chunk by chunk, so a client that reads slowly
holds up nobody.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from realtime_chat.local.engines.ports import BrainReply, BrainRequest, Hearing, SpeechChunk

T = TypeVar("T")
R = TypeVar("R")


class Recogniser(Protocol):
    """SpeechToText that blocks."""

    def transcribe(self, pcm: bytes) -> Hearing:
        """See SpeechToText."""
        ...


class Thinker(Protocol):
    """Brain that blocks, and answers at once."""

    def reply(self, request: BrainRequest) -> BrainReply:
        """See Brain; the whole step."""
        ...


class Synthesiser(Protocol):
    """TextToSpeech that blocks."""

    def synthesize(self, text: str, *, voice: str | None, speed: float) -> Iterator[SpeechChunk]:
        """See TextToSpeech. Closing the iterator stops it; InvalidArguments comes at the call."""
        ...


class _Bench(Generic[T]):
    """One engine and its thread. Work waits in line; its number is bounded by the connections that ask."""

    def __init__(self, name: str, load: Callable[[], T]) -> None:
        self._load = load
        self._engine: T | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def warm(self) -> None:
        """Load now."""
        self._thread.submit(self._loaded)

    async def run(self, work: Callable[[T], R]) -> R:
        """The work's result."""
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[T], R]) -> "Future[R]":
        """Have it done without waiting."""
        return self._thread.submit(lambda: work(self._loaded()))

    async def close(self) -> None:
        """See Engine."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _loaded(self) -> T:
        if self._engine is None:
            self._engine = self._load()
        return self._engine


class ThreadedSpeechToText(_Bench[Recogniser]):
    """SpeechToText by an engine that `load` makes."""

    def __init__(self, load: Callable[[], Recogniser]) -> None:
        super().__init__("ear", load)

    async def transcribe(self, pcm: bytes) -> Hearing:
        """See SpeechToText."""
        return await self.run(lambda engine: engine.transcribe(pcm))


class ThreadedBrain(_Bench[Thinker]):
    """Brain by an engine that `load` makes: one piece a step."""

    def __init__(self, load: Callable[[], Thinker]) -> None:
        super().__init__("brain", load)

    async def reply(self, request: BrainRequest) -> AsyncGenerator[BrainReply, None]:
        """See Brain."""
        yield await self.run(lambda engine: engine.reply(request))


class ThreadedTextToSpeech(_Bench[Synthesiser]):
    """TextToSpeech by an engine that `load` makes; it makes no chunk before it is asked for."""

    def __init__(self, load: Callable[[], Synthesiser]) -> None:
        super().__init__("mouth", load)

    async def synthesize(
        self, text: str, *, voice: str | None, speed: float
    ) -> AsyncGenerator[SpeechChunk, None]:
        """See TextToSpeech."""
        chunks = await self.run(lambda engine: engine.synthesize(text, voice=voice, speed=speed))
        try:
            while (chunk := await self.run(lambda _: next(chunks, None))) is not None:
                yield chunk
        finally:
            if close := getattr(chunks, "close", None):
                with suppress(RuntimeError):  # the server is going down and takes no more work
                    self.submit(lambda _: close())
