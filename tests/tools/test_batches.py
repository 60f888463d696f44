"""Batches in a talk: one follow-up whatever ends first, and an interruption that waits for no tool."""

import asyncio
from pathlib import Path

import pytest

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.events import Noticed
from realtime_chat.core.options import InterruptPolicy, ServerVad, SessionOptions
from realtime_chat.core.transports.scripted import emit, expect, hang
from realtime_chat.tools.base import ToolContext, tool
from tests.tools.kit import sleeper
from tests.tools.talks import asking, entries, follow_up, outputs, talking
from tests.waiting import eventually


async def test_all_outputs_precede_the_one_request_in_call_order_and_tools_run_side_by_side(tmp_path: Path):
    # check 1, M3
    clock = VirtualClock()
    slow_and_quick = [("slow", "wait", '{"seconds": 0.2}'), ("quick", "wait", '{"seconds": 0.1}')]
    transport = asking(*slow_and_quick, then=follow_up(2))
    async with talking(tmp_path, transport, clock, sleeper()) as (conversation, session_id):
        turn = await conversation.send(session_id, "go")
        await eventually(lambda: len(entries(conversation, session_id)) == 2)
        await clock.advance(0.2)
        assert (await conversation.await_turn(session_id, turn)).status == "completed"
        assert [entry.duration_ms for entry in entries(conversation, session_id)] == [200, 100]
    assert clock.monotonic() < 0.35
    assert outputs(transport) == [("slow", "waited 0.2"), ("quick", "waited 0.1")]
    requests = [one for one in transport.sent if isinstance(one, wire.CreateResponse)]
    assert len(requests) == 2  # the turn's own, and the follow-up
    assert transport.sent[-1] is requests[-1]


async def test_a_tool_that_takes_long_is_said_to_run_still(tmp_path: Path):
    clock = VirtualClock()
    transport = asking(("c1", "wait", '{"seconds": 20}'), then=follow_up(1))
    async with talking(tmp_path, transport, clock, sleeper()) as (conversation, session_id):
        with conversation.subscribe(session_id, only=[Noticed.type]) as notices:
            turn = await conversation.send(session_id, "go")
            await eventually(lambda: len(entries(conversation, session_id)) == 1)
            await clock.advance(7)
            assert notices.waiting() == []
            await clock.advance(1)
            assert [one.data for one in notices.waiting()] == [Noticed(text="Still running: wait.")]
            await clock.advance(12)
            assert (await conversation.await_turn(session_id, turn)).status == "completed"
            assert notices.waiting() == []


@pytest.mark.parametrize(
    ("policy", "submitted"),
    [("drop", []), ("submit-completed-only", ["done"]), ("submit", ["done", "open"])],
)
async def test_speech_during_a_batch_interrupts_before_the_tool_ends(
    tmp_path: Path, policy: InterruptPolicy, submitted: list[str]
):
    # checks 2 and 3, M2, M4, M17
    running, seen, ended = asyncio.Event(), list[bool](), list[str]()

    @tool
    async def watch(ctx: ToolContext) -> None:
        """Look at the flag."""
        running.set()
        await ctx.cancel_event.wait()
        seen.append(ctx.cancelled)
        await ctx.clock.sleep(0.4)
        ended.append("watch")

    @tool
    async def finish() -> str:
        """End at once."""
        return "done"

    speech = emit(wire.UserSpeechStarted(item_id="u2", at_ms=0))
    both = [("done", "finish", ""), ("open", "watch", "")]
    transport = asking(*both, then=[expect(wire.AppendAudio), *speech, hang()])
    options = SessionOptions(turn_detection=ServerVad(), on_interrupt=policy)
    clock = VirtualClock()
    async with talking(tmp_path, transport, clock, watch, finish, options=options) as (
        conversation,
        session_id,
    ):
        turn = await conversation.send(session_id, "go")
        await running.wait()
        await eventually(lambda: entries(conversation, session_id)[0].status == "ok")
        await conversation.append_audio(session_id, bytes(960))
        entry = await conversation.await_turn(session_id, turn)
        assert (entry.status, entry.reason, ended) == ("interrupted", "barge_in", [])
        await eventually(lambda: seen == [True])
        await clock.advance(1)
        assert ended == ["watch"]
        kept = entries(conversation, session_id)
    assert [(one.call_id, one.status) for one in kept] == [("done", "ok"), ("open", "failed")]
    assert kept[1].error is not None
    assert kept[1].error.kind == "cancelled"
    assert [call_id for call_id, _ in outputs(transport)] == submitted
