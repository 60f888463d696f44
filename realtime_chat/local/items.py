"""The conversation's items in order, and what a client may do to them: create, delete, retrieve, truncate."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from realtime_chat.core.pcm import pcm_bytes, pcm_ms
from realtime_chat.local import schema
from realtime_chat.local.engines.ports import Hearing
from realtime_chat.local.errors import Refusal, bad_value, missing_parameter
from realtime_chat.local.schema import Json

MAX_ITEMS = 10_000
#: All wire objects of a conversation together, without sound.
MAX_TEXT = 64 << 20
MAX_ID = 32
#: Sound kept for `conversation.item.retrieve`: the newest 4 MiB (a minute and a half) of a conversation, and the newest
#: item's whatever it holds. A talk of hours must not fill the memory for a question that hardly anybody asks.
MAX_KEPT_SOUND = 4 << 20
#: What one append, or one created audio part, may hold (protocol fact: 15 MiB).
MAX_AUDIO = 15 << 20

_ID = schema.text(MAX_ID, empty=False)
_COMMON: dict[str, schema.Check] = {
    "id": schema.nullable(_ID),
    "object": schema.nullable(schema.choice("realtime.item")),
    "type": schema.anything,
    "status": schema.nullable(schema.choice("completed", "incomplete", "in_progress")),
}
_TEXT = schema.text()
_CALL_ID = schema.text(64, empty=False)


def _data_uri(value: Any, path: str) -> str:
    uri = schema.text(16 << 20)(value, path)
    if not uri.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")):
        raise bad_value(path, "must be a data: URI of a PNG or JPEG image.")
    return uri


def _part(name: str, fields: dict[str, schema.Check]) -> dict[str, schema.Check]:
    required = tuple(key for key in ("text", "audio", "image_url") if key in fields)
    return {name: schema.record({"type": schema.anything, **fields}, required)}


_INPUT_TEXT = _part("input_text", {"text": _TEXT})
_USER_PARTS = {
    **_INPUT_TEXT,
    **_part("input_audio", {"audio": schema.text(21 << 20), "transcript": schema.nullable(_TEXT)}),
    **_part("input_image", {"image_url": _data_uri, "detail": schema.choice("auto", "low", "high")}),
}


def _assistant_part(value: Any, path: str) -> Json:
    part = schema.json_object(value, path)
    if part.get("type") == "output_audio":  # the service names the field that a text part would have
        raise missing_parameter(f"{path}.text")
    return schema.tagged(_part("output_text", {"text": _TEXT}))(part, path)


def _message(part: schema.Check) -> schema.Check:
    return schema.record(
        {**_COMMON, "role": schema.anything, "content": schema.array(part, 64)}, ("role", "content")
    )


_ITEM = schema.tagged(
    {
        "message": schema.tagged(
            {
                "system": _message(schema.tagged(_INPUT_TEXT)),
                "user": _message(schema.tagged(_USER_PARTS)),
                "assistant": _message(_assistant_part),
            },
            key="role",
        ),
        "function_call": schema.record(
            {**_COMMON, "name": schema.text(128), "call_id": _CALL_ID, "arguments": _TEXT},
            ("name", "arguments"),
        ),
        "function_call_output": schema.record(
            {**_COMMON, "call_id": _CALL_ID, "output": _TEXT}, ("call_id", "output")
        ),
        "mcp_approval_response": schema.record(
            {
                "id": schema.nullable(_ID),
                "type": schema.anything,
                "approval_request_id": schema.text(MAX_ID),
                "approve": schema.flag,
                "reason": schema.nullable(_TEXT),
            },
            ("approval_request_id", "approve"),
        ),
    }
)


def check_item(value: Any, path: str) -> Json:
    """A creatable item as the client sent it. Raises Refusal."""
    return _ITEM(value, path)


def decode_audio(encoded: str, path: str) -> bytes:
    """Base64 to bytes. Raises Refusal when it is none, or holds more than 15 MiB."""
    try:
        sound = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise bad_value(path, "must be base64-encoded sound.") from None
    if len(sound) > MAX_AUDIO:
        raise bad_value(path, f"holds {len(sound)} bytes; send at most {MAX_AUDIO} at once.")
    return sound


@dataclass(eq=False)
class Item:
    """One item. `shown` is the wire object without sound; `sound` is its 24 kHz PCM as far as it is kept,
    `sound_bytes` how much of it there was."""

    shown: Json
    sound: bytearray = field(default_factory=bytearray)
    sound_bytes: int = 0
    hearing: Hearing | None = None
    truncated: bool = False

    @property
    def id(self) -> str:
        return self.shown["id"]

    @property
    def type(self) -> str:
        return self.shown["type"]

    @property
    def role(self) -> Literal["system", "user", "assistant"] | None:
        return self.shown.get("role")

    @property
    def in_progress(self) -> bool:
        return self.shown.get("status") == "in_progress"

    @property
    def spoken(self) -> bool:
        """A user's message that holds sound."""
        return self.role == "user" and self._audio_part() is not None

    @property
    def sound_ms(self) -> int:
        return pcm_ms(self.sound_bytes)

    def add_sound(self, pcm: bytes) -> None:
        """More sound of it; what comes after a truncation is no part of it."""
        if not self.truncated:
            self.sound += pcm
            self.sound_bytes += len(pcm)

    def parts(self) -> list[Json]:
        return self.shown.get("content", [])

    def said(self) -> str:
        """Its words: typed text, the transcript of an answer, what was understood of the user's speech."""
        heard = self.hearing.text if self.hearing is not None and self.hearing.understood else None
        words = (part.get("text") or part.get("transcript") or _heard(part, heard) for part in self.parts())
        return " ".join(word for word in words if word)

    def truncate(self, content_index: int, audio_end_ms: int) -> None:
        """Cut an answer's sound to what was heard, and drop its transcript. Raises Refusal."""
        if self.role != "assistant" or self._audio_part() is None:
            message = "Only messages in which the assistant spoke can be truncated."
            raise Refusal("unsupported_content_type", message, "audio_end_ms")
        if content_index != 0:
            raise bad_value("content_index", "the sound is in content part 0.")
        if audio_end_ms > self.sound_ms:
            message = f"Audio content of {self.sound_ms}ms is already shorter than {audio_end_ms}ms"
            raise Refusal("invalid_value", message, "audio_end_ms")
        self.sound_bytes = pcm_bytes(audio_end_ms)
        del self.sound[pcm_bytes(audio_end_ms) :]
        self.truncated = True
        for part in self.parts():
            part["transcript"] = None

    def copy(self) -> Json:
        """The wire object as it is now: an event must not change when the item does."""
        if "content" not in self.shown:
            return dict(self.shown)
        return {**self.shown, "content": [dict(part) for part in self.parts()]}

    def with_sound(self) -> Json:
        """The wire object with its sound, as `conversation.item.retrieved` shows it."""
        if not self.sound:
            return self.copy()
        holder = self._audio_part()
        encoded = base64.b64encode(self.sound).decode("ascii")
        content = [{**part, "audio": encoded} if part is holder else part for part in self.parts()]
        return {**self.shown, "content": content}

    def _audio_part(self) -> Json | None:
        return next((part for part in self.parts() if part["type"] in ("input_audio", "output_audio")), None)


