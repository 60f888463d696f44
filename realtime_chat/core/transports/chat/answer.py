"""One streamed answer: the service's chunks → neutral messages. State, no I/O.

Services differ, so nothing is trusted: ids, indexes, roles, the end's reason and the usage may be missing; arguments
may come at once, as an object, in pieces, or under an index that another call has; whatever is odd is passed over.
What a model thinks aloud (reasoning, in any spelling) is not its answer, and is not shown.

    finish_reason             status of the response
    stop, tool_calls          completed
    length                    incomplete, max_output_tokens
    content_filter            incomplete, content_filter
    none, but something said  in_progress: whether it was cut is unknown, and never inferred (P30)
    none, and nothing said    failed; so is an error in place of a chunk
"""

from collections.abc import Callable
from typing import Any, cast
from uuid import uuid4

import msgspec

from realtime_chat.core.event_parts import Usage
from realtime_chat.core.messages import (
    ArgumentsDelta,
    Incoming,
    Item,
    ItemStatus,
    OutputItemAdded,
    OutputItemDone,
    OutputText,
    OutputTextDelta,
    ResponseCreated,
    ResponseDone,
    ResponseStatus,
)
from realtime_chat.core.transports.http_refusals import error_words, kind_of
from realtime_chat.core.transports.openai.fields import Fields, obj, objs, text, whole

_INCOMPLETE = {
    "length": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "content_filter": "content_filter",
}


class _Words(msgspec.Struct):
    item_id: str
    parts: list[str]


class _Call(msgspec.Struct):
    item_id: str
    call_id: str
    name: str
    parts: list[str]


class Answer:
    """From its first chunk to its end; one of `end`, `failed` and `cancelled` is the last call."""

    def __init__(self, *, is_taken: Callable[[str], bool] = lambda _: False) -> None:
        """`is_taken`: whether a call id was used before in this talk; some services number each answer's anew."""
        self.response_id = f"resp_{uuid4().hex[:16]}"
        self._is_taken = is_taken
        self._items: list[_Words | _Call] = []
        self._words: _Words | None = None
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None
        self._reason = ""
        self._usage: Usage | None = None
        self._error: tuple[str, str] | None = None

    def created(self, metadata: dict[str, str]) -> ResponseCreated:
        """The first message."""
        return ResponseCreated(response_id=self.response_id, metadata=metadata or None)

    def take(self, chunk: object) -> list[Incoming]:
        """One value of the stream, or the whole answer of a server that does not stream."""
        if not isinstance(chunk, dict):
            return []
        fields = cast(Fields, chunk)
        if fields.get("error"):
            code, words = error_words(fields)
            self._error = (_error_kind(code), words)
            return []
        if usage := obj(fields, "usage"):
            self._usage = usage_of(usage)
        said: list[Incoming] = []
        for choice in objs(fields, "choices")[:1]:
            said = self._said(obj(choice, "delta") or obj(choice, "message"))
            self._reason = text(choice, "finish_reason") or self._reason
        return said

    def end(self) -> list[Incoming]:
        """The stream is over."""
        if self._error is not None:
            code, words = self._error
            return self.failed(code, words or "The server ended the answer with an error. Ask again.")
        if self._reason == "error" or not (self._reason or self._items):
            return self.failed("server_error", "The server ended the answer before it began. Ask again.")
        status: ResponseStatus = "completed" if self._reason else "in_progress"
        reason = _INCOMPLETE.get(self._reason)
        if reason is not None:
            status = "incomplete"
        items = self.items("incomplete" if reason else "completed")
        said: list[Incoming] = []
        for item in items:
            if item.kind == "message":
                said.append(
                    OutputText(response_id=self.response_id, item_id=item.item_id, text=item.text or "")
                )
            said.append(OutputItemDone(response_id=self.response_id, item=item))
        done = ResponseDone(
            response_id=self.response_id, status=status, reason=reason, items=items, usage=self._usage
        )
        return [*said, done]

    def failed(self, code: str, words: str) -> list[Incoming]:
        """It will not be completed."""
        done = ResponseDone(
            response_id=self.response_id,
            status="failed",
            error_code=code,
            error_message=words,
            usage=self._usage,
        )
        return [done]

    def cancelled(self) -> list[Incoming]:
        """Nobody wants the rest of it."""
        done = ResponseDone(
            response_id=self.response_id,
            status="cancelled",
            reason="client_cancelled",
            items=self.items("incomplete"),
            usage=self._usage,
        )
        return [done]

    def items(self, status: ItemStatus) -> tuple[Item, ...]:
        """What was said and called so far, in order of appearance."""
        return tuple(_item(one, status) for one in self._items)

    def _said(self, delta: Fields) -> list[Incoming]:
        said: list[Incoming] = []
        if words := _text(delta.get("content")) or text(delta, "refusal"):
            said += self._grow(words)
        for call in objs(delta, "tool_calls"):
            said += self._call(call)
        return said

    def _grow(self, words: str) -> list[Incoming]:
        said: list[Incoming] = []
        if self._words is None:
            self._words = _Words(item_id=f"msg_{uuid4().hex[:16]}", parts=[])
            self._items.append(self._words)
            said.append(OutputItemAdded(response_id=self.response_id, item=_item(self._words, "in_progress")))
        self._words.parts.append(words)
        delta = OutputTextDelta(response_id=self.response_id, item_id=self._words.item_id, delta=words)
        return [*said, delta]

    def _call(self, fields: Fields) -> list[Incoming]:
        function = obj(fields, "function")
        call, is_new = self._which(fields, text(function, "name"))
        said: list[Incoming] = []
        if is_new:
            item = _item(call, "in_progress")
            said.append(OutputItemAdded(response_id=self.response_id, item=item))
        if arguments := _arguments(function.get("arguments")):
            call.parts.append(arguments)
            said.append(
                ArgumentsDelta(
                    response_id=self.response_id,
                    item_id=call.item_id,
                    call_id=call.call_id,
                    delta=arguments,
                )
            )
        return said

    def _which(self, fields: Fields, name: str) -> tuple[_Call, bool]:
        """The call that a piece belongs to, and whether it is new: by id, else by index, else the last one.

        Under an index that is taken, a name with another id begins another call: some servers count nothing.
        """
        index, given = whole(fields, "index"), text(fields, "id")
        found = self._by_id.get(given)
        if found is None and index is not None and not (given and name):
            found = self._by_index.get(index)
        elif found is None and index is None and not name:
            found = self._last
        is_new = found is None
        if found is None:
            found = self._begun(given, name)
        found.name = found.name or name
        if index is not None:
            self._by_index[index] = found
        if given:
            self._by_id[given] = found
        self._last = found
        return found, is_new

    def _begun(self, given: str, name: str) -> _Call:
        taken = not given or self._is_taken(given)
        call_id = f"call_{uuid4().hex[:16]}" if taken else given
        call = _Call(item_id=f"fc_{uuid4().hex[:16]}", call_id=call_id, name=name, parts=[])
        self._items.append(call)
        return call


