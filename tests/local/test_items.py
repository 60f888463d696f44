"""Items: creating, ordering, deleting, retrieving, truncating, and what is refused."""

import base64
from typing import Any

import pytest

from realtime_chat.local.items import MAX_KEPT_SOUND
from realtime_chat.local.outbox import Think, Transcribe
from tests.local.machine import Machine, b64, kinds, loud, only_error


def text_item(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


CREATABLE = [
    {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "be kind"}]},
    text_item(),
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hello"}]},
    {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"}],
    },
    {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": b64(loud(200))}]},
    {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
    {"type": "mcp_approval_response", "approval_request_id": "r", "approve": True, "id": "mcpr_1"},
]


@pytest.mark.parametrize("item", CREATABLE, ids=lambda item: f"{item['type']}-{item.get('role', '')}")
def test_every_creatable_item_is_added_and_done(item: dict[str, Any]) -> None:
    events = Machine().send("conversation.item.create", item=item)
    assert kinds(events) == ["conversation.item.added", "conversation.item.done"]
    assert events[0]["item"]["id"]


def test_items_stand_where_the_client_wants_them() -> None:
    machine = Machine(output_modalities=["text"])
    machine.say("b", id="b")
    machine.say("d", id="d")
    first = machine.send("conversation.item.create", item=text_item("a", id="a"), previous_item_id="root")
    third = machine.send("conversation.item.create", item=text_item("c", id="c"), previous_item_id="b")
    assert first[0]["previous_item_id"] is None
    assert third[0]["previous_item_id"] == "b"
    machine.send("response.create")
    request = machine.last(Think).request
    assert [turn.text for turn in request.history] + [request.text] == ["a", "b", "c", "d"]


BAD_ITEMS = [
    (text_item(id="taken"), None, "item_create_duplicate_item_id", "item.id"),
    (text_item(), "nobody", "invalid_value", "previous_item_id"),
    (text_item(id="x" * 33), None, "string_above_max_length", "item.id"),
    (
        {"type": "function_call_output", "call_id": "?", "output": ""},
        None,
        "invalid_tool_call_id",
        "item.call_id",
    ),
    (
        {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": "AAAA"}]},
        None,
        "missing_required_parameter",
        "item.content[0].text",
    ),
    ({"type": "message", "role": "user"}, None, "missing_required_parameter", "item.content"),
    ({"type": "song"}, None, "invalid_value", "item.type"),
    (text_item(colour="red"), None, "unknown_parameter", "item.colour"),
    (
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "no base64!"}]},
        None,
        "invalid_value",
        "item.content[0].audio",
    ),
    (
        {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "http://x"}]},
        None,
        "invalid_value",
        "item.content[0].image_url",
    ),
]


@pytest.mark.parametrize(("item", "previous", "code", "param"), BAD_ITEMS)
def test_an_item_that_cannot_be_is_refused_by_code_and_path(
    item: dict[str, Any], previous: str | None, code: str, param: str
) -> None:
    machine = Machine()
    machine.say("first", id="taken")
    error = only_error(
        machine.send("conversation.item.create", item=item, previous_item_id=previous, event_id="e1")
    )
    assert (error["code"], error["param"], error["event_id"]) == (code, param, "e1")


def test_a_deleted_item_is_gone_from_the_conversation_and_its_id_is_free() -> None:
    machine = Machine()
    machine.say("forget me", id="x")
    assert kinds(machine.send("conversation.item.delete", item_id="x")) == ["conversation.item.deleted"]
    machine.send("response.create")
    assert machine.last(Think).request.text == ""
    assert only_error(machine.send("conversation.item.delete", item_id="x"))["code"] == (
        "item_delete_invalid_item_id"
    )
    assert kinds(machine.say("again", id="x"))[0] == "conversation.item.added"


def test_an_answer_cannot_be_deleted_while_it_is_made() -> None:
    machine = Machine()
    machine.send("response.create")
    item_id = machine.think("hello")[0]["item"]["id"]
    assert only_error(machine.send("conversation.item.delete", item_id=item_id))["code"] == (
        "item_delete_invalid_item_id"
    )