def _heard(part: Json, heard: str | None) -> str | None:
    return heard if part["type"] == "input_audio" else None


class Items:
    """The conversation in order. Every id is unique in it."""

    def __init__(self) -> None:
        self._order: list[Item] = []
        self._by_id: dict[str, Item] = {}
        self._sizes: dict[str, int] = {}  # as they were inserted

    def __iter__(self) -> Iterator[Item]:
        return iter(self._order)

    def find(self, item_id: str, *, code: str) -> Item:
        """The item of that id. Raises Refusal with `code`."""
        item = self._by_id.get(item_id)
        if item is None:
            raise Refusal(code, f"No item with the id '{item_id[:MAX_ID]}' in this conversation.", "item_id")
        return item

    @property
    def last_id(self) -> str | None:
        return self._order[-1].id if self._order else None

    def check_new(self, item: Json, previous: str | None) -> None:
        """Raise Refusal when this item cannot be inserted after `previous`."""
        item_id = item.get("id")
        if item_id is not None and item_id in self._by_id:
            message = f"An item with the id '{item_id}' exists already."
            raise Refusal("item_create_duplicate_item_id", message, "item.id")
        if previous not in (None, "root") and previous not in self._by_id:
            raise bad_value("previous_item_id", "no such item in this conversation.")
        if len(self._order) >= MAX_ITEMS or sum(self._sizes.values()) >= MAX_TEXT:
            raise bad_value("item", "the conversation is full; delete items, or open a new session.")
        if item["type"] == "function_call_output" and item["call_id"] not in self._call_ids():
            message = f"No function call with the call_id '{item['call_id']}' in this conversation."
            raise Refusal("invalid_tool_call_id", message, "item.call_id")

    def insert(self, item: Item, previous: str | None = None) -> str | None:
        """Put it after `previous` (None: at the end, "root": at the start); the id of what precedes it."""
        index = self._index_after(previous)
        self._order.insert(index, item)
        self._by_id[item.id] = item
        self._sizes[item.id] = _size(item)
        self._forget_old_sound()
        return self._order[index - 1].id if index else None

    def before(self, item: Item) -> str | None:
        """The id of the item in front of this one."""
        index = self._order.index(item)
        return self._order[index - 1].id if index else None

    def delete(self, item_id: str) -> None:
        """Raises Refusal for an unknown id, or an item that is still being generated."""
        item = self.find(item_id, code="item_delete_invalid_item_id")
        if item.in_progress:
            message = "That item is still being generated; cancel its response first."
            raise Refusal("item_delete_invalid_item_id", message, "item_id")
        self._order.remove(item)
        del self._sizes[item_id]
        del self._by_id[item_id]

    def _index_after(self, previous: str | None) -> int:
        if previous is None:
            return len(self._order)
        return 0 if previous == "root" else self._order.index(self._by_id[previous]) + 1

    def _call_ids(self) -> set[str]:
        return {item.shown["call_id"] for item in self._order if item.type == "function_call"}

    def _forget_old_sound(self) -> None:
        kept = 0
        for item in reversed(self._order):
            newest = kept == 0
            kept += len(item.sound)
            if kept > MAX_KEPT_SOUND and not newest:
                item.sound = bytearray()  # `clear` would keep its room


