"""Neutral messages → GA client events: each validates strictly against the official SDK's types."""

import base64
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import messages as m
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.options import SemanticVad, ServerVad, SessionOptions, ToolSchema
from realtime_chat.core.transports.openai.codec import OpenAICodec
from tests.strict_types import check_client_event

CLOCK = ToolSchema(
    name="clock", description="Tells the time.", parameters={"type": "object", "properties": {}}
)
FULL = SessionOptions(
    instructions="Be brief.",
    voice="marin",
    turn_detection=ServerVad(
        threshold=0.6,
        prefix_padding_ms=300,
        silence_duration_ms=500,
        create_response=True,
        interrupt_response=False,
        idle_timeout_ms=6000,
    ),
    transcription={"model": "gpt-realtime-whisper"},
    noise_reduction={"type": "near_field"},
    speed=1.1,
    reasoning_effort="low",
    truncation=0.8,
    tools=(CLOCK,),
    tool_choice={"name": "clock"},
    temperature=0.7,
    max_output_tokens="inf",
)


def say(role: m.Role, text: str = "hi", **fields: Any) -> m.CreateItem:
    return m.CreateItem(item=m.Item(item_id="i1", kind="message", role=role, text=text, **fields))


CALL = m.Item(item_id="", kind="function_call", call_id="c1", name="clock", arguments='{"a":1}')
OUTPUT = m.Item(item_id="", kind="function_call_output", call_id="c1", output='{"now":"12:00"}')

MESSAGES: list[tuple[m.Outgoing, dict[str, Any]]] = [
    (m.AppendAudio(pcm=b"\x01\x02"), {"type": "input_audio_buffer.append", "audio": "AQI="}),
    (m.CommitAudio(), {"type": "input_audio_buffer.commit"}),
    (m.ClearAudio(), {"type": "input_audio_buffer.clear"}),
    (
        m.UpdateInstructions(instructions="Be kind."),
        {"type": "session.update", "session": {"type": "realtime", "instructions": "Be kind."}},
    ),
    (
        m.UpdateTools(tools=(CLOCK,)),
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "tools": [
                    {
                        "type": "function",
                        "name": "clock",
                        "description": "Tells the time.",
                        "parameters": {"type": "object", "properties": {}},
                    }
                ],
            },
        },
    ),
    (m.DeleteItem(item_id="i1"), {"type": "conversation.item.delete", "item_id": "i1"}),
    (m.RetrieveItem(item_id="i1"), {"type": "conversation.item.retrieve", "item_id": "i1"}),
    (
        m.TruncateItem(item_id="i1", audio_end_ms=1500),
        {
            "type": "conversation.item.truncate",
            "item_id": "i1",
            "content_index": 0,
            "audio_end_ms": 1500,
        },
    ),
    (m.CreateResponse(event_id="e1"), {"type": "response.create", "event_id": "e1"}),
    (
        m.CreateResponse(event_id="e1", tool_choice="none"),
        {"type": "response.create", "event_id": "e1", "response": {"tool_choice": "none"}},
    ),
    (
        m.CreateResponse(event_id="e1", metadata={"turn": "t1"}, instructions="Shortly."),
        {
            "type": "response.create",
            "event_id": "e1",
            "response": {"metadata": {"turn": "t1"}, "instructions": "Shortly."},
        },
    ),
    (
        m.CreateResponse(
            event_id="e1",
            metadata={"purpose": "title"},
            instructions="Name it.",
            tool_choice="none",
            out_of_band=True,
            input=(m.Item(item_id="", kind="message", role="user", text="hi"),),
            text_only=True,
            max_output_tokens=64,
        ),
        {
            "type": "response.create",
            "event_id": "e1",
            "response": {
                "metadata": {"purpose": "title"},
                "instructions": "Name it.",
                "tool_choice": "none",
                "conversation": "none",
                "input": [
                    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
                ],
                "output_modalities": ["text"],
                "max_output_tokens": 64,
            },
        },
    ),
    (
        say("user", images=(m.Image(media_type="image/jpeg", data=b"\x01\x02"),)),
        {
            "type": "conversation.item.create",
            "item": {
                "id": "i1",
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "hi"},
                    {"type": "input_image", "image_url": "data:image/jpeg;base64,AQI="},
                ],
            },
        },
    ),
    (m.CancelResponse(event_id="e2"), {"type": "response.cancel", "event_id": "e2"}),
    (
        m.CancelResponse(event_id="e2", response_id="r1"),
        {"type": "response.cancel", "event_id": "e2", "response_id": "r1"},
    ),
    (
        say("user"),
        {
            "type": "conversation.item.create",
            "item": {
                "id": "i1",
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "hi"}],
            },
        },
    ),
    (
        say("assistant", spoken=True),
        {
            "type": "conversation.item.create",
            "item": {
                "id": "i1",
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "hi"}],
            },
        },
    ),
    (
        say("system"),
        {
            "type": "conversation.item.create",
            "item": {
                "id": "i1",
                "type": "message",
                "role": "system",
                "content": [{"type": "input_text", "text": "hi"}],
            },
        },
    ),
    (
        m.CreateItem(item=CALL),
        {
            "type": "conversation.item.create",
            "item": {"type": "function_call", "call_id": "c1", "name": "clock", "arguments": '{"a":1}'},
        },
    ),
    (
        m.CreateItem(item=OUTPUT),
        {
            "type": "conversation.item.create",
            "item": {"type": "function_call_output", "call_id": "c1", "output": '{"now":"12:00"}'},
        },
    ),
]
CONFIGURATIONS = [
    m.Configure(options=options, event_id="e0")
    for options in (
        SessionOptions(),
        FULL,
        SessionOptions(modalities=("text",), turn_detection="none", transcription=False),
        SessionOptions(turn_detection=SemanticVad(eagerness="low", interrupt_response=False)),
        SessionOptions(input_audio_format="g711_ulaw", output_audio_format="g711_alaw"),
        SessionOptions(tool_choice="required", tools=(CLOCK,), max_output_tokens=4096),
        SessionOptions(extras={"tracing": "auto", "truncation": "disabled"}),
        SessionOptions(noise_reduction=False, truncation="auto"),
    )
]


