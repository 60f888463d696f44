"""Items → what Gemini is told in words: turns of a user or a model. Pure."""

from base64 import b64encode
from collections.abc import Sequence
from typing import assert_never, cast

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.messages import Item
from realtime_chat.core.transports.openai.fields import Fields

#: What is told as the user's words and is not; the service knows no third speaker.
NOTE = "[A note of the program; the user did not say it.]"


def turns(items: Sequence[Item]) -> list[Fields]:
    """The turns that tell these items; calls of an earlier connection become words, for no other is known here.

    Raises InvalidArguments for an item that cannot be told.
    """
    return [_turn(item) for item in items]


def client_content(said: Sequence[Fields], *, complete: bool) -> Fields:
    """The frame that adds turns; `complete` asks for an answer."""
    content: Fields = {"turns": list(said)} if said else {}
    return {"clientContent": {**content, "turnComplete": complete}}


def as_object(output: str) -> Fields:
    """A tool's output as the service wants it: an object, whatever the text was."""
    try:
        value = read_json(output)
    except NotJson:
        return {"output": output}
    return cast(Fields, value) if isinstance(value, dict) else {"output": value}


def _turn(item: Item) -> Fields:
    match item.kind:
        case "message" if item.text is not None:
            if item.role == "system":
                return _said("user", f"{NOTE}\n{item.text}")
            said = _said("model" if item.role == "assistant" else "user", item.text)
            return (
                {**said, "parts": [*said["parts"][: bool(item.text)], *_pictures(item)]}
                if item.images
                else said
            )
        case "function_call":
            return _said("user", f"{NOTE}\nThe tool {item.name} was called with {item.arguments or '{}'}.")
        case "function_call_output":
            return _said("user", f"{NOTE}\nIt gave: {item.output}")
        case "message" | "other":
            raise InvalidArguments(
                "Only messages with words, calls and their outputs can be told; leave this item out."
            )
        case _:
            assert_never(item.kind)


def _pictures(item: Item) -> list[Fields]:
    return [
        {"inlineData": {"mimeType": one.media_type, "data": b64encode(one.data).decode()}}
        for one in item.images
    ]


def _said(role: str, text: str) -> Fields:
    return {"role": role, "parts": [{"text": text}]}
