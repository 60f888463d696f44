"""Any model behind an OpenAI-compatible `/chat/completions`, as it streams.

Requests are built and answers read by the same parts as on the stateless way to a model; only who asks is another.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

import msgspec

from realtime_chat.core.errors import TransportError
from realtime_chat.core.messages import CreateResponse, Item, OutputTextDelta, ResponseDone
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.transports.chat.answer import Answer
from realtime_chat.core.transports.chat.dialogue import Dialogue
from realtime_chat.core.transports.chat.endpoint import chat_addresses
from realtime_chat.core.transports.chat.reading import Patience, answered
from realtime_chat.core.transports.chat.request import request_body
from realtime_chat.local.engines.ports import (
    BrainCall,
    BrainReply,
    BrainRequest,
    BrainResult,
    BrainTurn,
    BrainUsage,
)
from realtime_chat.local.engines.service import ServiceEngine
from realtime_chat.local.engines.settings import Chat

NOT_UNDERSTOOD = "I did not understand that. Please say it again."
COMMANDS_ONLY = (
    "I did not understand that: my ear knows only the sentences of the built-in commands. "
    'Type it, or set stt to "whisper" or "http" below [local] in the settings.'
)


class ChatBrain(ServiceEngine):
    """Brain that keeps nothing: each request carries the whole talk. `hears_all`: the ear knows any sentence."""

    def __init__(self, service: Chat, *, hears_all: bool) -> None:
        super().__init__(service)
        self._model = service.model
        self._addresses = chat_addresses(service.url)
        self._not_understood = NOT_UNDERSTOOD if hears_all else COMMANDS_ONLY

    async def reply(self, request: BrainRequest) -> AsyncGenerator[BrainReply, None]:
        """See Brain. The model is not asked about speech that nobody understood."""
        if not request.understood and not request.notice:
            yield BrainReply(text=self._not_understood)
            return
        answer = Answer()
        client = await self._opened()
        values = answered(client, self._addresses.completions, self._body(request), patience=Patience())
        async with aclosing(values):
            async for value in values:
                for words in _words(answer, value):
                    yield BrainReply(text=words, more=True)
        yield _ending(answer)

    def _body(self, request: BrainRequest) -> bytes:
        tools = tuple(
            ToolSchema(name=tool.name, description=tool.description, parameters=tool.parameters)
            for tool in request.tools
        )
        return request_body(
            CreateResponse(event_id=""),
            Dialogue(_items(request)),
            SessionOptions(instructions=request.instructions, tools=tools),
            model=self._model,
            new_names=self._addresses.new_names,
        )


def _items(request: BrainRequest) -> Iterator[Item]:
    for number, entry in enumerate(request.dialogue):
        if isinstance(entry, BrainTurn):
            yield Item(item_id=f"item_{number}", kind="message", role=entry.role, text=entry.text)
        else:
            yield from _call_of(entry, f"call_{number}")


def _call_of(result: BrainResult, call_id: str) -> Iterator[Item]:
    arguments = msgspec.json.encode(result.arguments).decode()
    yield Item(
        item_id=f"{call_id}_made",
        kind="function_call",
        call_id=call_id,
        name=result.name,
        arguments=arguments,
    )
    yield Item(
        item_id=f"{call_id}_answered", kind="function_call_output", call_id=call_id, output=result.output
    )


def _words(answer: Answer, value: object) -> list[str]:
    return [said.delta for said in answer.take(value) if isinstance(said, OutputTextDelta)]


def _ending(answer: Answer) -> BrainReply:
    """The calls of a whole answer, and what it took. Raises TransportError for one that failed."""
    *_, done = answer.end()
    assert isinstance(done, ResponseDone)
    if done.status == "failed":
        raise TransportError(
            done.error_message or "The model failed. Ask again.", kind=done.error_code or None
        )
    called = [item for item in done.items if item.kind == "function_call"]
    calls = tuple(BrainCall(name=item.name or "", arguments=_object(item.arguments or "")) for item in called)
    used = done.usage
    usage = BrainUsage(input=used.input, output=used.output, cached=used.cached) if used else None
    return BrainReply(calls=calls, usage=usage)


def _object(arguments: str) -> dict[str, Any]:
    """What a model broke is nothing; the tool's answer will say what it lacks."""
    try:
        return msgspec.json.decode(arguments, type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}