def encoded(message: m.Outgoing) -> dict[str, Any]:
    return msgspec.json.decode(OpenAICodec().encode(message))


@pytest.mark.parametrize(("message", "event"), MESSAGES)
def test_each_message_becomes_its_event(message: m.Outgoing, event: dict[str, Any]) -> None:
    # M5, M7
    assert encoded(message) == event


@pytest.mark.parametrize("message", [*(message for message, _ in MESSAGES), *CONFIGURATIONS])
def test_each_event_validates_strictly_against_the_official_types(message: m.Outgoing) -> None:
    assert check_client_event(encoded(message)) == []


def test_no_message_is_missing_above() -> None:
    tried = {type(message) for message, _ in MESSAGES} | {m.Configure}
    assert tried == set(get_args(m.Outgoing))


def test_the_strict_check_sees_what_the_official_types_let_through() -> None:
    loose = {"type": "session.update", "session": {"type": "realtime", "modalities": ["text"]}}
    assert check_client_event(loose) == ["session.update: undeclared session.modalities"]
    assert check_client_event({"type": "brand.new"}) != []


@given(st.binary(max_size=400))
def test_sound_goes_out_as_base64_and_nothing_else(pcm: bytes) -> None:
    # M21
    assert base64.b64decode(encoded(m.AppendAudio(pcm=pcm))["audio"]) == pcm


def test_a_configuration_carries_its_event_id_and_no_temperature() -> None:
    # M20
    event = encoded(m.Configure(options=FULL, event_id="e0"))
    assert event["event_id"] == "e0"
    assert "temperature" not in event["session"]


@given(st.text())
def test_any_text_survives_the_way_out(text: str) -> None:
    event = encoded(say("user", text))
    assert event["item"]["content"][0]["text"] == text


def test_text_that_is_not_unicode_goes_out_repaired_instead_of_breaking_the_connection() -> None:
    name = b"caf\xe9.txt".decode("utf-8", "surrogateescape")
    output = msgspec.structs.replace(OUTPUT, output=name)
    assert encoded(m.CreateItem(item=output))["item"]["output"] == "caf?.txt"
    tool = ToolSchema(name="x", description=name, parameters={"enum": [name]})
    options = SessionOptions(tools=(tool,))
    assert encoded(m.Configure(options=options))["session"]["tools"][0]["parameters"] == {
        "enum": ["caf?.txt"]
    }


@pytest.mark.parametrize(
    "item",
    [
        m.Item(item_id="i1"),
        m.Item(item_id="i1", kind="message", role="user"),
        m.Item(item_id="i1", kind="message", text="hi"),
        m.Item(item_id="i1", kind="function_call", call_id="c1", name="clock"),
        m.Item(item_id="i1", kind="function_call_output", call_id="c1"),
    ],
)
def test_an_item_that_a_client_cannot_create_is_refused(item: m.Item) -> None:
    with pytest.raises(InvalidArguments, match="leave"):
        OpenAICodec().encode(m.CreateItem(item=item))


def test_extras_that_json_cannot_carry_are_refused() -> None:
    message = m.Configure(options=SessionOptions(extras={"odd": object()}))
    with pytest.raises(InvalidArguments, match="extras"):
        OpenAICodec().encode(message)
