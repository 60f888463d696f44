"""What a chat service is sent: the talk in its shape, the options, the address."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from realtime_chat.core.errors import ConfigError, InvalidArguments
from realtime_chat.core.messages import CreateResponse, Image, Item
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.transports.chat.dialogue import Dialogue
from realtime_chat.core.transports.chat.endpoint import chat_addresses
from realtime_chat.core.transports.chat.provider import ChatEndpoint, chat_transport
from realtime_chat.core.transports.chat.request import request_body
from tests.core.transports.chat_peer import told
from tests.core.transports.ways import Told

ASKED = CreateResponse(event_id="create_1")
TOOL = ToolSchema(name="add", description="Adds.", parameters={"type": "object"})


def user(text: str) -> Item:
    return Item(item_id="", kind="message", role="user", text=text)


def said(text: str) -> Item:
    return Item(item_id="", kind="message", role="assistant", text=text)


def called(call_id: str, arguments: str = "{}") -> Item:
    return Item(item_id="", kind="function_call", call_id=call_id, name="add", arguments=arguments)


def output(call_id: str) -> Item:
    return Item(item_id="", kind="function_call_output", call_id=call_id, output=f"of {call_id}")


def body(options: SessionOptions, asked: CreateResponse = ASKED, *, new_names: bool = True) -> dict[str, Any]:
    return json.loads(request_body(asked, Dialogue([user("Hi.")]), options, model="m", new_names=new_names))


def test_calls_of_one_answer_stand_in_one_message_with_the_words_before_them() -> None:
    talk = Dialogue(
        [user("Sums."), said("Let me see."), called("c1"), called("c2"), output("c2"), output("c1")]
    )
    assistant, first, second = talk.messages()[1:]
    assert assistant["content"] == "Let me see."
    assert [call["id"] for call in assistant["tool_calls"]] == ["c1", "c2"]
    assert [first["tool_call_id"], second["tool_call_id"]] == ["c1", "c2"]


def test_calls_of_two_rounds_stand_in_two_messages() -> None:
    talk = Dialogue([user("Sums."), called("c1"), output("c1"), called("c2"), output("c2")])
    assert [message["role"] for message in talk.messages()] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
    ]


def test_what_lacks_its_other_half_is_left_out() -> None:
    talk = Dialogue([user("Sums."), called("c1"), called("c2"), output("c2"), output("c3"), user("And?")])
    assert told(talk.messages()) == [
        Told("user", "Sums."),
        Told("call", "add"),
        Told("output", "of c2"),
        Told("user", "And?"),
    ]


def test_pictures_go_with_their_words_or_alone() -> None:
    cat = Image(media_type="image/png", data=b"\x01\x02")
    shown = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AQI="}}
    talk = Dialogue([replace(user("What?"), images=(cat,)), replace(user(""), images=(cat,))])
    assert [message["content"] for message in talk.messages()] == [
        [{"type": "text", "text": "What?"}, shown],
        [shown],
    ]


def test_how_long_it_thinks_is_said_when_it_is_asked_for() -> None:
    assert body(SessionOptions(reasoning_effort="low"))["reasoning_effort"] == "low"
    assert "reasoning_effort" not in body(SessionOptions())


def test_arguments_that_are_no_object_go_back_as_an_empty_one() -> None:
    talk = Dialogue([called("c1", '{"a":'), called("c2", "[1]"), called("c3", '{"a": 1}')])
    for call_id in ("c1", "c2", "c3"):
        talk.add(output(call_id))
    (message, *_) = talk.messages()
    assert [call["function"]["arguments"] for call in message["tool_calls"]] == ["{}", "{}", '{"a": 1}']


_items = st.one_of(
    st.builds(user, st.text(max_size=3)),
    st.builds(said, st.text(max_size=3)),
    st.builds(called, st.sampled_from(["c1", "c2", "c3"])),
    st.builds(output, st.sampled_from(["c1", "c2", "c3"])),
)


@settings(max_examples=80)
@given(st.lists(_items, max_size=10, unique_by=lambda item: (item.kind, item.call_id or id(item))))
def test_any_talk_is_in_the_order_that_services_check(items: list[Item]) -> None:
    roles = [one for one in told(Dialogue(items).messages()) if one.role in ("user", "assistant")]
    words = [
        Told(item.role, item.text)
        for item in items
        if item.role in ("user", "assistant") and item.text is not None
    ]
    assert roles == words


def test_a_request_holds_what_is_set_and_nothing_else() -> None:
    assert body(SessionOptions(instructions="Be brief.")) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_tools_limits_and_extras_go_along() -> None:
    # M8
    options = SessionOptions(
        tools=(TOOL,),
        tool_choice="required",
        max_output_tokens=100,
        temperature=0.5,
        extras={"reasoning_effort": "low", "stream_options": None},
    )
    sent = body(options)
    assert sent["tools"] == [
        {
            "type": "function",
            "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object"}},
        }
    ]
    assert (sent["tool_choice"], sent["max_completion_tokens"]) == ("required", 100)
    assert (sent["reasoning_effort"], sent["stream_options"]) == ("low", None)
    assert "temperature" not in sent
    assert body(options, new_names=False)["max_tokens"] == 100


def test_an_answer_that_is_to_use_no_tools_is_told_of_none() -> None:
    options = SessionOptions(tools=(TOOL,), instructions="Be brief.")
    sent = body(options, CreateResponse(event_id="e", tool_choice="none", instructions="Say why."))
    assert "tools" not in sent
    assert sent["messages"][0]["content"] == "Say why."
    one = body(SessionOptions(tools=(TOOL,), tool_choice={"name": "add"}))
    assert one["tool_choice"] == {"type": "function", "function": {"name": "add"}}


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
        ("wss://api.openai.com/v1/realtime", "https://api.openai.com/v1/chat/completions"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions"),
        ("http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434/v1/chat/completions"),
        ("https://h/openai/v1?api-version=p", "https://h/openai/v1/chat/completions?api-version=p"),
    ],
)
def test_every_usual_address_leads_to_the_same_door(base: str, address: str) -> None:
    found = chat_addresses(base)
    assert found.completions == address
    assert found.models == address.replace("/chat/completions", "/models")
    assert found.new_names is ("openai.com" in base)


@pytest.mark.parametrize(
    "base", ["ftp://h/v1", "https://", "https://user:secret@h/v1", "https://h/v1#x", "h/v1 x"]
)
def test_an_address_that_cannot_serve_is_refused_unquoted(base: str) -> None:
    with pytest.raises(InvalidArguments) as refused:
        chat_addresses(base)
    assert "secret" not in refused.value.message


def test_a_missing_key_or_model_is_refused_before_any_request() -> None:
    # M30
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        chat_transport(ChatEndpoint(model="m"))
    with pytest.raises(InvalidArguments, match="--model"):
        chat_transport(ChatEndpoint(model="", base_url="http://127.0.0.1:1"))
    chat_transport(ChatEndpoint(model="m", base_url="http://127.0.0.1:1"))
