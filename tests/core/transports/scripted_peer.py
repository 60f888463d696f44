"""The shipped twin as a provider: the same service as OpenAI's peer, without a socket."""

import json
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from realtime_chat.core.errors import Rejected
from realtime_chat.core.messages import Incoming, Outgoing
from realtime_chat.core.pcm import RATE
from realtime_chat.core.ports import Transport
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, refuse, serve
from tests.core.transports.openai_peer import OpenAIService
from tests.core.transports.ways import GOOD_KEY, Reply, Told


class ScriptedPeer:
    """See ways.Peer."""

    rate = RATE

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self._service = OpenAIService(self.replies)
        self._transport: ScriptedTransport | None = None

    @property
    def heard(self) -> list[Told]:
        return self._service.heard

    @property
    def pcm(self) -> bytearray:
        return self._service.pcm

    def transport(self, *, key: str = GOOD_KEY) -> Transport:
        codec = OpenAICodec()
        if key != GOOD_KEY:
            return ScriptedTransport([refuse(Rejected("The key was refused. Check it.", status=401))])
        pcm = self._service.pcm
        self._service = service = OpenAIService(self.replies)
        service.pcm = pcm

        def answer(message: Outgoing) -> Iterable[Incoming | bytes]:
            return [json.dumps(frame).encode() for frame in service.take(json.loads(codec.encode(message)))]

        hello = json.dumps(service.hello()).encode()
        self._transport = ScriptedTransport([emit(hello), serve(answer)], codec=codec)
        return self._transport

    async def drop(self) -> None:
        assert self._transport is not None
        self._transport.lose()


@asynccontextmanager
async def peer() -> AsyncGenerator[ScriptedPeer]:
    yield ScriptedPeer()
