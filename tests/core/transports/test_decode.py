"""OpenAI frames → neutral messages: every known event in both spellings, and what compatible servers say instead."""

from typing import Any

import pytest

from realtime_chat.core import messages as m
from realtime_chat.core.events import TranscriptionUsage, Usage
from realtime_chat.core.transports.openai.decode import decode
from tests.core.transports.openai_events import (
    BOTH_SPELLINGS,
    CALL,
    CALL_ITEM,
    EVENTS,
    IDS,
    SPOKEN,
    SPOKEN_ITEM,
)
from tests.core.transports.peer import wire


@pytest.mark.parametrize(("frame", "message"), EVENTS, ids=lambda value: type(value).__name__)
def test_each_event_becomes_its_neutral_message(frame: bytes, message: m.Incoming) -> None:
    # M1, M9
    assert decode(frame) == message


@pytest.mark.parametrize("prefix", ["response.output_", "response."])
@pytest.mark.parametrize(("name", "fields", "message"), BOTH_SPELLINGS)
def test_the_beta_spelling_means_the_same(
    prefix: str, name: str, fields: dict[str, Any], message: m.Incoming
) -> None:
    # M12
    assert decode(wire(prefix + name, **IDS, **fields)) == message


# ---------------------------------------------------------------- the end of a response


def done(**response: object) -> m.ResponseDone:
    message = decode(wire("response.done", response={"id": "r1", **response}))
    assert isinstance(message, m.ResponseDone)
    return message


def test_a_completed_response_has_its_items_in_order_and_its_usage_with_the_breakdown() -> None:
    # M32
    details = {"text_tokens": 20, "audio_tokens": 80, "cached_tokens": 64, "image_tokens": 0}
    message = done(
        status="completed",
        output=[SPOKEN, CALL],
        usage={
            "input_tokens": 100,
            "output_tokens": 50,
            "total_tokens": 150,
            "input_token_details": details,
            "output_token_details": {"text_tokens": 10, "audio_tokens": 40},
        },
    )
    assert message.items == (SPOKEN_ITEM, CALL_ITEM)
    assert message.usage == Usage(
        input=100,
        output=50,
        total=150,
        input_text=20,
        input_audio=80,
        cached=64,
        output_text=10,
        output_audio=40,
        extras={
            "input_token_details": details,
            "output_token_details": {"text_tokens": 10, "audio_tokens": 40},
        },
    )
    assert (message.status, message.reason, message.error_code) == ("completed", None, None)


def test_cached_tokens_are_told_by_kind_beside_the_input_that_they_are_a_part_of() -> None:
    # M32
    cached = {"text_tokens": 16, "audio_tokens": 40, "image_tokens": 8}
    details = {"text_tokens": 20, "audio_tokens": 70, "image_tokens": 10, "cached_tokens": 64}
    usage = done(
        status="completed",
        usage={"input_tokens": 100, "input_token_details": {**details, "cached_tokens_details": cached}},
    ).usage
    assert usage is not None
    assert (usage.input_text, usage.input_audio, usage.input_image) == (20, 70, 10)
    assert (usage.cached, usage.cached_text, usage.cached_audio, usage.cached_image) == (64, 16, 40, 8)


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        ({"type": "duration", "seconds": 3.4}, TranscriptionUsage(seconds=3.4)),
        (
            {
                "type": "tokens",
                "total_tokens": 26,
                "input_tokens": 17,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 17},
                "output_tokens": 9,
            },
            TranscriptionUsage(
                tokens=Usage(
                    input=17,
                    output=9,
                    total=26,
                    input_audio=17,
                    extras={
                        "type": "tokens",
                        "input_token_details": {"text_tokens": 0, "audio_tokens": 17},
                    },
                )
            ),
        ),
        ({"type": "duration", "seconds": None}, TranscriptionUsage()),
        (None, None),
    ],
)
def test_a_transcript_has_its_own_usage_in_seconds_or_in_tokens(
    reported: dict[str, Any] | None, usage: TranscriptionUsage | None
) -> None:
    completed = "conversation.item.input_audio_transcription.completed"
    message = decode(wire(completed, item_id="i1", transcript="Hello.", usage=reported))
    assert message == m.InputTranscript(item_id="i1", text="Hello.", usage=usage)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("cancelled", "turn_detected"),
        ("cancelled", "client_cancelled"),
        ("incomplete", "max_output_tokens"),
        ("incomplete", "content_filter"),
    ],
)
def test_an_unfinished_response_says_why(status: str, reason: str) -> None:
    message = done(status=status, status_details={"type": status, "reason": reason})
    assert (message.status, message.reason) == (status, reason)


