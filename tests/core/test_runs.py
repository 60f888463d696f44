"""Messages that are waited for, and runs that are one question: each ends as a Result, whatever happens."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core.budget import Budget
from realtime_chat.core.commands import Interrupt, Rename
from realtime_chat.core.errors import ErrorInfo, NotFound, Rejected
from realtime_chat.core.events import ToolCall, ToolResult
from realtime_chat.core.options import SessionOptions, ToolSchema, TurnOptions
from realtime_chat.core.ports import CancelFlag, Gate, ToolOutcome, ToolRequest
from realtime_chat.core.prices import Price, PriceList
from realtime_chat.core.runs import messages, run, send_message
from realtime_chat.core.setup import SessionSetup
from tests.core.driving import driver
from tests.core.transports import chat_peer
from tests.core.transports.chat_peer import ChatPeer
from tests.core.transports.ways import BAD_KEY, Call, Calls, Fails, Hangs, Says, Told

PRICES = PriceList({"m": Price(text_in=1.0, text_out=1.0)})


class Box:
    """One tool that does what its name says."""

    def schemas(self) -> Sequence[ToolSchema]:
        return [ToolSchema(name="work", description="Works.", parameters={"type": "object"})]

    async def run(
        self,
        batch: Sequence[ToolRequest],
        cancel: CancelFlag,
        on_outcome: Any,
        on_progress: Any,
        gate: Gate | None = None,
    ) -> Sequence[ToolOutcome]:
        outcomes = [self._outcome(request) for request in batch]
        for outcome in outcomes:
            on_outcome(outcome)
        return outcomes

    def _outcome(self, request: ToolRequest) -> ToolOutcome:
        ok = request.name != "fail"
        return ToolOutcome(
            call_id=request.call_id,
            name=request.name,
            ok=ok,
            output="done" if ok else "no",
            error=None if ok else ErrorInfo(kind="failed", message="No."),
            halt=request.name == "halt",
        )


@pytest.fixture
async def peer() -> AsyncGenerator[ChatPeer]:
    async with asyncio.timeout(20), chat_peer.peer() as playing:
        yield playing


def setup(peer: ChatPeer, *, budget: Budget | None = None, **options: Any) -> SessionSetup:
    return SessionSetup(
        transport=peer.transport,
        options=SessionOptions(turn_detection="none", instructions="Be brief.", **options),
        provider="openai",
        model="m",
        toolbox=Box(),
        budget=budget,
    )


def calls(*names: str) -> Calls:
    return Calls(tuple(Call(name, "{}") for name in names))


class Heard(list[tuple[str, Any]]):
    """What was told."""

    def __call__(self, kind: str, value: Any) -> None:
        self.append((kind, value))


async def test_a_message_is_waited_for_and_each_carries_all_before_it(peer: ChatPeer, tmp_path: Path) -> None:
    # X3, check 21
    peer.replies.extend([Says("First."), Says("Second."), Says("Third.")])
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(peer))
        texts = [(await send_message(conversation, session_id, text)).text for text in ("1?", "2?", "3?")]
    assert texts == ["First.", "Second.", "Third."]
    told = [[one for one in body["messages"] if one["role"] != "system"] for body in peer.bodies]
    assert [len(one) for one in told] == [1, 3, 5]


async def test_messages_that_come_together_are_answered_in_their_order(
    peer: ChatPeer, tmp_path: Path
) -> None:
    # X6, check 21
    peer.replies.extend(Says(f"Answer {n}.") for n in range(4))
    async with driver(tmp_path) as conversation, asyncio.TaskGroup() as crew:
        session_id = await conversation.start(setup(peer))
        running = [
            crew.create_task(send_message(conversation, session_id, f"Question {n}?")) for n in range(4)
        ]
        results = await asyncio.gather(*running)
    assert [result.text for result in results] == [f"Answer {n}." for n in range(4)]
    asked = [one.text for one in peer.heard if one.role == "user"]
    assert asked == [f"Question {n}?" for n in range(4)]


async def test_one_message_may_have_options_of_its_own(peer: ChatPeer, tmp_path: Path) -> None:
    # X2, X4
    peer.replies.extend([Says("Briefly."), calls("work"), Says("Well."), Says("Plainly."), Says("As ever.")])
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(peer))
        await conversation.change(session_id, Rename(name="Four questions"))
        await send_message(conversation, session_id, "1?")
        once = TurnOptions(instructions="Be long.", max_iterations=1)
        limited = await send_message(conversation, session_id, "2?", options=once)
        assert limited.finish_reason == "error_max_turns"
        await send_message(conversation, session_id, "3?", options=TurnOptions(tools=False))
        assert (await send_message(conversation, session_id, "4?")).ok
        peer.replies.append(calls("work"))
        refused = await send_message(conversation, session_id, "5?", options=TurnOptions(tools=False))
        assert refused.error is not None
        assert (refused.error.kind, refused.tool_calls_made) == ("no_tools", 1)
        assert conversation.history(session_id).name == "Four questions"
    told = [body["messages"][0]["content"] for body in peer.bodies]
    assert told == ["Be brief.", "Be long.", "Be long.", *["Be brief."] * 3]
    assert ["tools" in body for body in peer.bodies] == [True, True, False, False, True, False]


async def test_a_message_waits_for_a_turn_that_runs_already(peer: ChatPeer, tmp_path: Path) -> None:
    peer.replies.extend([Says("The talk's."), Says("Ours.")])
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(peer))
        await conversation.send(session_id, "The talk?")
        assert (await send_message(conversation, session_id, "Ours?")).text == "Ours."


async def test_the_messages_can_be_asked_for_while_a_turn_runs_and_tools_are_in_them(
    peer: ChatPeer, tmp_path: Path
) -> None:
    # X5, check 21
    peer.replies.extend([Says("First."), calls("work", "work"), Says("Second."), Hangs("Thi")])
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(peer))
        await send_message(conversation, session_id, "1?")
        result = await send_message(conversation, session_id, "2?")
        roles = [one["role"] for one in messages(conversation, session_id)]
        assert roles == ["user", "assistant", "user", "assistant", "tool", "assistant", "tool", "assistant"]
        assert result.messages == messages(conversation, session_id)
        await conversation.send(session_id, "3?")
        assert messages(conversation, session_id)[-1] == {"role": "user", "content": "3?"}
        await conversation.close(session_id)
        with pytest.raises(NotFound):
            await send_message(conversation, session_id, "4?")


async def test_a_run_is_told_as_it_goes_on_and_its_end_last(peer: ChatPeer) -> None:
    # X7, X9, X12, X13, check 23
    peer.replies.extend([calls("work"), Says("It is done.")])
    heard = Heard()
    result = await run(setup(peer), "Work.", on_event=heard, prices=PRICES)
    assert [kind for kind, _ in heard] == [
        "iteration",
        "usage",
        "tool_call",
        "tool_result",
        "iteration",
        "content",
        "content",
        "usage",
        "done",
    ]
    assert "".join(value for kind, value in heard if kind == "content") == "It is done."
    assert heard[-1] == ("done", result)
    assert (result.finish_reason, result.category, result.halted_reason) == ("stop", "success", None)
    assert (result.text, result.iterations, result.tool_calls_made) == ("It is done.", 2, 1)
    assert (result.usage.input, result.usage.output, result.usage.total) == (14, 10, 24)
    assert (result.provider, result.model) == ("openai", "m")
    assert result.cost_usd == pytest.approx(24 / 1e6)
    assert {"session_id", "turn_id", "first_token_ms"} == result.telemetry.keys()
    assert [type(value) for kind, value in heard if kind.startswith("tool")] == [ToolCall, ToolResult]


@pytest.mark.parametrize(
    ("replies", "options", "reason", "category"),
    [
        ([calls("work")] * 2 + [Says("That is all.")], {"max_iterations": 2}, "error_max_turns", "capacity"),
        ([calls("work")] * 3, {"max_iterations": 2}, "error_max_turns", "capacity"),
        ([calls("fail", "fail")] * 3 + [Says("I cannot.")], {}, "error_consecutive_mistakes", "fatal"),
        ([calls("fail")] * 4, {}, "error_consecutive_mistakes", "fatal"),
        ([calls("work", "halt"), Says("Stopped.")], {}, "error_halted", "fatal"),
        ([calls("halt"), calls("work")], {}, "error_halted", "fatal"),
        ([calls("fail"), calls("fail"), calls("work", "fail"), Says("Done.")], {}, "stop", "success"),
        ([Fails("overloaded", "Too much.")], {}, "error_during_execution", "retryable"),
    ],
    ids=[
        "limit, said",
        "limit, not kept",
        "mistakes, said",
        "mistakes, not kept",
        "halt, said",
        "halt, not kept",
        "a success makes up",
        "error",
    ],
)
async def test_every_ending_has_its_reason_and_category(
    peer: ChatPeer, replies: list[Any], options: dict[str, Any], reason: str, category: str
) -> None:
    # X9, X10, X11, check 23
    peer.replies.extend(replies)
    heard = Heard()
    result = await run(setup(peer, **options), "Work.", on_event=heard)
    assert (result.finish_reason, result.category) == (reason, category)
    assert (result.halted_reason is None) == (reason == "stop")
    assert heard[-1] == ("done", result)
    assert [kind for kind, _ in heard].count("done") == 1
    assert not peer.replies


async def test_a_spent_budget_is_a_reason_of_its_own(peer: ChatPeer) -> None:
    # X10, X11, check 23
    peer.replies.append(Says("That was dear."))
    budget = Budget(0.000_001, PRICES, provider="openai", model="m")
    result = await run(setup(peer, budget=budget), "Work.", prices=PRICES)
    assert (result.finish_reason, result.category) == ("error_max_budget_usd", "capacity")
    assert result.text == "That was dear."


async def test_a_run_that_is_interrupted_or_silent_for_too_long_is_a_result_too(
    peer: ChatPeer, tmp_path: Path
) -> None:
    # X9
    peer.replies.extend([Hangs("Well"), Hangs("Well")])
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(peer))

        def cut(kind: str, value: Any) -> None:
            if kind == "content":
                conversation.supervisor.live(session_id).command(Interrupt())

        result = await send_message(conversation, session_id, "Well?", on_event=cut)
        assert (result.finish_reason, result.halted_reason) == ("error_during_execution", "manual")
        assert result.text == "Well"
        silent = await send_message(conversation, session_id, "Well?", idle_timeout_s=0.2)
        assert (silent.finish_reason, silent.category) == ("error_during_execution", "retryable")
        assert silent.error is not None
        assert silent.error.kind == "timeout"


async def test_only_what_keeps_a_run_from_beginning_is_raised(peer: ChatPeer) -> None:
    # X9
    with pytest.raises(Rejected):
        await run(replace(setup(peer), transport=lambda: peer.transport(key=BAD_KEY)), "Work.")


async def test_a_run_knows_nothing_of_the_one_before(peer: ChatPeer) -> None:
    # X7
    peer.replies.extend([Says("One."), Says("Two.")])
    await run(setup(peer), "1?")
    await run(setup(peer), "2?")
    assert peer.heard == [Told("user", "2?")]
