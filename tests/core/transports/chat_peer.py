"""A chat service as a test plays it: real HTTP on loopback, an answer a request, nothing kept between two."""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, assert_never
from uuid import uuid4

from realtime_chat.core.pcm import RATE
from realtime_chat.core.ports import Transport
from realtime_chat.core.transports.chat.provider import ChatEndpoint, chat_transport
from tests.core.transports.http_server import Exchange, HttpServer, http_server
from tests.core.transports.ways import GOOD_KEY, Calls, Fails, Hangs, Reply, Says, SaysAloud, Told

USAGE = {
    "prompt_tokens": 7,
    "completion_tokens": 5,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 2},
    "completion_tokens_details": {"reasoning_tokens": 1},
}


class ChatPeer:
    """See ways.Peer; `bodies` are all requests for an answer."""

    rate = RATE

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.heard: list[Told] = []
        self.pcm = bytearray()
        self.bodies: list[dict[str, Any]] = []
        self.server = HttpServer()

    def transport(self, *, key: str = GOOD_KEY) -> Transport:
        return chat_transport(ChatEndpoint(model="m", base_url=self.server.url, api_key=lambda: key))

    async def drop(self) -> None:
        self.server.drop()

    async def serve(self, exchange: Exchange) -> None:
        if exchange.headers.get("authorization") != f"Bearer {GOOD_KEY}":
            error = {"message": f"Incorrect API key: {exchange.headers.get('authorization')}"}
            await exchange.answer(401, {"error": error})
        elif exchange.path == "/v1/models":
            await exchange.answer(200, {"object": "list", "data": [{"id": "m", "object": "model"}]})
        else:
            assert (exchange.method, exchange.path) == ("POST", "/v1/chat/completions")
            self.bodies.append(exchange.json)
            self.heard = told(exchange.json["messages"])
            await self._reply(exchange, self.replies.popleft())

    async def _reply(self, exchange: Exchange, reply: Reply) -> None:
        match reply:
            case Says(text=text) | SaysAloud(text=text):
                half = len(text) // 2
                deltas = [{"content": text[:half]}, {"content": text[half:]}]
                await stream(exchange, *deltas, reason="stop")
            case Calls(calls=calls):
                deltas = [
                    {"tool_calls": [call_piece(index, call.name, call.arguments)]}
                    for index, call in enumerate(calls)
                ]
                await stream(exchange, *deltas, reason="tool_calls")
            case Fails(code=code, message=message):
                await exchange.answer(500, {"error": {"message": message, "type": code, "code": None}})
            case Hangs(text=text):
                await exchange.begin()
                await exchange.event(chunk({"role": "assistant", "content": text}))
                await exchange.gone()
            case _:
                assert_never(reply)


def call_piece(index: int, name: str, arguments: str) -> dict[str, Any]:
    call_id = f"call_{uuid4().hex[:8]}"
    return {
        "index": index,
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **more,
    }


async def stream(exchange: Exchange, *deltas: dict[str, Any], reason: str) -> None:
    """As OpenAI does: the role first, then the pieces, the reason, the usage, the end's mark."""
    await exchange.begin()
    await exchange.event(chunk({"role": "assistant", "content": ""}))
    for delta in deltas:
        await exchange.event(chunk(delta))
    await exchange.event(chunk({}, reason))
    await exchange.event({**chunk({}), "choices": [], "usage": USAGE})
    await exchange.piece(b"data: [DONE]\n\n")
    await exchange.end()


def told(messages: list[dict[str, Any]]) -> list[Told]:
    """What the model knows, without its instructions; as a strict service, refuses what is not in order."""
    known: list[Told] = []
    open_calls: list[str] = []
    for number, message in enumerate(messages):
        role = message["role"]
        if role == "tool":
            assert message["tool_call_id"] == open_calls.pop(0)
            known.append(Told("output", message["content"]))
            continue
        assert open_calls == [], "a call without its output"
        if message.get("content") is not None and not (role == "system" and number == 0):
            known.append(Told(role, message["content"]))
        for call in message.get("tool_calls", ()):
            open_calls.append(call["id"])
            known.append(Told("call", call["function"]["name"]))
    assert open_calls == [], "a call without its output"
    return known


@asynccontextmanager
async def peer() -> AsyncGenerator[ChatPeer]:
    """A service that wants the good key."""
    playing = ChatPeer()
    async with http_server(playing.serve) as playing.server:
        yield playing