def test_a_failed_response_has_its_error_and_may_lack_usage() -> None:
    error = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded it."}
    message = done(status="failed", status_details={"type": "failed", "error": error}, usage=None)
    assert message.status == "failed"
    assert (message.error_code, message.error_message) == ("insufficient_quota", "You exceeded it.")
    assert message.usage is None


def test_an_ending_that_we_do_not_know_is_no_clean_one() -> None:
    message = done(status="paused_for_review")
    assert (message.status, message.reason) == ("incomplete", "paused_for_review")


# ---------------------------------------------------------------- what compatible servers do differently


@pytest.mark.parametrize(("said", "status"), [({}, "completed"), ({"status": "paused"}, "incomplete")])
def test_an_end_that_says_nothing_of_itself_is_clean_and_one_of_a_kind_we_do_not_know_is_not(
    said: dict[str, str], status: str
) -> None:
    message = done(**said)
    assert (message.status, message.reason, message.error_message) == (status, said.get("status"), None)


def test_words_about_an_end_that_is_no_failure_are_its_reason_and_no_error() -> None:
    message = done(status="incomplete", status_details="too long")
    assert (message.reason, message.error_message) == ("too long", None)


def test_status_details_may_be_a_text_and_usage_stand_beside_the_response() -> None:
    response = {"id": "r1", "status": "failed", "status_details": "model overloaded"}
    message = decode(wire("response.done", response=response, usage={"total_tokens": 7}))
    assert isinstance(message, m.ResponseDone)
    assert (message.status, message.error_message, message.items) == ("failed", "model overloaded", ())
    assert message.usage == Usage(total=7)


def test_the_error_code_may_stand_in_the_type() -> None:
    failed = done(status="failed", status_details={"error": {"type": "server_error", "message": "busy"}})
    assert (failed.error_code, failed.error_message) == ("server_error", "busy")
    frame = wire("error", error={"type": "conversation_already_has_active_response", "message": "busy"})
    message = decode(frame)
    assert isinstance(message, m.ProviderError)
    assert message.code == "conversation_already_has_active_response"


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"error": "it broke"}, "unknown_error", "it broke"),
        ({"message": "it broke", "code": "E7"}, "E7", "it broke"),
        ({}, "unknown_error", "The provider reported an error without words."),
    ],
)
def test_an_error_of_any_shape_has_a_code_and_words(fields: dict[str, str], code: str, words: str) -> None:
    message = decode(wire("error", **fields))
    assert isinstance(message, m.ProviderError)
    assert (message.code, message.message) == (code, words)


def test_content_parts_of_the_beta_count_as_speech_and_text() -> None:
    def item(**part: str) -> m.Item:
        frame = wire("conversation.item.created", item={"id": "i", "type": "message", "content": [part]})
        message = decode(frame)
        assert isinstance(message, m.ItemAdded)
        return message.item

    assert (item(type="audio", transcript="hi").text, item(type="audio", transcript="hi").spoken) == (
        "hi",
        True,
    )
    assert (item(type="text", text="hi").text, item(type="text", text="hi").spoken) == ("hi", False)
    assert item(type="input_audio").text is None


def test_arguments_that_are_an_object_come_as_json_text() -> None:
    message = decode(wire("response.output_item.done", item={**CALL, "arguments": {"city": "Rome"}}))
    assert isinstance(message, m.OutputItemDone)
    assert message.item.arguments == '{"city":"Rome"}'


def test_an_item_of_an_unknown_kind_is_kept() -> None:
    message = decode(wire("conversation.item.added", item={"id": "i9", "type": "mcp_call", "status": "odd"}))
    raw = '{"id":"i9","type":"mcp_call","status":"odd"}'
    assert message == m.ItemAdded(item=m.Item(item_id="i9", name="mcp_call", raw=raw))


def test_a_transcript_that_is_still_growing_is_not_the_whole() -> None:
    kind = "conversation.item.input_audio_transcription.completed"
    frame = wire(kind, item_id="i1", transcript="he", status="in_progress")
    assert decode(frame) == m.Unrecognised(type=kind)


def test_missing_fields_survive() -> None:
    # M13
    for kind in ("conversation.item.added", "session.created", "input_audio_buffer.committed"):
        assert not isinstance(decode(wire(kind)), m.Malformed | m.Unrecognised)
    assert decode(wire("response.done")) == m.Unrecognised(type="response.done")
    assert decode(wire("response.output_audio.delta", **IDS)) == m.Unrecognised(
        type="response.output_audio.delta"
    )
