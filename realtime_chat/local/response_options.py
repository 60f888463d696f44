"""What one response shall be like: the session's settings, overridden by `response.create`."""

from typing import Any, Literal

import msgspec

from realtime_chat.local import schema
from realtime_chat.local.errors import Refusal, bad_value
from realtime_chat.local.items import MAX_ID, check_item
from realtime_chat.local.schema import Json
from realtime_chat.local.session_config import (
    OUTPUT_FORMAT_AND_VOICE,
    SHARED_FIELDS,
    response_defaults,
    voice_name,
)

_REFERENCE = schema.record(
    {"type": schema.choice("item_reference"), "id": schema.text(MAX_ID, empty=False)}, ("id",)
)


def _metadata(value: Any, path: str) -> dict[str, str]:
    pairs = schema.json_object(value, path)
    if len(pairs) > 16:
        raise bad_value(path, f"may have at most 16 keys, but has {len(pairs)}.")
    for name, entry in pairs.items():
        schema.text(64)(name, path)
        schema.text(512)(entry, f"{path}.{name}")
    return pairs


def _input_item(value: Any, path: str) -> Json:
    given = schema.json_object(value, path)
    check = _REFERENCE if given.get("type") == "item_reference" else check_item
    return check(given, path)


_RESPONSE = schema.record(
    {
        **SHARED_FIELDS,
        "conversation": schema.choice("auto", "none"),
        "input": schema.nullable(schema.array(_input_item)),
        "metadata": schema.nullable(_metadata),
        "audio": schema.record({"output": schema.record(OUTPUT_FORMAT_AND_VOICE)}),
    }
)


class ResponseOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One response's settings. `input` None: the conversation so far; else checked items and references."""

    in_conversation: bool
    modality: Literal["text", "audio"]
    instructions: str
    tools: list[Json]
    tool_choice: str | Json
    max_output_tokens: int | Literal["inf"]
    format: Json
    voice: str | Json
    metadata: dict[str, str] | None
    input: list[Json] | None


def response_options(change: Any, session: Json, *, spoke_already: bool) -> ResponseOptions:
    """Merge a `response.create`'s `response` over the session as it is shown. Raises Refusal."""
    given: Json = _RESPONSE(change, "response")
    merged = {**response_defaults(session), **given}
    output: Json = {**session["audio"]["output"], **given.get("audio", {}).get("output", {})}
    if spoke_already and voice_name(output["voice"]) != voice_name(session["audio"]["output"]["voice"]):
        message = "The voice cannot change after the assistant has spoken; open a new session."
        raise Refusal("cannot_update_voice", message, "response.audio.output.voice")
    return ResponseOptions(
        in_conversation=given.get("conversation", "auto") == "auto",
        modality=merged["output_modalities"][0],
        instructions=merged["instructions"],
        tools=merged["tools"],
        tool_choice=merged["tool_choice"],
        max_output_tokens=merged["max_output_tokens"],
        format=output["format"],
        voice=output["voice"],
        metadata=given.get("metadata"),
        input=given.get("input"),
    )
