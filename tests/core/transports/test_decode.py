"""OpenAI frames → neutral messages: every known event, both spellings, and whatever else may come."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import messages as m
from realtime_chat.core.events import Usage
from realtime_chat.core.transports.openai.decode import decode, decode_any
from tests.core.transports.peer import wire

IDS = {"response_id": "r1", "item_id": "i1"}
PCM = bytes(range(64))
SOUND = base64.b64encode(PCM).decode()
SPOKEN = {
    "id": "i1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_audio", "transcript": "hello"}],
}
SPOKEN_ITEM = m.Item(
    item_id="i1", kind="message", role="assistant", status="completed", text="hello", spoken=True
)
CALL = {
    "id": "i2",
    "type": "function_call",
    "status": "completed",
    "call_id": "c1",
    "name": "clock",
    "arguments": "{}",
}
CALL_ITEM = m.Item(
    item_id="i2", kind="function_call", status="completed", call_id="c1", name="clock", arguments="{}"
)

EVENTS: list[tuple[bytes, m.Incoming]] = [
    (
        wire(
            "session.created",
            session={
                "id": "s1",
                "model": "m1",
                "expires_at": 1785217655,
                "audio": {"output": {"voice": "alloy"}},
            },
        ),
        m.SessionCreated(provider_session_id="s1", model="m1", voice="alloy", expires_at=1785217655),
    ),
    (
        wire("session.updated", session={"model": "m1", "voice": {"id": "custom"}}),
        m.SessionUpdated(model="m1", voice="custom"),
    ),
    (
        wire("input_audio_buffer.speech_started", item_id="i1", audio_start_ms=1460),
        m.UserSpeechStarted(item_id="i1", at_ms=1460),
    ),
    (
        wire("input_audio_buffer.speech_stopped", item_id="i1", audio_end_ms=4256.7),
        m.UserSpeechStopped(item_id="i1", at_ms=4256),
    ),
    (
        wire("input_audio_buffer.committed", item_id="i1", previous_item_id="i0"),
        m.AudioCommitted(item_id="i1", previous_item_id="i0"),
    ),
    (wire("input_audio_buffer.cleared"), m.AudioCleared()),
    (wire("input_audio_buffer.timeout_triggered", item_id="i1"), m.InputTimedOut(item_id="i1")),
    (
        wire("conversation.item.added", item=SPOKEN, previous_item_id=None),
        m.ItemAdded(item=SPOKEN_ITEM),
    ),
    (
        wire("conversation.item.created", item=CALL, previous_item_id="i1"),
        m.ItemAdded(item=CALL_ITEM, previous_item_id="i1"),
    ),
    (wire("conversation.item.done", item=SPOKEN), m.ItemDone(item=SPOKEN_ITEM)),
    (wire("conversation.item.retrieved", item=CALL), m.ItemRetrieved(item=CALL_ITEM)),
    (
        wire("conversation.item.truncated", item_id="i1", content_index=0, audio_end_ms=1500),
        m.ItemTruncated(item_id="i1", audio_end_ms=1500),
    ),
    (wire("conversation.item.deleted", item_id="i1"), m.ItemDeleted(item_id="i1")),
    (
        wire("conversation.item.input_audio_transcription.delta", item_id="i1", delta=" Hello"),
        m.InputTranscriptDelta(item_id="i1", delta=" Hello"),
    ),
    (
        wire(
            "conversation.item.input_audio_transcription.completed",
            item_id="i1",
            transcript="Hello.",
            usage={"type": "duration", "seconds": 3},
        ),
        m.InputTranscript(item_id="i1", text="Hello.", usage={"type": "duration", "seconds": 3}),
    ),
    (
        wire(
            "conversation.item.input_audio_transcription.failed",
            item_id="i1",
            error={"code": "DeploymentNotFound", "message": None},
        ),
        m.InputTranscriptFailed(item_id="i1", error="DeploymentNotFound"),
    ),
    (
        wire("response.created", response={"id": "r1", "metadata": {"k": "v"}, "conversation_id": "c"}),
        m.ResponseCreated(response_id="r1", metadata={"k": "v"}),
    ),
    (
        wire("response.created", response={"id": "r1", "metadata": None, "conversation_id": None}),
        m.ResponseCreated(response_id="r1", out_of_band=True),
    ),
    (
        wire("response.output_item.added", response_id="r1", output_index=0, item=CALL),
        m.OutputItemAdded(response_id="r1", item=CALL_ITEM),
    ),
    (
        wire("response.output_item.done", response_id="r1", output_index=0, item=SPOKEN),
        m.OutputItemDone(response_id="r1", item=SPOKEN_ITEM),
    ),
    (
        wire("response.function_call_arguments.delta", **IDS, call_id="c1", delta="{"),
        m.ArgumentsDelta(response_id="r1", item_id="i1", call_id="c1", delta="{"),
    ),
    (
        wire("rate_limits.updated", rate_limits=[{"name": "tokens", "remaining": 5}, "odd"]),
        m.RateLimits(limits=({"name": "tokens", "remaining": 5},)),
    ),
    (
        wire(
            "error",
            error={
                "type": "invalid_request_error",
                "code": "invalid_value",
                "message": "no",
                "param": "type",
                "event_id": "e1",
            },
        ),
        m.ProviderError(
            code="invalid_value",
            message="no",
            error_type="invalid_request_error",
            param="type",
            caused_by="e1",
        ),
    ),
]

BOTH_SPELLINGS: list[tuple[str, dict[str, Any], m.Incoming]] = [
    ("audio.delta", {"delta": SOUND}, m.AudioDelta(**IDS, pcm=PCM)),
    ("audio.done", {}, m.AudioDone(**IDS)),
    ("audio_transcript.delta", {"delta": "he"}, m.OutputTranscriptDelta(**IDS, delta="he")),
    ("audio_transcript.done", {"transcript": "hey"}, m.OutputTranscript(**IDS, text="hey")),
    ("text.delta", {"delta": "he"}, m.OutputTextDelta(**IDS, delta="he")),
    ("text.done", {"text": "hey"}, m.OutputText(**IDS, text="hey")),
]


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


def test_status_details_may_be_a_text_and_usage_stand_beside_the_response() -> None:
    response = {"id": "r1", "status": "failed", "status_details": "model overloaded"}
    message = decode(wire("response.done", response=response, usage={"total_tokens": 7}))
    assert isinstance(message, m.ResponseDone)
    assert (message.status, message.error_message, message.items) == ("failed", "model overloaded", ())
    assert message.usage == Usage(total=7)


def test_a_response_without_a_word_about_its_conversation_belongs_to_the_only_one() -> None:
    assert not done(status="completed").out_of_band


def test_the_error_code_may_stand_in_the_type() -> None:
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
    assert message == m.ItemAdded(item=m.Item(item_id="i9"))


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


# ---------------------------------------------------------------- what nobody understands


def test_an_unknown_type_and_a_frame_without_one_are_told_apart_from_garbage() -> None:
    # M12, M13, check 9
    assert decode(wire("brand.new", x=1)) == m.Unrecognised(type="brand.new")
    assert decode(b'{"a": 1}') == m.Unrecognised(type="unknown")
    assert decode(b'{"type": 7}') == m.Unrecognised(type="unknown")
    for garbage in (b"", b"{", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'):
        message = decode(garbage)
        assert isinstance(message, m.Malformed)
        assert message.detail.startswith("parse_error")


@pytest.mark.parametrize("delta", ["AA*A", "AAA", "AA A"], ids=["letter", "length", "blank"])
def test_sound_that_is_not_base64_is_malformed(delta: str) -> None:
    # M21
    message = decode(wire("response.output_audio.delta", **IDS, delta=delta))
    assert isinstance(message, m.Malformed)
    assert message.detail.startswith("bad_audio")


def test_half_a_sample_at_the_end_of_a_piece_of_sound_is_cut_off() -> None:
    # M21
    frame = wire("response.output_audio.delta", **IDS, delta=base64.b64encode(PCM + b"x").decode())
    assert decode(frame) == decode_any(frame) == m.AudioDelta(**IDS, pcm=PCM)


# ---------------------------------------------------------------- properties

_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KNOWN = [*EVENTS, *((wire("response.output_" + n, **IDS, **f), r) for n, f, r in BOTH_SPELLINGS)]


@given(st.binary())
def test_no_bytes_make_it_raise(frame: bytes) -> None:
    decode(frame)


@given(_json)
def test_no_json_makes_it_raise(value: object) -> None:
    decode(msgspec.json.encode(value))


@given(st.sampled_from([frame for frame, _ in KNOWN]), st.data())
def test_no_change_inside_a_real_event_makes_it_raise(frame: bytes, data: st.DataObject) -> None:
    # M13
    fields: dict[str, Any] = msgspec.json.decode(frame)
    place = fields
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not (isinstance(place[key], dict) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(_json)
    message = decode(msgspec.json.encode(fields))
    if isinstance(message, m.Malformed):
        assert message.detail.startswith("bad_audio")


@given(
    pcm=st.binary(max_size=200).map(lambda raw: raw[: len(raw) // 2 * 2]),
    response_id=st.text(max_size=20),
    item_id=st.text(max_size=20) | st.none() | st.integers(),
    extra=st.dictionaries(st.text(max_size=5), _json, max_size=3),
    order=st.randoms(use_true_random=False),
    spaced=st.booleans(),
)
def test_the_short_way_for_sound_agrees_with_the_general_one(
    pcm: bytes, response_id: str, item_id: object, extra: dict[str, Any], order: Any, spaced: bool
) -> None:
    # M21
    rest = {
        **extra,
        "response_id": response_id,
        "item_id": item_id,
        "delta": base64.b64encode(pcm).decode(),
    }
    keys = list(rest)
    order.shuffle(keys)
    fields = {"type": "response.output_audio.delta", **{key: rest[key] for key in keys if key != "type"}}
    frame = msgspec.json.encode(fields)
    if spaced:
        frame = msgspec.json.format(frame, indent=1)
    message = decode(frame)
    assert message == decode_any(frame)
    expected = item_id if isinstance(item_id, str) else ""
    assert message == m.AudioDelta(response_id=response_id, item_id=expected, pcm=pcm)


_deltas = st.text(alphabet="AZaz09+/=\\ é", max_size=12) | st.text() | st.none() | st.integers(-9, 9)


@given(delta=_deltas, tail=st.binary(max_size=4))
def test_both_ways_agree_on_broken_sound_frames(delta: object, tail: bytes) -> None:
    frame = wire("response.output_audio.delta", **IDS, delta=delta)
    for cut in (frame, frame + tail, frame[:-1] + tail):
        assert decode(cut) == decode_any(cut)
