"""Responses, from created to done: order, streaming, calls, cancelling, limits, failing engines."""

from typing import Any

import pytest

from realtime_chat.local.engines.ports import BrainCall, BrainResult
from realtime_chat.local.outbox import Speak, Stop, Think
from tests.local.machine import Machine, kinds, loud, only_error

DELTAS = ("response.output_audio_transcript.delta", "response.output_audio.delta")
MESSAGE_END = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
]
ENDING = ["response.done", "rate_limits.updated"]


def done(events: list[dict[str, Any]]) -> dict[str, Any]:
    return next(event["response"] for event in events if event["type"] == "response.done")


def test_a_spoken_answer_has_the_order_of_the_real_service() -> None:
    machine = Machine()
    events = machine.say("hi") + machine.send("response.create") + machine.think("Hello there.")
    events += machine.speak(100, 6) + machine.speak(100, 12) + machine.stop_speaking()
    assert kinds(events) == [
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        *DELTAS,
        *DELTAS,
        *MESSAGE_END,
        *ENDING,
    ]


def test_the_transcript_keeps_step_with_the_sound_and_the_rest_comes_at_the_end() -> None:
    machine = Machine()
    machine.send("response.create")
    machine.think("one two three")
    assert machine.speak(100, 4)[0]["delta"] == "one "
    assert machine.speak(100, 8)[0]["delta"] == "two "
    ended = machine.stop_speaking()
    assert ended[0]["delta"] == "three"
    assert done(ended)["output"][0]["content"] == [{"type": "output_audio", "transcript": "one two three"}]


def test_a_long_chunk_of_sound_goes_out_in_small_deltas() -> None:
    machine = Machine()
    machine.send("response.create")
    machine.think("x")
    assert kinds(machine.speak(1000, 1)).count("response.output_audio.delta") == 5


def test_a_text_answer_streams_its_words_and_never_asks_for_speech() -> None:
    machine = Machine(output_modalities=["text"])
    machine.send("response.create")
    events = machine.think("one  two\nthree ")
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert deltas == ["one  ", "two\n", "three "]
    assert done(events)["output"][0]["content"] == [{"type": "output_text", "text": "one  two\nthree "}]
    assert not [effect for effect in machine.work if isinstance(effect, Speak)]


def test_several_calls_follow_the_words_at_their_own_output_index() -> None:
    machine = Machine()
    machine.send("response.create")
    calls = (BrainCall(name="a", arguments={"x": 1}), BrainCall(name="b", arguments={}))
    machine.think("One moment.", *calls)
    machine.speak(100, 11)
    events = machine.stop_speaking()
    added = [event for event in events if event["type"] == "response.output_item.added"]
    assert [(event["output_index"], event["item"]["name"]) for event in added] == [(1, "a"), (2, "b")]
    assert [item["type"] for item in done(events)["output"]] == ["message", "function_call", "function_call"]


def test_argument_deltas_join_to_the_arguments() -> None:
    machine = Machine()
    machine.send("response.create")
    events = machine.think("", BrainCall(name="note", arguments={"text": "ü" * 60}))
    deltas = [e["delta"] for e in events if e["type"] == "response.function_call_arguments.delta"]
    final = next(e for e in events if e["type"] == "response.function_call_arguments.done")
    assert len(deltas) > 1
    assert "".join(deltas) == final["arguments"]
    assert final["name"] == "note"


def test_answered_calls_reach_the_brain_with_the_question_they_belong_to() -> None:
    machine = Machine(tools=[{"type": "function", "name": "calc", "description": "d", "parameters": {}}])
    machine.say("twelve times seven")
    machine.send("response.create")
    events = machine.think("", BrainCall(name="calc", arguments={"e": "12*7"}))
    call_id = done(events)["output"][0]["call_id"]
    output = {"type": "function_call_output", "call_id": call_id, "output": "84"}
    machine.send("conversation.item.create", item=output)
    machine.send("response.create")
    request = machine.last(Think).request
    assert request.text == "twelve times seven"
    assert request.results == (BrainResult(name="calc", arguments={"e": "12*7"}, output="84"),)
    assert [tool.name for tool in request.tools] == ["calc"]


def test_the_results_of_an_earlier_turn_are_not_offered_again() -> None:
    machine = Machine()
    machine.say("first")
    machine.send("response.create")
    events = machine.think("", BrainCall(name="calc", arguments={}))
    output = {"type": "function_call_output", "call_id": done(events)["output"][0]["call_id"], "output": "1"}
    machine.send("conversation.item.create", item=output)
    machine.say("second")
    machine.send("response.create")
    assert machine.last(Think).request.results == ()


def test_the_brain_sees_what_was_said_before() -> None:
    machine = Machine(output_modalities=["text"])
    machine.say("first")
    machine.send("response.create")
    machine.think("answer")
    machine.say("second")
    machine.send("response.create")
    request = machine.last(Think).request
    assert [(turn.role, turn.text) for turn in request.history] == [
        ("user", "first"),
        ("assistant", "answer"),
    ]
    assert (request.text, request.spoken, request.understood) == ("second", False, True)


@pytest.mark.parametrize(("choice", "offered"), [("none", []), ("auto", ["a", "b"]), ("b", ["b"])])
def test_tool_choice_narrows_what_the_brain_is_offered(choice: str, offered: list[str]) -> None:
    tools = [{"type": "function", "name": name} for name in ("a", "b")]
    machine = Machine(tools=tools)
    wanted = {"type": "function", "name": "b"} if choice == "b" else choice
    machine.send("response.create", response={"tool_choice": wanted})
    assert [tool.name for tool in machine.last(Think).request.tools] == offered