def usage_of(fields: Fields) -> Usage:
    """Tokens as the service counted them (M32); what it tells of more kinds stands in the extras."""
    into, out = obj(fields, "prompt_tokens_details"), obj(fields, "completion_tokens_details")
    prompt, completion = whole(fields, "prompt_tokens") or 0, whole(fields, "completion_tokens") or 0
    reasoning = whole(out, "reasoning_tokens")
    return Usage(
        input=prompt,
        output=completion,
        total=whole(fields, "total_tokens") or 0,
        cached=whole(into, "cached_tokens") or 0,
        input_audio=whole(into, "audio_tokens") or 0,
        output_audio=whole(out, "audio_tokens") or 0,
        extras={"reasoning_tokens": reasoning} if reasoning else {},
    )


def _item(one: _Words | _Call, status: ItemStatus) -> Item:
    if isinstance(one, _Words):
        words = "".join(one.parts)
        return Item(item_id=one.item_id, kind="message", role="assistant", status=status, text=words)
    return Item(
        item_id=one.item_id,
        kind="function_call",
        status=status,
        call_id=one.call_id,
        name=one.name or "unnamed",
        arguments="".join(one.parts),
    )


def _text(content: Any) -> str:
    """Words, or the words among the parts of a content in parts."""
    if isinstance(content, str):
        return content
    return "".join(
        text(part, "text") for part in objs({"parts": content}, "parts") if text(part, "type") == "text"
    )


def _arguments(value: Any) -> str:
    """JSON text; some servers send the value itself."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def _error_kind(code: str) -> str:
    """An error inside the stream: its code when that says something, a status's kind, else the server's fault."""
    if code.isdecimal():
        return kind_of(int(code), "")
    known = kind_of(0, code)
    if known != "unknown":
        return known
    if "rate_limit" in code:
        return "rate_limited"
    return code or "server_error"
