"""OpenAI's realtime service as a test plays it, in its GA dialect; Azure's is the same under another door."""

import asyncio
import base64
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from typing import Any, assert_never
from uuid import uuid4

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from realtime_chat.core.pcm import RATE
from realtime_chat.core.ports import Transport
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from tests.core.transports.ways import (
    GOOD_KEY,
    Calls,
    Fails,
    Hangs,
    Reply,
    Says,
    SaysAloud,
    Told,
)

Frame = dict[str, Any]
USAGE = {
    "total_tokens": 12,
    "input_tokens": 7,
    "output_tokens": 5,
    "input_token_details": {"text_tokens": 7, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 5, "audio_tokens": 0},
}


class OpenAIService:
    """What it answers to a frame. No socket: `take` is all there is."""

    def __init__(self, replies: deque[Reply]) -> None:
        self._replies = replies
        self.heard: list[Told] = []
        self.pcm = bytearray()
        self._unheard = 0
        self._items: list[Frame] = []
        self._open: tuple[str, str, str] | None = None  # response, item and words of one that hangs

    def hello(self) -> Frame:
        return _event("session.created", session=_session({}))

    def take(self, frame: Frame) -> list[Frame]:
        match frame["type"]:
            case "session.update":
                return [_event("session.updated", session=_session(frame["session"]))]
            case "conversation.item.create":
                return self._added({"id": _id("item"), **frame["item"]})
            case "input_audio_buffer.append":
                self.pcm += base64.b64decode(frame["audio"])
                return []
            case "input_audio_buffer.commit":
                return self._committed()
            case "input_audio_buffer.clear":
                self._unheard = len(self.pcm)
                return [_event("input_audio_buffer.cleared")]
            case "conversation.item.truncate":
                return [
                    _event(
                        "conversation.item.truncated",
                        **_only(frame, "item_id", "content_index", "audio_end_ms"),
                    )
                ]
            case "response.create":
                return self._asked(frame.get("response", {}))
            case "response.cancel":
                return self._cancelled(frame)
            case kind:
                return [_error("invalid_value", f"Invalid value: {kind}", frame)]

    def _added(self, item: Frame) -> list[Frame]:
        self._items.append(item)
        return [
            _event("conversation.item.added", item=item, previous_item_id=None),
            _event("conversation.item.done", item=item, previous_item_id=None),
        ]

    def _committed(self) -> list[Frame]:
        item = _id("item")
        words = {"type": "input_audio", "transcript": "as it was said"}
        self._unheard = len(self.pcm)
        return [
            _event("input_audio_buffer.committed", item_id=item, previous_item_id=None),
            *self._added(
                {"id": item, "type": "message", "role": "user", "status": "completed", "content": [words]}
            ),
            _event(
                "conversation.item.input_audio_transcription.completed",
                item_id=item,
                content_index=0,
                transcript="as it was said",
            ),
        ]

    def _asked(self, asked: Frame) -> list[Frame]:
        """In the talk, or beside it: then it hears of its own input alone, and remembers nothing."""
        aside = asked.get("conversation") == "none"
        talk = self._items
        self._items = list(asked.get("input", [])) if aside else talk
        frames = self._answer()
        if aside:
            self._items = talk
        echo = {"metadata": asked.get("metadata"), "conversation_id": None if aside else "conv_1"}
        return [
            {**frame, "response": {**frame["response"], **echo}} if "response" in frame else frame
            for frame in frames
        ]

    def _answer(self) -> list[Frame]:
        self.heard = [told for item in self._items if (told := _told(item)) is not None]
        reply = self._replies.popleft()
        response = _id("resp")
        created = _event("response.created", response=_response(response, "in_progress"))
        match reply:
            case Says(text=text):
                return [created, *self._words(response, text)]
            case SaysAloud(text=text, pcm=pcm):
                return [created, *self._aloud(response, text, pcm)]
            case Calls(calls=calls):
                items = [
                    {
                        "id": _id("item"),
                        "type": "function_call",
                        "status": "completed",
                        "call_id": _id("call"),
                        "name": call.name,
                        "arguments": call.arguments,
                    }
                    for call in calls
                ]
                return [created, *_calling(response, items), self._done(response, *items)]
            case Fails(code=code, message=message):
                details = {
                    "type": "failed",
                    "error": {"type": "server_error", "code": code, "message": message},
                }
                failed = {**_response(response, "failed"), "status_details": details}
                return [created, _event("response.done", response=failed)]
            case Hangs(text=text):
                item = _id("item")
                self._open = (response, item, text)
                begun = {**_message(item, ""), "status": "in_progress", "content": []}
                return [
                    created,
                    _event("response.output_item.added", response_id=response, output_index=0, item=begun),
                    _delta("output_text", response, item, delta=text),
                ]
            case _:
                assert_never(reply)

    def _words(self, response: str, text: str) -> list[Frame]:
        item = _id("item")
        half = len(text) // 2
        begun = {**_message(item, ""), "status": "in_progress", "content": []}
        return [
            _event("response.output_item.added", response_id=response, output_index=0, item=begun),
            _delta("output_text", response, item, delta=text[:half]),
            _delta("output_text", response, item, delta=text[half:]),
            _event(
                "response.output_text.done",
                response_id=response,
                item_id=item,
                output_index=0,
                content_index=0,
                text=text,
            ),
            _event(
                "response.output_item.done", response_id=response, output_index=0, item=_message(item, text)
            ),
            self._done(response, _message(item, text)),
        ]

    def _aloud(self, response: str, text: str, pcm: bytes) -> list[Frame]:
        item = _id("item")
        whole = _message(item, text)
        whole["content"] = [{"type": "output_audio", "transcript": text}]
        sound = [
            _delta("output_audio", response, item, delta=base64.b64encode(pcm[at : at + 4800]).decode())
            for at in range(0, len(pcm), 4800)
        ]
        begun = {**whole, "status": "in_progress", "content": []}
        return [
            _event("response.output_item.added", response_id=response, output_index=0, item=begun),
            _delta("output_audio_transcript", response, item, delta=text),
            *sound,
            _event(
                "response.output_audio.done",
                response_id=response,
                item_id=item,
                output_index=0,
                content_index=0,
            ),
            _event("response.output_item.done", response_id=response, output_index=0, item=whole),
            self._done(response, whole),
        ]

    def _done(self, response: str, *items: Frame) -> Frame:
        self._items += items
        return _event(
            "response.done",
            response={**_response(response, "completed"), "output": list(items), "usage": USAGE},
        )

    def _cancelled(self, frame: Frame) -> list[Frame]:
        if self._open is None:
            return [
                _error("response_cancel_not_active", "Cancellation failed: no active response found", frame)
            ]
        (response, item, text), self._open = self._open, None
        cut = {**_message(item, text), "status": "incomplete"}
        ended = _response(response, "cancelled")
        details = {"type": "cancelled", "reason": "client_cancelled"}
        return [
            _event(
                "response.done",
                response={**ended, "output": [cut], "status_details": details, "usage": USAGE},
            )
        ]


