"""Neutral messages → OpenAI Realtime (GA) text frames. Pure."""

from typing import TypeAlias, assert_never

import msgspec

from realtime_chat.core import messages as m
from realtime_chat.core.transports.base import as_json
from realtime_chat.core.transports.openai.fields import Fields
from realtime_chat.core.transports.openai.items import creatable
from realtime_chat.core.transports.openai.session_update import (
    build_instructions_update,
    build_session_update,
    build_tools_update,
)

_Setting: TypeAlias = m.Configure | m.UpdateInstructions | m.UpdateTools | m.CommitAudio | m.ClearAudio
_ItemWish: TypeAlias = m.CreateItem | m.DeleteItem | m.RetrieveItem | m.TruncateItem
_json = msgspec.json.Encoder().encode


def encode(message: m.Outgoing) -> bytes:
    """The frame of one message, UTF-8 JSON.

    Raises InvalidArguments for an item that cannot be created and for extras that are not JSON.
    """
    if isinstance(message, m.AppendAudio):
        # The hot one: bytes joined around the base64, which needs no escaping.
        return b'{"type":"input_audio_buffer.append","audio":%b}' % _json(message.pcm)
    return as_json(_frame(message))


def _frame(message: _Setting | _ItemWish | m.CreateResponse | m.CancelResponse) -> Fields:
    match message:
        case m.Configure() | m.UpdateInstructions() | m.UpdateTools() | m.CommitAudio() | m.ClearAudio():
            return _setting(message)
        case m.CreateItem() | m.DeleteItem() | m.RetrieveItem() | m.TruncateItem():
            return _item_wish(message)
        case m.CreateResponse():
            return _create_response(message)
        case m.CancelResponse():
            return _cancel(message)
        case _:
            assert_never(message)


def _setting(message: _Setting) -> Fields:
    match message:
        case m.Configure(options=options, event_id=event_id):
            return {**_tagged(event_id), **build_session_update(options)}
        case m.UpdateInstructions(instructions=instructions):
            return build_instructions_update(instructions)
        case m.UpdateTools(tools=tools):
            return build_tools_update(tools)
        case m.CommitAudio():
            return {"type": "input_audio_buffer.commit"}
        case m.ClearAudio():
            return {"type": "input_audio_buffer.clear"}
        case _:
            assert_never(message)


def _item_wish(message: _ItemWish) -> Fields:
    match message:
        case m.CreateItem(item=item, event_id=event_id):
            return {"type": "conversation.item.create", **_tagged(event_id), "item": creatable(item)}
        case m.DeleteItem(item_id=item_id):
            return {"type": "conversation.item.delete", "item_id": item_id}
        case m.RetrieveItem(item_id=item_id):
            return {"type": "conversation.item.retrieve", "item_id": item_id}
        case m.TruncateItem(item_id=item_id, audio_end_ms=end):
            place = {"item_id": item_id, "content_index": 0, "audio_end_ms": end}
            return {"type": "conversation.item.truncate", **place}
        case _:
            assert_never(message)


def _create_response(message: m.CreateResponse) -> Fields:
    response: Fields = {}
    if message.metadata:
        response["metadata"] = message.metadata
    if message.instructions is not None:
        response["instructions"] = message.instructions
    if message.tool_choice is not None:
        response["tool_choice"] = message.tool_choice
    if message.out_of_band:
        response["conversation"] = "none"
    if message.input is not None:
        response["input"] = [creatable(item) for item in message.input]
    if message.text_only:
        response["output_modalities"] = ["text"]
    if message.max_output_tokens is not None:
        response["max_output_tokens"] = message.max_output_tokens
    frame: Fields = {"type": "response.create", **_tagged(message.event_id)}
    return {**frame, "response": response} if response else frame


def _cancel(message: m.CancelResponse) -> Fields:
    frame: Fields = {"type": "response.cancel", **_tagged(message.event_id)}
    return {**frame, "response_id": message.response_id} if message.response_id else frame


def _tagged(event_id: str | None) -> Fields:
    return {"event_id": event_id} if event_id else {}