def _size(item: Item) -> int:
    parts = (str(value) for part in item.parts() for value in part.values())
    return sum(map(len, parts)) + sum(len(item.shown.get(name, "")) for name in ("arguments", "output"))


def user_audio_item(item_id: str, pcm: bytes) -> Item:
    """The message that a committed input buffer becomes."""
    shown = {"id": item_id, "object": "realtime.item", "type": "message", "status": "completed"}
    item = Item(shown={**shown, "role": "user", "content": [{"type": "input_audio", "transcript": None}]})
    item.add_sound(pcm)
    return item


def answer_item(item_id: str) -> Item:
    """The assistant's message at the moment a response begins it."""
    shown = {"id": item_id, "object": "realtime.item", "type": "message", "status": "in_progress"}
    return Item(shown={**shown, "role": "assistant", "content": []})


def call_item(item_id: str, call_id: str, name: str) -> Item:
    """A function call at the moment a response begins it."""
    shown = {"id": item_id, "object": "realtime.item", "type": "function_call", "status": "in_progress"}
    return Item(shown={**shown, "name": name, "call_id": call_id, "arguments": ""})


def created_item(item_id: str, given: Json) -> Item:
    """The item a client's `conversation.item.create` makes; sound is decoded by the caller."""
    shown = {name: value for name, value in given.items() if value is not None}
    shown["id"] = item_id
    if given["type"] != "mcp_approval_response":
        shown |= {"object": "realtime.item", "status": "completed"}
    if given["type"] == "message":
        shown["content"] = [_without_sound(part) for part in given["content"]]
    return Item(shown=shown)


def _without_sound(part: Json) -> Json:
    return {name: value for name, value in part.items() if name != "audio"}
