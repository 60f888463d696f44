"""A streamed answer, chunk by chunk, as many kinds of servers send it; and any other way."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.core.messages import (
    ArgumentsDelta,
    Incoming,
    Item,
    OutputItemAdded,
    OutputItemDone,
    OutputText,
    OutputTextDelta,
    ResponseDone,
)
from realtime_chat.core.transports.chat.answer import Answer
from realtime_chat.core.transports.chat.lines import EventLines, Mark
from tests.core.transports.chat_peer import USAGE, chunk


def call(index: int | None, name: str = "", arguments: Any = None, call_id: str = "") -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value}
    piece: dict[str, Any] = {"function": function}
    return piece | ({"index": index} if index is not None else {}) | ({"id": call_id} if call_id else {})


def calling(*pieces: dict[str, Any], together: bool = False) -> list[Any]:
    if together:
        return [chunk({"tool_calls": list(pieces)}), chunk({}, "tool_calls")]
    return [*(chunk({"tool_calls": [piece]}) for piece in pieces), chunk({}, "tool_calls")]


def read(*chunks: Any) -> tuple[list[Incoming], ResponseDone]:
    """All that is said of these chunks, and the end of it."""
    answer = Answer()
    said = [message for one in chunks for message in answer.take(one)]
    *more, done = answer.end()
    assert isinstance(done, ResponseDone)
    return [*said, *more], done


def calls(done: ResponseDone) -> list[tuple[str | None, str | None]]:
    return [(item.name, item.arguments) for item in done.items if item.kind == "function_call"]


def test_words_come_as_pieces_then_whole_then_the_end() -> None:
    # X13
    said, done = read(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({}, "stop"),
        {"choices": [], "usage": USAGE},
    )
    assert [type(one) for one in said] == [
        OutputItemAdded,
        OutputTextDelta,
        OutputTextDelta,
        OutputText,
        OutputItemDone,
    ]
    assert (done.status, done.items[0].text) == ("completed", "Hello")
    assert done.usage is not None
    usage = done.usage
    assert (usage.input, usage.output, usage.total, usage.cached) == (7, 5, 12, 2)
    assert usage.extras == {"reasoning_tokens": 1}


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        ("stop", "completed", None),
        ("eos", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        (None, "in_progress", None),
        ("error", "failed", None),
    ],
)
def test_the_end_says_why_and_what_is_not_said_is_not_inferred(
    reason: str | None, status: str, why: str | None
) -> None:
    # P30
    _, done = read(chunk({"content": "Well"}), chunk({}, reason))
    assert (done.status, done.reason) == (status, why)


def test_an_answer_of_which_nothing_came_has_failed() -> None:
    assert read()[1].status == "failed"


@pytest.mark.parametrize(
    "pieces",
    [
        [call(0, "add", '{"a":', "c1"), call(0, arguments="1}"), call(1, "sub", '{"b":2}', "c2")],
        [call(0, "add", '{"a":1}', "c1"), call(0, "sub", '{"b":2}', "c2")],
        [call(None, "add", '{"a":1}', "c1"), call(None, "sub", '{"b":2}', "c2")],
        [call(None, "add", '{"a":1}'), call(None, "sub", '{"b":2}')],
        [call(None, "add", '{"a":'), call(None, arguments="1}"), call(None, "sub", '{"b":2}')],
        [call(0, "add", {"a": 1}), call(1, "sub", {"b": 2})],
        [call(0, "add", "", "c1"), call(1, "sub", "", "c2"), call(0, "", '{"a":1}'), call(1, "", '{"b":2}')],
        [call(0, "add", '{"a":', "c1"), call(0, "add", "1}"), call(1, "sub", '{"b":2}')],
        [call(3, "add", '{"a":1}', "c1"), call(7, "sub", '{"b":2}', "c2")],
        [call(0, "", '{"a":1}', "c1"), call(0, "add"), call(1, "sub", '{"b":2}', "c2")],
    ],
    ids=[
        "openai",
        "one index for all",
        "no index",
        "neither index nor id",
        "pieces without either",
        "objects",
        "interleaved",
        "the name again",
        "gaps",
        "the name later",
    ],
)
@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
def test_calls_are_told_apart_whatever_a_server_leaves_out(
    pieces: list[dict[str, Any]], together: bool
) -> None:
    # X14
    said, done = read(*calling(*pieces, together=together))
    assert calls(done) == [("add", '{"a":1}'), ("sub", '{"b":2}')]
    ids = [item.call_id for item in done.items]
    assert len(set(ids)) == 2
    assert all(ids)
    begun = [one.item.call_id for one in said if isinstance(one, OutputItemAdded)]
    assert begun == ids
    for item in done.items:
        parts = [one.delta for one in said if isinstance(one, ArgumentsDelta) and one.call_id == item.call_id]
        assert "".join(parts) == item.arguments


def test_a_call_id_that_was_used_before_in_the_talk_is_given_anew() -> None:
    answer = Answer(is_taken=lambda call_id: call_id == "call_0")
    for one in calling(call(0, "add", "{}", "call_0")):
        answer.take(one)
    (item,) = answer.items("completed")
    assert item.call_id not in ("call_0", "", None)


def test_words_before_calls_are_an_item_of_their_own() -> None:
    _, done = read(chunk({"content": "Let me see."}), *calling(call(0, "add", "{}", "c1")))
    assert [item.kind for item in done.items] == ["message", "function_call"]


def test_what_a_model_thinks_aloud_is_not_its_answer() -> None:
    said, done = read(
        chunk({"reasoning_content": "hm"}),
        chunk({"reasoning": "hm"}),
        chunk({"content": None, "reasoning_details": [{"text": "hm"}]}),
        chunk({"content": [{"type": "thinking", "text": "hm"}, {"type": "text", "text": "Yes."}]}),
        chunk({}, "stop"),
    )
    assert [one.delta for one in said if isinstance(one, OutputTextDelta)] == ["Yes."]
    assert done.items[0].text == "Yes."


def test_a_refusal_is_an_answer() -> None:
    assert read(chunk({"refusal": "I will not."}), chunk({}, "stop"))[1].items[0].text == "I will not."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"message": "No.", "code": "context_length_exceeded"}, "context_length_exceeded"),
        ({"message": "No.", "code": 429}, "rate_limited"),
        ({"message": "No.", "type": "rate_limit_error"}, "rate_limited"),
        ({"message": "No.", "code": 502}, "server_error"),
        ({"message": "No."}, "server_error"),
        ("No.", "server_error"),
    ],
)
def test_an_error_in_the_stream_fails_the_answer(error: Any, code: str) -> None:
    # X21
    _, done = read(chunk({"content": "Wel"}), {"error": error})
    assert (done.status, done.error_code, done.error_message) == ("failed", code, "No.")


def test_an_answer_that_is_not_streamed_says_the_same() -> None:
    message = {
        "role": "assistant",
        "content": "Let me see.",
        "tool_calls": [call(None, "add", '{"a":1}', "c1")],
    }
    _, done = read({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})
    assert done.items[0].text == "Let me see."
    assert calls(done) == [("add", '{"a":1}')]


@pytest.mark.parametrize(
    "lines",
    [
        [b'data: {"a":1}', b"", b"data: [DONE]"],
        [b'data:{"a":1}', b"data:[DONE]"],
        [
            b": keep-alive",
            b"event: message",
            b"id: 1",
            b"retry: 3",
            b'data: {"a":1}\r',
            b"\r",
            b"data: [DONE]",
        ],
        [b'data: {"a":', b"data: 1}", b"", b"data: [DONE]"],
        [b'{"a":1}', b"data: [DONE]"],
        [b"data:", b'data: {"a":1}', b"data:  [DONE]  "],
    ],
)
def test_events_are_read_however_they_are_written(lines: list[bytes]) -> None:
    events = EventLines()
    values = [value for line in lines if (value := events.take(line)) is not None]
    assert values == [{"a": 1}, Mark.DONE]
    assert events.end() is None


def test_what_is_no_json_is_told_once_and_the_next_is_read() -> None:
    events = EventLines()
    lines = [b"data: {oh", b"", b'data: {"a":1}', b"", b"data: {oh"]
    assert [events.take(line) for line in lines] == [None, Mark.UNREADABLE, {"a": 1}, None, None]
    assert events.end() is Mark.UNREADABLE


_leaf = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5)
_any = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
)
_GOOD = [
    chunk({"role": "assistant", "content": "Let me see."}),
    *calling(call(0, "add", '{"a":', "c1"), call(0, arguments="1}"), call(1, "sub", "{}", "c2")),
    {"choices": [], "usage": USAGE},
]


@st.composite
def mutilated(draw: st.DrawFn) -> list[Any]:
    """A good answer, a part of it replaced by anything, left out, or said twice."""
    chunks = json.loads(json.dumps(_GOOD))
    for _ in range(draw(st.integers(1, 3))):
        at: Any = chunks
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(at[key], dict | list) and draw(st.booleans()):
                at = at[key]
                continue
            if draw(st.booleans()):
                at[key] = draw(_any)
            else:
                del at[key]
            break
    return chunks


@settings(max_examples=60)
@given(mutilated())
def test_whatever_comes_there_is_one_end_and_every_item_was_begun(chunks: list[Any]) -> None:
    said, done = read(*chunks)
    begun: list[Item] = [one.item for one in said if isinstance(one, OutputItemAdded)]
    if done.status != "failed":
        assert [item.item_id for item in begun] == [item.item_id for item in done.items]
    call_ids = [item.call_id for item in done.items if item.kind == "function_call"]
    assert len(set(call_ids)) == len(call_ids)
    assert all(item.name and item.call_id for item in done.items if item.kind == "function_call")
    written = "".join(one.delta for one in said if isinstance(one, OutputTextDelta))
    assert done.status == "failed" or written == "".join(item.text or "" for item in done.items)