def test_retrieving_brings_the_sound_back() -> None:
    machine = Machine()
    item_id = machine.spoken_answer("hello", 300)
    item = machine.send("conversation.item.retrieve", item_id=item_id)[0]["item"]
    assert base64.b64decode(item["content"][0]["audio"]) == loud(300)
    error = only_error(machine.send("conversation.item.retrieve", item_id="?"))
    assert error["code"] == "item_retrieve_invalid_item_id"


def test_a_talk_of_hours_keeps_the_sound_of_its_latest_items_only() -> None:
    machine = Machine()
    for number in range(4):
        content = [{"type": "input_audio", "audio": b64(bytes(MAX_KEPT_SOUND // 2))}]
        item = {"type": "message", "role": "user", "id": f"item_{number}", "content": content}
        machine.send("conversation.item.create", item=item)
    kept = [
        "audio"
        in machine.send("conversation.item.retrieve", item_id=f"item_{number}")[0]["item"]["content"][0]
        for number in range(4)
    ]
    assert kept == [False, False, True, True]


def test_truncating_cuts_the_sound_and_drops_the_transcript() -> None:
    machine = Machine()
    item_id = machine.spoken_answer("hello", 300)
    truncate = {"item_id": item_id, "content_index": 0}
    events = machine.send("conversation.item.truncate", **truncate, audio_end_ms=120)
    assert kinds(events) == ["conversation.item.truncated"]
    item = machine.send("conversation.item.retrieve", item_id=item_id)[0]["item"]
    assert base64.b64decode(item["content"][0]["audio"]) == loud(120)
    assert not item["content"][0]["transcript"]
    machine.say("what did you say")
    machine.send("response.create")
    assert [turn.text for turn in machine.last(Think).request.history] == [
        "hello"
    ]  # the user's, not the answer


def test_truncating_beyond_what_was_made_is_refused_with_both_lengths() -> None:
    machine = Machine()
    item_id = machine.spoken_answer("hello", 300)
    error = only_error(
        machine.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=301)
    )
    assert error["code"] == "invalid_value"
    assert error["message"] == "Audio content of 300ms is already shorter than 301ms"


def test_truncating_a_running_answer_counts_what_was_made_so_far() -> None:
    machine = Machine()
    machine.send("response.create")
    item_id = machine.think("one two")[0]["item"]["id"]
    machine.speak(200, 4)
    truncate = {"item_id": item_id, "content_index": 0}
    assert only_error(machine.send("conversation.item.truncate", **truncate, audio_end_ms=250))
    assert kinds(machine.send("conversation.item.truncate", **truncate, audio_end_ms=150)) == [
        "conversation.item.truncated"
    ]
    item = machine.send("response.cancel")[-2]["response"]["output"][0]
    assert not item["content"][0]["transcript"]


def test_an_item_without_an_answers_sound_cannot_be_truncated() -> None:
    machine = Machine(output_modalities=["text"])
    machine.say("typed", id="typed")
    machine.send("response.create")
    answer = machine.think("written")[0]["item"]["id"]
    for item_id, code in (
        ("typed", "unsupported_content_type"),
        (answer, "unsupported_content_type"),
        ("?", "item_truncate_invalid_item_id"),
    ):
        error = only_error(
            machine.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=0)
        )
        assert error["code"] == code


def test_a_conversation_holds_a_bounded_amount_of_text() -> None:
    machine = Machine()
    item = text_item("x" * (1 << 20))
    for number in range(64):
        machine.send("conversation.item.create", item={**item, "id": f"big{number}"})
    assert "full" in only_error(machine.say())["message"]
    machine.send("conversation.item.delete", item_id="big0")
    assert kinds(machine.say())[0] == "conversation.item.added"


def test_created_speech_is_recognised_unless_the_client_says_what_it_is() -> None:
    machine = Machine()
    part = {"type": "input_audio", "audio": b64(loud(200))}
    machine.send("conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    assert machine.take(Transcribe).pcm == loud(200)
    known = {**part, "transcript": "hello"}
    machine.send("conversation.item.create", item={"type": "message", "role": "user", "content": [known]})
    assert not [effect for effect in machine.work if isinstance(effect, Transcribe)]
