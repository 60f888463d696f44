"""Gemini's calls end a response, their outputs go back together, and each is answered once."""

import pytest

from realtime_chat.core import messages as m
from tests.core.transports.gemini_bench import (
    CUT,
    GENERATED,
    OVER,
    USED,
    VAD,
    Bench,
    asking,
    calls,
    content,
    words,
)


def test_calls_end_a_response_and_all_their_outputs_are_one_frame_which_asks_by_itself() -> None:
    # M5
    bench = Bench().ready()
    bench.ask()
    bench.hear(words("Let me see."), calls("c1", "c2"))
    (end,) = bench.of(m.ResponseDone)
    assert [(item.kind, item.call_id, item.arguments) for item in end.items] == [
        ("message", None, None),
        ("function_call", "c1", '{"zone":"c1"}'),
        ("function_call", "c2", '{"zone":"c2"}'),
    ]
    assert bench.outputs("c2", "c1") == []
    assert bench.say(asking(2)) == [
        {
            "toolResponse": {
                "functionResponses": [
                    {"id": "c1", "name": "clock", "response": {"ok": 1}},
                    {"id": "c2", "name": "clock", "response": {"ok": 1}},
                ]
            }
        }
    ]
    bench.hear(words("Noon."), OVER)
    assert bench.of(m.ResponseCreated)[-1].metadata == {"request": "create_2"}


@pytest.mark.parametrize(
    "tail", [[], [OVER], [content(outputTranscription={"finished": True}), GENERATED, OVER]]
)
@pytest.mark.parametrize("answered_first", [True, False])
def test_some_models_end_their_turn_after_a_call_and_some_do_not(
    tail: list[dict[str, object]], answered_first: bool
) -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    if answered_first:
        bench.outputs("c1")
        bench.say(asking(2))
        bench.hear(*tail)
    else:
        bench.hear(*tail)
        bench.outputs("c1")
        bench.say(asking(2))
    bench.hear(words("Noon."), OVER)
    assert [len(one.items) for one in bench.of(m.ResponseDone)] == [1, 1]
    assert bench.of(m.ResponseDone)[1].items[0].text == "Noon."


@pytest.mark.parametrize("at_the_turns_end", [True, False])
def test_what_calls_cost_counts_when_it_is_told_after_them(at_the_turns_end: bool) -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    bench.hear({**OVER, "usageMetadata": USED} if at_the_turns_end else {"usageMetadata": USED})
    bench.outputs("c1")
    bench.say(asking(2))
    bench.hear(words("Noon."), {**OVER, "usageMetadata": USED})
    first, second = bench.of(m.ResponseDone)
    (late,) = bench.of(m.LateUsage)
    assert first.usage_follows
    assert (late.response_id, late.status) == (first.response_id, "completed")
    assert late.usage == second.usage


@pytest.mark.parametrize(
    ("output", "response"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[1, 2]", {"output": [1, 2]}),
        ("plain", {"output": "plain"}),
        ("", {"output": ""}),
        ('"\\ud800"', {"output": '"\\ud800"'}),
    ],
)
def test_an_output_is_an_object_whatever_the_tool_gave(output: str, response: dict[str, object]) -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    item = m.Item(item_id="", kind="function_call_output", call_id="c1", output=output)
    (frame,) = bench.say(m.CreateItem(item=item), asking(2))
    assert frame["toolResponse"]["functionResponses"][0]["response"] == response


def test_text_that_is_not_unicode_breaks_nothing() -> None:
    bench = Bench().ready()
    (frame,) = bench.ask("a\ud800b")
    assert frame["clientContent"]["turns"][0]["parts"] == [{"text": "a?b"}]


def test_calls_that_the_service_takes_back_are_told_and_never_answered() -> None:
    # P20
    bench = Bench().ready(VAD)
    bench.ask()
    bench.hear(calls("c1", "c2"))
    assert bench.hear({"toolCallCancellation": {"ids": ["c1", "c2", "c9"]}}) == [
        m.CallsCancelled(call_ids=("c1", "c2"))
    ]
    bench.outputs("c1", "c2")
    (frame,) = bench.ask("And now?", 2)
    assert "clientContent" in frame


def test_calls_that_were_dropped_are_answered_before_anything_else_or_the_service_would_wait_for_ever() -> (
    None
):
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    answered, asked = bench.ask("Never mind. Hello?", 2)
    assert "error" in answered["toolResponse"]["functionResponses"][0]["response"]
    assert asked["clientContent"]["turns"][0]["parts"] == [{"text": "Never mind. Hello?"}]
    bench.hear(words("It"), CUT, OVER, words("Hello."), OVER)
    assert [one.status for one in bench.of(m.ResponseDone)] == ["completed", "completed"]
    assert "Hello." in (bench.of(m.ResponseDone)[1].items[0].text or "")


def test_no_word_bridges_the_wait_for_tools_because_the_model_waits_itself() -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    note = m.Item(item_id="", kind="message", role="system", text="Still running: clock.")
    word = m.CreateResponse(event_id="create_2", tool_choice="none")
    assert bench.say(m.CreateItem(item=note), word) == []
    assert bench.of(m.ProviderError)[0].caused_by == "create_2"
    bench.outputs("c1")
    (frame,) = bench.say(asking(3))
    assert "toolResponse" in frame


def test_calls_without_ids_get_some_here_and_none_there() -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear({"toolCall": {"functionCalls": [{"name": "clock"}, {"name": "clock", "args": {}}]}})
    ids = [item.call_id or "" for item in bench.of(m.ResponseDone)[0].items]
    assert len(set(ids)) == 2
    bench.outputs(*ids)
    (frame,) = bench.say(asking(2))
    assert frame["toolResponse"]["functionResponses"] == [{"name": "clock", "response": {"ok": 1}}] * 2
