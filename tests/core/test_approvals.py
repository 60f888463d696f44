"""Approvals through the driver: the turn waits and the talk does not, whoever answers."""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core import messages as wire
from realtime_chat.core.commands import Verdict
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import ApprovalRequested, PermissionDecided, ToolCall
from realtime_chat.core.history import ToolEntry
from realtime_chat.core.machine import effects as do
from realtime_chat.core.options import ToolSchema
from realtime_chat.core.ports import ApprovalQuestion, CancelFlag, Gate, Ruling, ToolOutcome, ToolRequest
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.tool_runs import ToolRuns
from realtime_chat.core.transports.scripted import emit, expect
from tests.core.driving import ASKED, DONE, driver, setup
from tests.core.stories import typed

CALLED = wire.Item(item_id="f1", kind="function_call", call_id="c1", name="erase", arguments="{}")
CALLS = (*ASKED, emit(wire.ResponseDone(response_id="r1", status="completed", items=(CALLED,))))
GOES_ON = (expect(wire.CreateItem), expect(wire.CreateResponse), emit(wire.ResponseCreated(response_id="r1")))


class Careful:
    """A toolbox that asks about every call; `rulings` is what it heard."""

    def __init__(self) -> None:
        self.rulings: list[Ruling] = []

    def schemas(self) -> tuple[ToolSchema, ...]:
        return ()

    async def run(
        self,
        batch: Sequence[ToolRequest],
        cancel: CancelFlag,
        on_outcome: Callable[[ToolOutcome], None],
        on_progress: Callable[[str, str], None],
        gate: Gate | None = None,
    ) -> Sequence[ToolOutcome]:
        assert gate is not None
        (one,) = batch
        question = ApprovalQuestion(call_id=one.call_id, tool=one.name, arguments={}, reason="It erases.")
        asking = asyncio.ensure_future(gate.ask(question))
        cut = asyncio.ensure_future(cancel.wait())
        await asyncio.wait({asking, cut}, return_when=asyncio.FIRST_COMPLETED)
        cut.cancel()
        if not asking.done():
            asking.cancel()
            return []
        self.rulings.append(asking.result())
        outcome = ToolOutcome(call_id=one.call_id, name=one.name, ok=True, output="done")
        on_outcome(outcome)
        return [outcome]


def careful(toolbox: Careful, *script: Any, **changes: Any) -> SessionSetup:
    return dataclasses.replace(setup(*CALLS, *script), toolbox=toolbox, **changes)


async def test_the_driver_answers_and_the_turn_goes_on(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # P18, P19
        toolbox = Careful()
        session_id = await conversation.start(careful(toolbox, *GOES_ON, DONE, attended=True))
        events = conversation.subscribe(session_id, only=["approval_requested"])
        turn_id = await conversation.send(session_id, "erase it")
        asked = await anext(events)
        assert isinstance(asked.data, ApprovalRequested)
        (entry,) = [one for one in conversation.history(session_id).items if isinstance(one, ToolEntry)]
        assert entry.asks == asked.data  # who joins now sees that it waits
        await conversation.answer(session_id, "c1", "allow")
        turn = await conversation.await_turn(session_id, turn_id)
        assert turn.status == "completed"
        assert toolbox.rulings == [Ruling(verdict="allow", by="user")]
        with pytest.raises(InvalidArguments):
            await conversation.answer(session_id, "c1", "allow")
        kinds = [one.type for one in conversation.supervisor.store.read(session_id)]
        order = ["tool_call", "approval_requested", "permission_decision", "tool_result"]
        assert [one for one in kinds if one in order] == order


async def test_without_anybody_to_ask_the_call_is_denied(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # P5, C18
        toolbox = Careful()
        session_id = await conversation.start(careful(toolbox, *GOES_ON, DONE))
        await conversation.await_turn(session_id, await conversation.send(session_id, "erase it"))
        assert toolbox.rulings == [Ruling(verdict="deny", by="no_asker")]
        decided = [one.data for one in conversation.supervisor.store.read(session_id)]
        assert [one.by for one in decided if isinstance(one, PermissionDecided)] == ["no_asker"]


@pytest.mark.parametrize(
    ("word", "verdict"), [("allow", "allow"), ("deny", "deny"), ("sure", "deny"), (None, "deny")]
)
async def test_an_asker_is_asked_and_anything_but_an_allowing_word_denies(
    tmp_path: Path, word: Any, verdict: Verdict
) -> None:
    questions: list[ApprovalQuestion] = []

    async def asker(question: ApprovalQuestion) -> Verdict:
        questions.append(question)
        if word is None:
            raise RuntimeError("no idea")
        return word

    async with driver(tmp_path) as conversation:  # P5, P19
        toolbox = Careful()
        session_id = await conversation.start(careful(toolbox, *GOES_ON, DONE, asker=asker))
        await conversation.await_turn(session_id, await conversation.send(session_id, "erase it"))
        assert [(one.tool, one.reason) for one in questions] == [("erase", "It erases.")]
        assert toolbox.rulings == [Ruling(verdict=verdict, by="user")]


async def test_an_interruption_ends_a_slow_asker_and_the_waiting(tmp_path: Path) -> None:
    gone = asyncio.Event()

    async def asker(question: ApprovalQuestion) -> Verdict:
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        return "allow"

    async with driver(tmp_path) as conversation:  # M4
        toolbox = Careful()
        session_id = await conversation.start(careful(toolbox, asker=asker))
        events = conversation.subscribe(session_id, only=["approval_requested"])
        turn_id = await conversation.send(session_id, "erase it")
        await anext(events)
        await conversation.interrupt(session_id)
        await gone.wait()
        assert (await conversation.await_turn(session_id, turn_id)).status == "interrupted"
        assert toolbox.rulings == []


async def test_a_crash_while_a_call_waits_gives_it_one_error_output(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # P20, J25
        session_id = await conversation.start(setup())
        await conversation.close(session_id)
        opened = conversation.supervisor.store.open(session_id)
        left_by_a_dead_process = [
            *typed("t1", "erase it"),
            ToolCall(turn_id="t1", response_id="r1", call_id="c1", name="erase", arguments="{}"),
            ApprovalRequested(turn_id="t1", call_id="c1", name="erase", arguments="{}"),
        ]
        for event in left_by_a_dead_process:
            opened.log.append(event)
        opened.close()
        seeded = (expect(wire.CreateItem), expect(wire.CreateItem), expect(wire.CreateItem))
        await conversation.start(dataclasses.replace(setup(*seeded), attended=True), session_id)
        (entry,) = [one for one in conversation.history(session_id).items if isinstance(one, ToolEntry)]
        assert (entry.status, entry.asks) == ("failed", None)
        assert entry.error is not None
        assert entry.error.kind == "orphan_tool_call"
        with pytest.raises(InvalidArguments):
            await conversation.answer(session_id, "c1", "allow")


async def test_a_batch_that_is_cut_before_its_first_step_sees_the_cut() -> None:
    seen: list[bool] = []

    class Looking:
        def schemas(self) -> tuple[ToolSchema, ...]:
            return ()

        async def run(self, batch: Any, cancel: CancelFlag, *_: Any) -> Sequence[ToolOutcome]:
            seen.append(cancel.cancelled)
            return []

    given = dataclasses.replace(setup(), toolbox=Looking())
    runs = ToolRuns(given, report=lambda _: None, answer=lambda _: None, record=lambda _: None)
    batch = runs.run(do.RunTools("batch_1", ()))
    runs.cancel("batch_1")
    await batch
    assert seen == [True]  # M4
