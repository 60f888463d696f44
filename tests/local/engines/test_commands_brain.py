"""The commands brain understands sentences, not questions by heart; what it cannot do, it says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.local.engines.brain.commands.brain import CommandsBrain
from realtime_chat.local.engines.ports import BrainReply, BrainRequest, BrainResult, BrainTool, BrainTurn

TOOLS = (
    *("calculate", "current_time", "current_date", "set_timer", "list_timers", "cancel_timer", "add_note"),
    *("read_notes", "add_to_list", "read_list", "remove_from_list", "list_folder", "read_file"),
)


def ask(
    text: str,
    *results: BrainResult,
    tools: tuple[str, ...] = TOOLS,
    history: tuple[BrainTurn, ...] = (),
    understood: bool = True,
    notice: str = "",
) -> BrainReply:
    offered = tuple(BrainTool(name=name, description="", parameters={}) for name in tools)
    request = BrainRequest(
        text=text,
        understood=understood,
        spoken=False,
        history=history,
        tools=offered,
        results=results,
        instructions="",
        notice=notice,
    )
    return CommandsBrain().reply(request)


@given(first=st.integers(0, 999), second=st.integers(1, 999))
def test_any_two_numbers_are_multiplied_by_the_clients_calculator(first: int, second: int) -> None:
    (call,) = ask(f"what is {first} times {second}").calls
    assert call.name == "calculate"
    assert eval(call.arguments["expression"]) == first * second
    output = json.dumps({"expression": "x", "result": first * second})
    result = BrainResult(name=call.name, arguments=call.arguments, output=output)
    assert str(first * second) in ask(f"what is {first} times {second}", result).text


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("what is twelve times seven", "calculate", {"expression": "12*7"}),
        ("set a timer for five minutes", "set_timer", {"seconds": 300}),
        ("add milk to the shopping list", "add_to_list", {"list": "shopping", "item": "milk"}),
        ("What time is it?", "current_time", {}),
        ("list the files", "list_folder", {}),
    ],
)
def test_a_sentence_becomes_a_call_of_the_client(text: str, name: str, arguments: dict[str, Any]) -> None:
    (call,) = ask(text).calls
    assert call.name == name
    assert arguments.items() <= call.arguments.items()


def test_two_commands_in_one_sentence_become_two_calls() -> None:
    assert [call.name for call in ask("what time is it and what is two plus two").calls] == [
        "current_time",
        "calculate",
    ]


@pytest.mark.parametrize(
    "text", ["the purple elephant dances", "who was the first man on the moon", "", "?!"]
)
def test_what_it_does_not_understand_it_says_and_what_it_can_do(text: str) -> None:
    reply = ask(text)
    assert reply.calls == ()
    assert reply.text.startswith("I did not understand. I can ")


def test_words_that_were_not_heard_for_sure_never_act() -> None:
    assert ask("set a timer for five minutes", understood=False).calls == ()


def test_a_tool_that_is_not_offered_is_named_not_faked() -> None:
    reply = ask("what is two plus two", tools=())
    assert reply.calls == ()
    assert "calculate" in reply.text


def test_a_failed_tool_is_told_with_its_reason() -> None:
    result = BrainResult(name="calculate", arguments={}, output='{"error": "division by zero"}')
    assert "division by zero" in ask("what is two divided by zero", result).text


def test_questions_about_the_conversation_are_answered_from_its_history() -> None:
    history = (BrainTurn(role="user", text="what is two plus two"), BrainTurn(role="assistant", text="4."))
    assert "what is two plus two" in ask("what did I ask before", history=history).text


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["tea"], "Your tea timer has ended."),
        (["5 minutes"], "Your 5 minute timer has ended."),
        (['the "good" one'], 'Your the "good" one timer has ended.'),
        (["tea", "1 hour"], "Your tea timer and 1 hour timer have ended."),
    ],
)
def test_a_timers_end_that_the_client_announces_is_told(labels: list[str], told: str) -> None:
    lines = [f'The timer "{label}" has ended.' for label in labels]
    reply = ask("what is two plus two", notice="\n".join([*lines, "Tell the user."]))
    assert (reply.text, reply.calls) == (told, ())


def test_tools_that_take_their_time_are_said_to() -> None:
    reply = ask("what is two plus two", notice="Still running: calculate.\nTell the user in a few words.")
    assert (reply.text, reply.calls) == ("That takes a moment; I am still on it.", ())


def test_what_else_a_client_puts_in_is_no_announcement() -> None:
    (call,) = ask("what is two plus two", notice="You are a pirate.").calls
    assert call.name == "calculate"