def test_a_second_response_is_refused_while_one_is_active() -> None:
    machine = Machine()
    machine.send("response.create")
    error = only_error(machine.send("response.create", event_id="mine"))
    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "mine"


def test_an_out_of_band_response_leaves_the_conversation_alone() -> None:
    machine = Machine(output_modalities=["text"])
    machine.say("kept out of it")
    events = machine.send(
        "response.create", response={"conversation": "none", "metadata": {"topic": "x"}, "input": []}
    )
    assert machine.last(Think).request.text == ""
    events += machine.think("done")
    assert not [kind for kind in kinds(events) if kind.startswith("conversation.item")]
    assert done(events)["conversation_id"] is None
    assert done(events)["metadata"] == {"topic": "x"}
    item_id = done(events)["output"][0]["id"]
    assert only_error(machine.send("conversation.item.retrieve", item_id=item_id))


def test_given_input_replaces_the_conversation() -> None:
    machine = Machine()
    machine.say("one", id="first")
    machine.say("two")
    given = [
        {"type": "item_reference", "id": "first"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "three"}]},
    ]
    machine.send("response.create", response={"input": given, "instructions": "be kind"})
    request = machine.last(Think).request
    assert [turn.text for turn in request.history] == ["one"]
    assert (request.text, request.instructions) == ("three", "be kind")


def test_cancelling_leaves_an_incomplete_item_and_stops_the_work() -> None:
    machine = Machine()
    machine.send("response.create")
    machine.think("one two three")
    machine.speak(300, 4)
    events = machine.send("response.cancel")
    assert kinds(events) == [*MESSAGE_END, *ENDING]
    response = done(events)
    assert response["status"] == "cancelled"
    assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert response["output"][0]["status"] == "incomplete"
    assert response["output"][0]["content"][0]["transcript"] == "one "
    assert response["usage"]["output_tokens"] > 0
    assert machine.last(Stop).response_id == response["id"]


def test_sound_that_comes_after_a_cancel_reaches_nobody() -> None:
    machine = Machine()
    machine.send("response.create")
    machine.think("one two three")
    machine.send("response.cancel")
    assert machine.speak(100, 8) == []
    assert machine.stop_speaking() == []


def test_a_response_can_be_cancelled_by_its_id_and_not_by_another() -> None:
    machine = Machine()
    response_id = machine.send("response.create")[0]["response"]["id"]
    assert (
        only_error(machine.send("response.cancel", response_id="resp_x"))["code"]
        == "response_cancel_not_active"
    )
    assert done(machine.send("response.cancel", response_id=response_id))["output"] == []
    assert only_error(machine.send("response.cancel"))["code"] == "response_cancel_not_active"


def test_speaking_over_the_answer_cancels_it_as_a_turn() -> None:
    machine = Machine()
    machine.send("response.create")
    machine.think("one two three")
    machine.speak(300, 4)
    events = machine.append(loud(40))
    assert kinds(events)[0] == "input_audio_buffer.speech_started"
    assert done(events)["status_details"] == {"type": "cancelled", "reason": "turn_detected"}


def test_a_cut_at_the_token_limit_is_incomplete_and_not_an_error() -> None:
    machine = Machine(output_modalities=["text"], max_output_tokens=2)
    machine.send("response.create")
    response = done(machine.think("twelve letters and more"))
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert response["output"][0]["content"][0]["text"] == "twelve l"
    assert response["usage"]["output_tokens"] == 2


def test_speech_stops_at_the_token_limit() -> None:
    machine = Machine(max_output_tokens=10)
    machine.send("response.create")
    machine.think("a long story")
    events = machine.speak(1000, 4)
    assert done(events)["status"] == "incomplete"


def test_an_engine_that_fails_ends_the_response_as_failed() -> None:
    machine = Machine()
    machine.send("response.create")
    think = machine.take(Think)
    events = machine.did(lambda c: c.failed(think.response_id, code="engine_failed", message="It broke."))
    error = {"type": "server_error", "code": "engine_failed", "message": "It broke."}
    assert done(events)["status_details"] == {"type": "failed", "error": error}
    assert kinds(machine.send("response.create")) == ["response.created"]


def test_usage_counts_text_and_sound_by_the_documented_rule() -> None:
    machine = Machine(instructions="1234")
    machine.say("12345678")
    machine.send("response.create")
    machine.think("1234")
    machine.speak(120, 4)
    usage = done(machine.stop_speaking())["usage"]
    assert usage["input_token_details"]["text_tokens"] == 3
    assert usage["output_token_details"] == {"text_tokens": 1, "audio_tokens": 3}
    assert usage["total_tokens"] == 7


def test_a_mu_law_answer_is_a_sixth_of_the_size() -> None:
    machine = Machine(audio={"output": {"format": {"type": "audio/pcmu"}}})
    machine.send("response.create")
    machine.think("x")
    events = machine.speak(3000, 1) + machine.stop_speaking()
    deltas = [event["delta"] for event in events if event["type"] == "response.output_audio.delta"]
    assert abs(sum(len(delta) * 3 // 4 for delta in deltas) - 24_000) < 100
