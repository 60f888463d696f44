"""Client events as they come off the wire: read, checked by type, or refused."""

from typing import Any, cast

import msgspec

from realtime_chat.local import schema
from realtime_chat.local.errors import Refusal, missing_parameter, wrong_type
from realtime_chat.local.items import MAX_ID
from realtime_chat.local.schema import Json

_EVENT_ID = schema.text(512)
_ITEM_ID = schema.text(512)
_HEAD: dict[str, schema.Check] = {"type": schema.anything, "event_id": schema.nullable(_EVENT_ID)}


def _event(required: tuple[str, ...] = (), **fields: schema.Check) -> schema.Check:
    return schema.record({**_HEAD, **fields}, required)


#: What `session.update`, `response.create` and `conversation.item.create` carry is checked by their owners.
_EVENTS = {
    "session.update": _event(("session",), session=schema.json_object),
    "input_audio_buffer.append": _event(("audio",), audio=schema.text(1 << 25)),
    "input_audio_buffer.commit": _event(),
    "input_audio_buffer.clear": _event(),
    "conversation.item.create": _event(
        ("item",), item=schema.json_object, previous_item_id=schema.nullable(schema.text(MAX_ID))
    ),
    "conversation.item.delete": _event(("item_id",), item_id=_ITEM_ID),
    "conversation.item.retrieve": _event(("item_id",), item_id=_ITEM_ID),
    "conversation.item.truncate": _event(
        ("item_id", "content_index", "audio_end_ms"),
        item_id=_ITEM_ID,
        content_index=schema.integer(0, 1 << 31),
        audio_end_ms=schema.integer(0, 1 << 31),
    ),
    "response.create": _event(response=schema.nullable(schema.json_object)),
    "response.cancel": _event(response_id=schema.nullable(schema.text(512))),
}


def read(frame: str | bytes) -> Json:
    """The JSON object of a frame. Raises Refusal for a binary frame or anything else."""
    if isinstance(frame, bytes):
        raise Refusal(None, "Binary frames are not understood; send JSON as text, sound as base64 inside it.")
    try:
        value: Any = msgspec.json.decode(frame)
    except (ValueError, RecursionError):
        raise Refusal("invalid_json", "The frame is not valid JSON.") from None
    if not isinstance(value, dict):
        raise wrong_type("event", "an object", value)
    return cast("Json", value)


def event_id(event: Json) -> str | None:
    """The client's id of this event, when it has a usable one."""
    found = event.get("event_id")
    return found if isinstance(found, str) and len(found) <= 512 else None


def check(event: Json) -> str:
    """The event's type, once its fields are right. Raises Refusal."""
    if "type" not in event:
        raise missing_parameter("type")
    kind = schema.text(128)(event["type"], "type")
    shape = _EVENTS.get(kind)
    if shape is None:
        names = ", ".join(f"'{name}'" for name in _EVENTS)
        message = f"Invalid value: '{kind}'. Supported values are: {names}."
        raise Refusal("invalid_value", message, "type")
    shape(event, "")
    return kind