class OpenAIPeer:
    """The service behind a real socket. See ways.Peer."""

    rate = RATE

    def __init__(self, make: Callable[[str], Transport]) -> None:
        self.replies: deque[Reply] = deque()
        self._make = make
        self._service = OpenAIService(self.replies)
        self._sockets: set[ServerConnection] = set()

    @property
    def heard(self) -> list[Told]:
        return self._service.heard

    @property
    def pcm(self) -> bytearray:
        return self._service.pcm

    def transport(self, *, key: str = GOOD_KEY) -> Transport:
        return self._make(key)

    async def drop(self) -> None:
        for socket in list(self._sockets):
            socket.transport.abort()

    async def talk(self, socket: ServerConnection) -> None:
        """One connection: each has a conversation of its own."""
        pcm = self._service.pcm
        self._service = service = OpenAIService(self.replies)
        service.pcm = pcm
        self._sockets.add(socket)
        try:
            await socket.send(json.dumps(service.hello()))
            async for message in socket:
                for frame in service.take(json.loads(message)):
                    await socket.send(json.dumps(frame))
        except ConnectionClosed:
            pass
        finally:
            self._sockets.discard(socket)


def peer() -> AbstractAsyncContextManager[OpenAIPeer]:
    """A service on loopback that wants the good key."""
    return behind(
        lambda request: request.headers.get("Authorization") == f"Bearer {GOOD_KEY}",
        lambda host, key: OpenAIEndpoint(model="m", base_url=f"{host}/v1", api_key=lambda: key),
    )


@asynccontextmanager
async def behind(
    door: Callable[[Request], bool], endpoint: Callable[[str, str], OpenAIEndpoint]
) -> AsyncGenerator[OpenAIPeer]:
    """The service behind a door; `endpoint` says how one gets there, by its host and a key."""

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        return None if door(request) else connection.respond(HTTPStatus.UNAUTHORIZED, "")

    def make(key: str) -> Transport:
        return openai_transport(endpoint(host, key))

    playing = OpenAIPeer(make)
    async with serve(playing.talk, "127.0.0.1", 0, process_request=admit, close_timeout=1) as server:
        host = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield playing
        await asyncio.gather(*(socket.close() for socket in list(playing._sockets)))


def _id(kind: str) -> str:
    return f"{kind}_{uuid4().hex[:12]}"


def _event(kind: str, **fields: object) -> Frame:
    return {"type": kind, "event_id": _id("event"), **fields}


def _delta(kind: str, response: str, item: str, *, delta: str) -> Frame:
    place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
    return _event(f"response.{kind}.delta", **place, delta=delta)


def _session(wanted: Frame) -> Frame:
    return {"id": "sess_1", "object": "realtime.session", "type": "realtime", "model": "m", **wanted}


def _response(response: str, status: str) -> Frame:
    return {
        "id": response,
        "object": "realtime.response",
        "status": status,
        "status_details": None,
        "output": [],
    }


def _message(item: str, text: str) -> Frame:
    content = [{"type": "output_text", "text": text}]
    return {"id": item, "type": "message", "role": "assistant", "status": "completed", "content": content}


def _calling(response: str, items: list[Frame]) -> list[Frame]:
    said: list[Frame] = []
    for index, item in enumerate(items):
        begun = {**item, "status": "in_progress", "arguments": ""}
        place = {"response_id": response, "output_index": index}
        said += [
            _event("response.output_item.added", **place, item=begun),
            _event(
                "response.function_call_arguments.delta",
                **place,
                item_id=item["id"],
                call_id=item["call_id"],
                delta=item["arguments"],
            ),
            _event("response.output_item.done", **place, item=item),
        ]
    return said


def _error(code: str, message: str, frame: Frame) -> Frame:
    error = {
        "type": "invalid_request_error",
        "code": code,
        "message": message,
        "event_id": frame.get("event_id"),
    }
    return _event("error", error=error)


def _only(frame: Frame, *names: str) -> Frame:
    return {name: frame[name] for name in names}


def _told(item: Frame) -> Told | None:
    match item["type"]:
        case "function_call":
            return Told("call", item["name"])
        case "function_call_output":
            return Told("output", item["output"])
        case "message":
            words = "".join(part.get("text") or part.get("transcript") or "" for part in item["content"])
            return Told(item["role"], words)
        case _:
            return None
