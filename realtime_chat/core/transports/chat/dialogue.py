"""The talk as a chat service wants it with each request: items in, messages out. Pure but for its own list.

A service keeps nothing, so this is the provider's conversation: what it said is put in like what we say. Rules that
services check, kept here:

* calls of one answer stand in one assistant message, with the words said before them;
* each call is followed by its output, in call order; a call without one, or an output without its call, is left out;
* arguments are a JSON object; what a model broke goes back as {}, and the output says what was wrong.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, assert_never
from uuid import uuid4

import msgspec

from realtime_chat.core import messages as m
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.images import data_uri
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.messages import Item

Message: TypeAlias = dict[str, Any]


class Dialogue:
    """One connection's items, in order."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items: dict[str, Item] = {}
        for item in items:
            self.add(item)

    def add(self, item: Item) -> Item:
        """Put an item at the end; one without an id gets one. Raises InvalidArguments for one that is none."""
        check(item)
        if not item.item_id:
            item = msgspec.structs.replace(item, item_id=f"item_{uuid4().hex[:16]}")
        self._items[item.item_id] = item
        return item

    def take(self, wish: m.CreateItem | m.DeleteItem | m.RetrieveItem | m.TruncateItem) -> list[m.Incoming]:
        """Do it, and say what a provider says to it. Raises InvalidArguments as `add` does."""
        if isinstance(wish, m.CreateItem):
            item = self.add(wish.item)
            return [m.ItemAdded(item=item), m.ItemDone(item=item)]
        found = self._items.get(wish.item_id)
        match wish:
            case _ if found is None:
                return [m.ProviderError(code="item_not_found", message="There is no such item in this talk.")]
            case m.DeleteItem(item_id=item_id):
                del self._items[item_id]
                return [m.ItemDeleted(item_id=item_id)]
            case m.RetrieveItem():
                return [m.ItemRetrieved(item=found)]
            case m.TruncateItem():
                text = "There is no sound in this talk that could be cut."
                return [m.ProviderError(code="capability", message=text)]
            case _:
                assert_never(wish)

    def remember(self, ending: Sequence[m.Incoming]) -> None:
        """What the model said is a part of the talk, unless it failed in the middle of it (P21)."""
        for message in ending:
            if isinstance(message, m.ResponseDone):
                for item in message.items:
                    self.add(item)

    def has_call(self, call_id: str) -> bool:
        """Whether a call of that id was made."""
        return any(item.kind == "function_call" and item.call_id == call_id for item in self._items.values())

    def messages(self, instructions: str = "") -> list[Message]:
        """All of it for one request."""
        outputs: dict[str | None, str] = {
            item.call_id: item.output or ""
            for item in self._items.values()
            if item.kind == "function_call_output" and item.call_id
        }
        told: list[Message] = [{"role": "system", "content": instructions}] if instructions else []
        calls: list[Item] = []
        answered = False  # a call behind an output belongs to a later answer
        for item in self._items.values():
            if item.kind == "message" or (answered and item.kind == "function_call"):
                _tell_calls(told, calls, outputs)
            answered = item.kind == "function_call_output"
            if item.kind == "message":
                told.append({"role": item.role, "content": _content(item)})
            elif item.kind == "function_call" and item.call_id in outputs:
                calls.append(item)
        _tell_calls(told, calls, outputs)
        return told


def _content(item: Item) -> str | list[Message] | None:
    if not item.images:
        return item.text
    words: list[Message] = [{"type": "text", "text": item.text}] if item.text else []
    return [*words, *({"type": "image_url", "image_url": {"url": data_uri(one)}} for one in item.images)]


def check(item: Item) -> None:
    """Raises InvalidArguments for an item that cannot be told."""
    match item.kind:
        case "message":
            whole = item.role is not None and item.text is not None
        case "function_call":
            whole = bool(item.call_id and item.name)
        case "function_call_output":
            whole = bool(item.call_id) and item.output is not None
        case _:
            whole = True
    if not whole:
        raise InvalidArguments(f"A {item.kind} item lacks what it is made of; leave it out or complete it.")


def _tell_calls(told: list[Message], calls: list[Item], outputs: dict[str | None, str]) -> None:
    """The calls so far as one assistant message, and their outputs; words just before them are in it, too."""
    if not calls:
        return
    said = told.pop() if told and _is_words(told[-1]) else {"role": "assistant", "content": None}
    told.append({**said, "tool_calls": [_call(item) for item in calls]})
    told += [
        {"role": "tool", "tool_call_id": item.call_id, "content": outputs[item.call_id]} for item in calls
    ]
    calls.clear()


def _is_words(message: Message) -> bool:
    return message["role"] == "assistant" and "tool_calls" not in message


def _call(item: Item) -> Message:
    function = {"name": item.name, "arguments": _object(item.arguments or "")}
    return {"id": item.call_id, "type": "function", "function": function}


def _object(arguments: str) -> str:
    try:
        return arguments if isinstance(read_json(arguments), dict) else "{}"
    except NotJson:
        return "{}"
