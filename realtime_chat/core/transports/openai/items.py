"""Conversation items, both ways: the provider's object → `Item`, and `Item` → the object we create."""

from typing import assert_never, get_args

import msgspec

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.images import data_uri
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.message_parts import MOST_RAW, Item, ItemKind, ItemStatus, Role
from realtime_chat.core.transports.openai.fields import Fields, objs, text

_KINDS: dict[str, ItemKind] = {kind: kind for kind in get_args(ItemKind)}
_ROLES: dict[str, Role] = {role: role for role in get_args(Role)}
_STATUSES: dict[str, ItemStatus] = {status: status for status in get_args(ItemStatus)}
#: Content that has sound behind its words; "audio" is the beta spelling.
_SPOKEN = frozenset({"output_audio", "input_audio", "audio"})


def parse_item(fields: Fields) -> Item:
    """An item as far as it can be understood; an unknown kind is "other", and is kept as it came."""
    parts = objs(fields, "content")
    kind = _KINDS.get(text(fields, "type"), "other")
    return Item(
        item_id=text(fields, "id"),
        kind=kind,
        raw=_whole(fields) if kind == "other" else "",
        role=_ROLES.get(text(fields, "role")),
        status=_STATUSES.get(text(fields, "status")),
        call_id=text(fields, "call_id") or None,
        name=text(fields, "type" if kind == "other" else "name") or None,
        arguments=_as_text(fields.get("arguments")),
        output=_as_text(fields.get("output")),
        text=_words(parts),
        spoken=any(text(part, "type") in _SPOKEN for part in parts),
    )


def _words(parts: list[Fields]) -> str | None:
    """What the parts say, written or spoken, joined; None while nothing is said."""
    said = [part.get("text", part.get("transcript")) for part in parts]
    words = [each for each in said if isinstance(each, str)]
    return "".join(words) if words else None


def _whole(fields: Fields) -> str:
    raw = msgspec.json.encode(fields)
    return raw.decode() if len(raw) <= MOST_RAW else ""


def _as_text(value: object) -> str | None:
    """Arguments and outputs are JSON text; some servers send the value itself."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def creatable(item: Item) -> Fields:
    """The object that creates this item. An assistant's words are always sent as text: the service cannot
    create spoken ones (docs/protocol.md).

    Raises InvalidArguments for an item that a client cannot create.
    """
    fields: Fields = {"id": item.item_id} if item.item_id else {}
    match item.kind:
        case "message":
            role = _needed(item.role, item, "a role")
            return {**fields, "type": "message", "role": role, "content": _content(item)}
        case "function_call":
            call = {
                "call_id": _needed(item.call_id, item, "a call id"),
                "name": _needed(item.name, item, "a name"),
                "arguments": _needed(item.arguments, item, "arguments"),
            }
            return {**fields, "type": "function_call", **call}
        case "function_call_output":
            answer = {
                "call_id": _needed(item.call_id, item, "a call id"),
                "output": _needed(item.output, item, "an output"),
            }
            return {**fields, "type": "function_call_output", **answer}
        case "other" if item.raw:
            return _as_it_came(item)
        case "other":
            raise InvalidArguments(
                "Only messages, calls and their outputs can be created; leave this item out."
            )
        case _:
            assert_never(item.kind)


def _as_it_came(item: Item) -> Fields:
    try:
        return read_json(item.raw, Fields)
    except NotJson:  # a log that somebody edited
        raise InvalidArguments("An item of the provider's own cannot be read; leave it out.") from None


def _content(item: Item) -> list[Fields]:
    kind = "output_text" if item.role == "assistant" else "input_text"
    words = [{"type": kind, "text": _needed(item.text, item, "words")}]
    shown = [{"type": "input_image", "image_url": data_uri(image)} for image in item.images]
    return [*(words if item.text or not shown else ()), *shown]


def _needed(value: str | None, item: Item, what: str) -> str:
    if value is None:
        raise InvalidArguments(
            f"A {item.kind} item cannot be sent without {what}; leave it out or complete it."
        )
    return value
