"""Gemini Live as a test plays it: BidiGenerateContent on a socket. What no test of ours can know of the real one is
marked; the order of frames is that of recordings, and of Google's description.
"""

import asyncio
import base64
import json
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any, assert_never
from uuid import uuid4

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from realtime_chat.audio.resample import Resampler
from realtime_chat.core.pcm import RATE
from realtime_chat.core.ports import Transport, TransportFactory
from realtime_chat.core.transports.gemini.endpoint import PATH
from realtime_chat.core.transports.gemini.provider import INPUT_RATE, GeminiEndpoint, gemini_transports
from tests.core.transports.ways import GOOD_KEY, Calls, Fails, Hangs, Reply, Says, SaysAloud, Told

Frame = dict[str, Any]
USAGE = {
    "promptTokenCount": 7,
    "responseTokenCount": 5,
    "totalTokenCount": 12,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 7}],
    "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}],
}
BAD_KEY_WORDS = "API key not valid. Please pass a valid API key."
INVALID = "Request contains an invalid argument."


class Goodbye(Exception):
    """The service ends the connection."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Memory:
    """What outlives a connection: the talks behind handles."""

    def __init__(self) -> None:
        self.talks: dict[str, list[Told]] = {}
        self.replies: deque[Reply] = deque()
        self.pcm = bytearray()


class GeminiService:
    """What it says to a frame. No socket: `take` is all there is. Raises Goodbye."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.setup: Frame | None = None
        self.talk: list[Told] = []
        self.heard: list[Told] = []
        self.lags = False  # a turn's end waits for its sound
        self._calls: dict[str, str] = {}
        self._speaks = False  # a turn goes on
        self._said = ""  # in it
        self._activity = False

    def take(self, frame: Frame) -> Iterator[Frame]:
        if len(frame) != 1 or (self.setup is None) is not ("setup" in frame):
            raise Goodbye(1007, INVALID)
        match frame:
            case {"setup": setup}:
                yield from self._set_up(setup)
            case {"clientContent": content}:
                yield from self._interrupted()
                self.talk += [_told(turn) for turn in content.get("turns", [])]
                if content["turnComplete"]:
                    yield from self.answer()
            case {"realtimeInput": given}:
                yield from self._realtime(given)
            case {"toolResponse": {"functionResponses": responses}}:
                yield from self._outputs(responses)
            case _:
                raise Goodbye(1007, INVALID)

    @property
    def manual(self) -> bool:
        detection = (self.setup or {}).get("realtimeInputConfig", {}).get("automaticActivityDetection", {})
        return detection.get("disabled") is True

    def hears(self, words: str) -> Iterator[Frame]:
        """Its detector heard the user say this, to the end."""
        yield from self._interrupted()
        half = len(words) // 2
        yield _content(inputTranscription={"text": words[:half]})
        yield _content(inputTranscription={"text": words[half:]})
        self.talk.append(Told("user", words))
        yield from self.answer()

    def answer(self) -> Iterator[Frame]:
        if self._calls:
            return  # it waits for all outputs, whatever else it is told
        self.heard = list(self.talk)
        self._speaks = True
        reply = self._memory.replies.popleft()
        match reply:
            case Says(text=text):
                yield _content(modelTurn={"parts": [{"text": "**Thinking**", "thought": True}]})
                yield from self._words(text[: len(text) // 2], text[len(text) // 2 :], pcm=bytes(4800))
                yield from self._ended()
            case SaysAloud(text=text, pcm=pcm):
                yield from self._words(text, pcm=pcm)
                yield from self._ended()
            case Calls(calls=calls):
                wanted = [
                    {
                        "id": f"function-call-{uuid4().int}",
                        "name": call.name,
                        "args": json.loads(call.arguments),
                    }
                    for call in calls
                ]
                self._speaks = False
                self._calls = {call["id"]: call["name"] for call in wanted}
                self.talk += [Told("call", call["name"]) for call in wanted]
                yield {"toolCall": {"functionCalls": wanted}}
            case Fails(message=message):
                yield _content(modelTurn={"parts": [{"text": "**Trying**", "thought": True}]})
                raise Goodbye(1011, message)
            case Hangs(text=text):
                yield from self._words(text)
            case _:
                assert_never(reply)

    def cancel_calls(self) -> Frame:
        ids, self._calls = list(self._calls), {}
        return {"toolCallCancellation": {"ids": ids}}

    def turn_over(self) -> Iterator[Frame]:
        """All of a turn's sound would have been heard by now."""
        if self._speaks:
            self._speaks = False
            self.talk.append(Told("assistant", self._said))
            self._said = ""
            yield {**_content(turnComplete=True), "usageMetadata": USAGE}
            yield self._handle()

    def _set_up(self, setup: Frame) -> Iterator[Frame]:
        self.setup = setup
        handle = setup.get("sessionResumption", {}).get("handle")
        if handle is not None:
            if handle not in self._memory.talks:
                raise Goodbye(1008, "BidiGenerateContent session not found")
            self.talk = list(self._memory.talks[handle])
        yield {"setupComplete": {}}
        yield self._handle()

    def _handle(self) -> Frame:
        handle = uuid4().hex
        self._memory.talks[handle] = list(self.talk)
        return {"sessionResumptionUpdate": {"newHandle": handle, "resumable": True}}

    def _realtime(self, given: Frame) -> Iterator[Frame]:
        if len(given) != 1 or (self.manual and "audio" in given and not self._activity):
            raise Goodbye(1007, INVALID)
        match given:
            case {"audio": {"data": data, "mimeType": "audio/pcm;rate=16000"}}:
                self._memory.pcm += base64.b64decode(data)
            case {"activityStart": _} if self.manual and not self._activity:
                self._activity = True
                yield from self._interrupted()
            case {"activityEnd": _} if self.manual and self._activity:
                self._activity = False
                yield _content(inputTranscription={"text": "as it was"})
                self.talk.append(Told("user", "as it was said"))
                yield _content(inputTranscription={"text": " said"})
                yield from self.answer()
            case {"audioStreamEnd": True} if not self.manual:
                pass
            case _:
                raise Goodbye(1007, INVALID)

    def _outputs(self, responses: list[Frame]) -> Iterator[Frame]:
        if {one["id"]: one["name"] for one in responses} != self._calls:
            raise Goodbye(1008, "The function responses are not those of the function calls.")
        self._calls = {}
        self.talk += [Told("output", json.dumps(one["response"])) for one in responses]
        yield from self.answer()

    def _words(self, *pieces: str, pcm: bytes = b"") -> Iterator[Frame]:
        for piece in pieces:
            self._said += piece
            yield _content(outputTranscription={"text": piece})
        for at in range(0, len(pcm), 4800):
            data = base64.b64encode(pcm[at : at + 4800]).decode()
            part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": data}}
            yield _content(modelTurn={"parts": [part]})

    def _ended(self) -> Iterator[Frame]:
        yield _content(generationComplete=True)
        if not self.lags:
            yield from self.turn_over()

    def _interrupted(self) -> Iterator[Frame]:
        if self._speaks:
            yield _content(interrupted=True)
            yield from self.turn_over()


class GeminiPeer:
    """The service behind a real socket. See ways.Peer."""

    rate = 16_000

    def __init__(self) -> None:
        self.memory = Memory()
        self.replies = self.memory.replies
        self.pcm = self.memory.pcm
        self.services: list[GeminiService] = []
        self.paths: list[str] = []
        self.lags = False
        self.url = ""
        self._sockets: list[ServerConnection] = []

    @property
    def heard(self) -> list[Told]:
        return self.services[-1].heard

    @property
    def setups(self) -> list[Frame]:
        """Of all connections."""
        return [service.setup for service in self.services if service.setup is not None]

    def factory(self, key: str = GOOD_KEY) -> TransportFactory:
        """Connections that know of each other."""
        return gemini_transports(
            GeminiEndpoint(
                model="gemini-test",
                downsampler=lambda: Resampler(RATE, INPUT_RATE),
                base_url=self.url,
                api_key=lambda: key,
            )
        )

    def transport(self, *, key: str = GOOD_KEY) -> Transport:
        return self.factory(key)()

    async def drop(self) -> None:
        for socket in self._sockets:
            socket.transport.abort()

    async def hears(self, words: str) -> None:
        """The user was heard to say this."""
        await self._send(self.services[-1].hears(words))

    async def says(self, *frames: Frame) -> None:
        """Whatever a test wants it to say."""
        await self._send(iter(frames))

    async def talk(self, socket: ServerConnection) -> None:
        """One connection."""
        assert socket.request is not None
        if socket.request.headers.get("x-goog-api-key") != GOOD_KEY:
            await socket.close(1007, BAD_KEY_WORDS)
            return
        self.paths.append(socket.request.path)
        service = GeminiService(self.memory)
        service.lags = self.lags
        self.services.append(service)
        self._sockets.append(socket)
        try:
            async for message in socket:
                await self._send(service.take(json.loads(message)))
        except ConnectionClosed:
            pass
        finally:
            self._sockets.remove(socket)

    async def _send(self, frames: Iterator[Frame]) -> None:
        """As the service does it: JSON, in binary frames."""
        socket = self._sockets[-1]
        try:
            for frame in frames:
                await socket.send(json.dumps(frame).encode())
        except Goodbye as goodbye:
            await socket.close(goodbye.code, goodbye.reason)


@asynccontextmanager
async def peer() -> AsyncGenerator[GeminiPeer]:
    """A service on loopback that wants the good key."""
    playing = GeminiPeer()
    async with serve(playing.talk, "127.0.0.1", 0, close_timeout=1) as server:
        playing.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield playing
        assert set(playing.paths) <= {PATH}
        await asyncio.gather(*(socket.close() for socket in list(playing._sockets)))


def _content(**fields: object) -> Frame:
    return {"serverContent": fields}


def _told(turn: Frame) -> Told:
    words = "".join(part["text"] for part in turn["parts"])
    return Told("assistant" if turn["role"] == "model" else "user", words)
