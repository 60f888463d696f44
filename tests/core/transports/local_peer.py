"""The embedded server itself, on a real socket, with engines that hear, answer and speak as a test says."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import assert_never

from realtime_chat.core.errors import Unreachable
from realtime_chat.core.pcm import RATE
from realtime_chat.core.ports import Transport
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.local.engines.ports import (
    BrainCall,
    BrainReply,
    BrainRequest,
    BrainResult,
    BrainTurn,
    Hearing,
    SpeechChunk,
)
from realtime_chat.local.server import serve
from realtime_chat.local.workshop import EngineSet
from tests.cli.relay import Relay, relay
from tests.core.transports.ways import GOOD_KEY, Calls, Fails, Hangs, Reply, Says, SaysAloud, Told
from tests.local.machine import level_detector


class _Engine:
    def warm(self) -> None:
        pass

    async def close(self) -> None:
        pass


class LocalPeer(_Engine):
    """All three engines in one, and the way to the server. See ways.Peer."""

    rate = RATE

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.heard: list[Told] = []
        self.pcm = bytearray()
        self.way: Relay | None = None
        self._sound = b""

    def transport(self, *, key: str = GOOD_KEY) -> Transport:
        assert self.way is not None
        return openai_transport(OpenAIEndpoint(model="m", base_url=self.way.url, api_key=lambda: key))

    async def drop(self) -> None:
        assert self.way is not None
        for task in list(self.way.tasks):
            task.cancel()

    async def transcribe(self, pcm: bytes) -> Hearing:
        self.pcm += pcm
        return Hearing(text="as it was said", confidence=1.0, understood=True)

    async def reply(self, request: BrainRequest) -> AsyncGenerator[BrainReply, None]:
        self.heard = [told for one in request.dialogue for told in _told(one)]
        reply = self.replies.popleft()
        match reply:
            case Says(text=text):
                yield BrainReply(text=text)
            case SaysAloud(text=text, pcm=pcm):
                self._sound = pcm
                yield BrainReply(text=text)
            case Calls(calls=calls):
                wishes = [BrainCall(name=one.name, arguments=json.loads(one.arguments)) for one in calls]
                yield BrainReply(calls=tuple(wishes))
            case Fails(message=message):
                raise Unreachable(message)
            case Hangs(text=text):
                yield BrainReply(text=f"{text}. ", more=True)  # a server writes in sentences
                await asyncio.Event().wait()
            case _:
                assert_never(reply)

    async def synthesize(
        self, text: str, *, voice: str | None, speed: float
    ) -> AsyncGenerator[SpeechChunk, None]:
        del voice, speed
        yield SpeechChunk(pcm=self._sound, text_end=len(text))


@asynccontextmanager
async def peer() -> AsyncGenerator[LocalPeer]:
    playing = LocalPeer()
    engines = EngineSet(
        speech_to_text=playing, brain=playing, text_to_speech=playing, detector=level_detector
    )
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(host="127.0.0.1", port=0, token=GOOD_KEY, on_ready=ready.set_result, engines=engines)
    )
    try:
        async with relay(await asyncio.wait_for(ready, 5), iter(())) as playing.way:
            yield playing
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


def _told(one: BrainTurn | BrainResult) -> list[Told]:
    if isinstance(one, BrainTurn):
        return [Told(one.role, one.text)]
    return [Told("call", one.name), Told("output", one.output)]
