"""The stateless driver over real sessions: a scripted model, a real log, real tasks."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import SystemClock, VirtualClock, settle
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import (
    ConnectionLost,
    CorruptLog,
    NotFound,
    NoTurn,
    SessionBusy,
    TimedOut,
    Unreachable,
)
from realtime_chat.core.history import AssistantEntry, ToolEntry, UserEntry
from realtime_chat.core.lifecycle import State
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.transports.scripted import ScriptedTransport, drop, emit, expect
from tests.core.driving import ASKED, DONE, WORDS, driver, setup


def test_the_driver_is_frozen_and_holds_only_the_supervisor() -> None:
    assert [field.name for field in dataclasses.fields(Conversation)] == ["supervisor"]  # P1
    with pytest.raises(dataclasses.FrozenInstanceError):
        Conversation(None).supervisor = None  # pyright: ignore


async def test_a_turn_is_sent_awaited_and_in_the_history(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # P4, P6, P7, P17, X1
        session_id = await conversation.start(setup(*ASKED, WORDS, DONE, *ASKED, WORDS, DONE))
        seen: list[str] = []
        turn_id = await conversation.send(session_id, "hi")
        turn = await conversation.await_turn(session_id, turn_id, on_event=lambda one: seen.append(one.type))
        assert turn.status == "completed"
        assert "assistant_message" in seen
        user, answer = conversation.history(session_id).items
        assert isinstance(user, UserEntry)
        assert isinstance(answer, AssistantEntry)
        assert (user.text, answer.text) == ("hi", "Hello")
        await conversation.send(session_id, "again")  # C14: the slot is free when await returns


async def test_starting_a_live_session_again_is_the_same_one(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # P2, C12
        session_id = await conversation.start(setup())
        live = conversation.supervisor.live(session_id)
        assert await conversation.start(setup(), session_id) == session_id
        assert conversation.supervisor.live(session_id) is live


async def test_an_unknown_session_is_not_found(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        with pytest.raises(NotFound) as caught:  # P3
            await conversation.start(setup(), "20260101T000000-abcdef")
        assert caught.value.info.details["id"] == "20260101T000000-abcdef"


def log_in(folder: Path) -> Path:
    (path,) = folder.rglob("*.jsonl")
    return path


async def test_a_session_whose_log_is_broken_is_not_begun_and_is_nobodys(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # P3, P14
        session_id = await conversation.start(setup())
        await conversation.close(session_id)
        path = log_in(tmp_path)
        whole = path.read_bytes()
        header, *lines = whole.splitlines(keepends=True)
        path.write_bytes(b"".join((header, b"garbage\n", *lines)))
        with pytest.raises(CorruptLog):
            await conversation.start(setup(), session_id)
        path.write_bytes(whole)
        assert await conversation.start(setup(), session_id) == session_id


async def test_waiting_for_a_turn_that_never_was_ends_at_once(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup())
        with pytest.raises(NotFound) as caught:
            await conversation.await_turn(session_id, "t7")
        assert caught.value.details == {"turn_id": "t7"}


async def test_the_detector_ends_turns_or_the_user_does_from_the_next_turn_on(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        one = setup(expect(wire.Configure), expect(wire.Configure), *ASKED)
        session_id = await conversation.start(one)
        machine = conversation.supervisor.live(session_id).machine
        await conversation.set_hands_free(session_id, True)
        assert machine.options.turn_detection == one.hands_free
        assert not machine.options.push_to_talk
        await conversation.set_hands_free(session_id, False)
        assert machine.options.push_to_talk
        await conversation.send(session_id, "hi")
        with pytest.raises(SessionBusy):
            await conversation.set_hands_free(session_id, True)


async def test_what_was_said_can_be_taken_back_before_it_is_committed(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(expect(wire.AppendAudio), expect(wire.ClearAudio)))
        await conversation.append_audio(session_id, bytes(pcm_bytes(500)))
        await conversation.clear_audio(session_id)
        assert await conversation.commit_audio(session_id) is None
        assert conversation.history(session_id).turns == []


async def test_a_second_turn_is_busy_and_an_idle_interrupt_has_no_turn(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(*ASKED, WORDS))
        with pytest.raises(NoTurn):  # P8
            await conversation.interrupt(session_id)
        await conversation.send(session_id, "hi")
        with pytest.raises(SessionBusy):  # P4
            await conversation.send(session_id, "me too")


async def test_an_interrupted_turn_ends_the_wait_as_interrupted(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # P6, C15
        session_id = await conversation.start(setup(*ASKED, WORDS, expect(wire.CancelResponse)))
        turn_id = await conversation.send(session_id, "hi")
        events = conversation.subscribe(session_id, only=["assistant_text_delta"])
        await anext(events)
        assert await conversation.interrupt(session_id) == turn_id
        assert (await conversation.await_turn(session_id, turn_id)).status == "interrupted"


async def test_who_comes_in_the_middle_sees_the_partial_answer_once(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # C24, X26
        session_id = await conversation.start(setup(*ASKED, WORDS, expect(wire.CancelResponse)))
        events = conversation.subscribe(session_id, only=["assistant_text_delta"])
        await conversation.send(session_id, "hi")
        await anext(events)
        late = conversation.attach(session_id)
        (answer,) = [one for one in late.folding.history.items if isinstance(one, AssistantEntry)]
        assert (answer.text, answer.streaming) == ("Hello", True)
        assert late.events.waiting() == []


async def test_silence_ends_the_wait_and_not_the_turn(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with driver(tmp_path, clock) as conversation:  # P6, C15
        session_id = await conversation.start(setup(*ASKED, WORDS))
        turn_id = await conversation.send(session_id, "hi")
        await settle()
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(_timeout(conversation, session_id, turn_id))
            await clock.advance(130)
            assert await waiting
        assert conversation.status(session_id).turn_id == turn_id


async def _timeout(conversation: Conversation, session_id: str, turn_id: str) -> bool:
    with pytest.raises(TimedOut):
        await conversation.await_turn(session_id, turn_id)
    return True


async def test_a_lost_connection_fails_the_turn_and_ends_the_streams(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # M28, P22
        session_id = await conversation.start(setup(*ASKED, WORDS, drop()))
        turn_id = await conversation.send(session_id, "hi")
        turn = await conversation.await_turn(session_id, turn_id)
        assert turn.status == "partial_failed"
        assert turn.error is not None
        assert turn.error.kind == ConnectionLost.kind


async def test_a_session_that_never_connects_leaves_nothing(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        refused = SessionSetup(transport=_refusing, options=SessionOptions())
        with pytest.raises(Unreachable):
            await conversation.start(refused)
    assert SessionStore(tmp_path, SystemClock()).ids() == []


def _refusing() -> ScriptedTransport:
    raise Unreachable("nobody is there")


async def test_close_is_idempotent_and_a_resumed_session_goes_on(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # M28, M10, P15, C19, J10
        session_id = await conversation.start(setup(*ASKED, WORDS, DONE))
        await conversation.await_turn(session_id, await conversation.send(session_id, "hi"))
        assert conversation.status(session_id).is_active
        await conversation.close(session_id)
        await conversation.close(session_id)
        seeded = (expect(wire.CreateItem), expect(wire.CreateItem))
        transport = ScriptedTransport(
            [emit(wire.SessionCreated()), expect(wire.Configure), *seeded, emit(wire.SessionUpdated())]
        )
        again = SessionSetup(transport=lambda: transport, options=SessionOptions(turn_detection="none"))
        assert await conversation.start(again, session_id) == session_id
        told = [one.item.text for one in transport.sent if isinstance(one, wire.CreateItem)]
        assert told == ["hi", "Hello"]
        sequence = [one.seq for one in conversation.supervisor.store.read(session_id)]
        assert sequence == list(range(len(sequence)))  # C16


async def test_who_watches_the_states_is_told_in_order_and_may_fail(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # T3, J9
        session_id = await conversation.start(setup(*ASKED, WORDS, DONE))
        told: list[State] = []

        async def watch(old: State, new: State) -> None:
            await asyncio.sleep(0)
            told.append(new)

        def fail(old: State, new: State) -> None:
            raise RuntimeError("a broken status bar")

        lifecycle = conversation.supervisor.live(session_id).machine.lifecycle
        for state in (State.PROCESSING, State.RESPONDING, State.READY):
            lifecycle.on_state(state, watch)
        lifecycle.on_state(State.PROCESSING, fail)
        notices = conversation.subscribe(session_id, only=["notice"])
        turn = await conversation.await_turn(session_id, await conversation.send(session_id, "hi"))
        assert turn.status == "completed"
        assert "a broken status bar" in getattr((await anext(notices)).data, "text", "")
        await settle()
        assert told == [State.PROCESSING, State.RESPONDING, State.READY]


async def test_a_summary_tells_of_a_live_and_of_an_ended_session(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # T18, T5
        session_id = await conversation.start(setup(*ASKED, WORDS, DONE))
        await conversation.await_turn(session_id, await conversation.send(session_id, "hi"))
        live = conversation.supervisor.summary(session_id)
        assert (live.state, live.items, live.metrics.turns.total) == (State.READY, 2, 2)
        assert live.metrics.time_to_ready_ms is not None
        dates = (live.metrics.connected_at, live.metrics.ready_at, live.metrics.last_activity_at)
        assert None not in dates
        assert [str(one) for one in dates] == sorted(str(one) for one in dates)
        await conversation.close(session_id)
        ended = conversation.supervisor.summary(session_id)
        assert (ended.state, ended.metrics.turns) == (State.CLOSED, live.metrics.turns)
        assert ended.metrics.closed_at is not None
        assert ended.metrics.ready_at is None


class Broken:
    """A toolbox that fails as a whole."""

    def schemas(self) -> tuple[ToolSchema, ...]:
        return ()

    async def run(self, *_: Any) -> Any:
        raise RuntimeError("the tools are gone")


CALLED = wire.Item(item_id="f1", kind="function_call", call_id="c1", name="f", arguments="{}")
ASKS_FOR_A_TOOL = emit(wire.ResponseDone(response_id="r1", status="completed", items=(CALLED,)))
FAILED = emit(wire.ResponseDone(response_id="r1", status="failed", error_message="It fell over."))


async def test_whatever_a_turn_does_the_session_survives_it(tmp_path: Path) -> None:
    script = (*ASKED, ASKS_FOR_A_TOOL, expect(wire.CreateItem), expect(wire.CreateResponse))  # P9
    again = (emit(wire.ResponseCreated(response_id="r1")), FAILED, *ASKED, WORDS, DONE)
    async with driver(tmp_path) as conversation:
        broken = dataclasses.replace(setup(*script, *again), toolbox=Broken())
        session_id = await conversation.start(broken)
        live = conversation.supervisor.live(session_id)
        turn = await conversation.await_turn(session_id, await conversation.send(session_id, "do it"))
        assert turn.status == "failed"
        (call,) = [one for one in conversation.history(session_id).items if isinstance(one, ToolEntry)]
        assert call.status == "failed"
        turn = await conversation.await_turn(session_id, await conversation.send(session_id, "hi"))
        assert turn.status == "completed"
        assert conversation.supervisor.live(session_id) is live


async def test_a_failed_turn_is_evidence_and_not_asked_again(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # P23, P21
        scripted = setup(*ASKED, WORDS, FAILED)
        transport = scripted.transport()
        session_id = await conversation.start(scripted)
        turn = await conversation.await_turn(session_id, await conversation.send(session_id, "hi"))
        await settle()
        assert turn.status == "partial_failed"
        assert [type(one) for one in transport.sent].count(wire.CreateResponse) == 1  # type: ignore[attr-defined]
        assert [one.type for one in conversation.supervisor.store.read(session_id)][-1] == "turn_failed"


async def test_resuming_brings_back_instructions_and_one_item_for_each_entry(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:  # T14, P10
        first = setup(*ASKED, WORDS, DONE)
        options = SessionOptions(turn_detection="none", instructions="Be brief.", voice="alloy")
        session_id = await conversation.start(
            dataclasses.replace(first, options=options, provider="scripted")
        )
        await conversation.await_turn(session_id, await conversation.send(session_id, "hi"))
        await conversation.close(session_id)
        seeded = (expect(wire.CreateItem), expect(wire.CreateItem), emit(wire.SessionUpdated()))
        transport = ScriptedTransport([emit(wire.SessionCreated()), expect(wire.Configure), *seeded])
        bare = SessionSetup(
            provider="scripted", transport=lambda: transport, options=SessionOptions(turn_detection="none")
        )
        assert await conversation.start(bare, session_id) == session_id
        configured, *items = transport.sent
        assert isinstance(configured, wire.Configure)
        assert (configured.options.instructions, configured.options.voice) == ("Be brief.", "alloy")
        assert [(one.item.role, one.item.text) for one in items if isinstance(one, wire.CreateItem)] == [
            ("user", "hi"),
            ("assistant", "Hello"),
        ]


async def test_what_a_resumed_talk_is_told_otherwise_holds_when_it_is_resumed_again(tmp_path: Path):
    # X2, X23
    def told(instructions: str) -> SessionSetup:
        begun = setup()
        return dataclasses.replace(
            begun, options=SessionOptions(turn_detection="none", instructions=instructions)
        )

    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(told("Be kind."))
        await conversation.close(session_id)
        await conversation.start(told("Answer in rhymes."), session_id)
        await conversation.close(session_id)
        await conversation.start(told(""), session_id)
        assert conversation.history(session_id).instructions == "Answer in rhymes."
        await conversation.close(session_id)
    changes = [
        one
        for one in SessionStore(tmp_path, SystemClock()).read(session_id)
        if one.type == "instructions_changed"
    ]
    assert len(changes) == 1
