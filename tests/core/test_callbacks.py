"""Somebody else's code in a session's life: at its states, its deadlines and its end; on the virtual clock."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core.callbacks import CALL_S, WAITING, CallbackRuns, Callbacks
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import Noticed
from realtime_chat.core.lifecycle import Lifecycle, State, Transition
from realtime_chat.core.machine.effects import Deadline
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import ScriptedTransport, hang
from tests.core.driving import ASKED, DONE, READY, WORDS


class Talk:
    """A driver on a clock, and all that its session noticed."""

    def __init__(self, supervisor: Supervisor, clock: VirtualClock) -> None:
        self.conversation = Conversation(supervisor)
        self.clock = clock
        self.noticed: list[str] = []

    async def start(self, script: list[Any], callbacks: Callbacks, **options: Any) -> str:
        transport = ScriptedTransport(script)
        setup = SessionSetup(
            transport=lambda: transport,
            options=SessionOptions(turn_detection="none", **options),
            callbacks=callbacks,
        )
        session_id = await self.conversation.start(setup)
        self.conversation.supervisor.bus.subscribe(session_id, only=[Noticed.type])
        return session_id

    async def closed(self, session_id: str) -> list[str]:
        """Close it; what it noticed meanwhile."""
        with self.conversation.subscribe(session_id, only=[Noticed.type]) as notices:
            await self.conversation.close(session_id)
            return [one.data.text for one in notices.waiting() if isinstance(one.data, Noticed)]


@asynccontextmanager
async def talking(folder: Path) -> AsyncGenerator[Talk]:
    clock = VirtualClock()
    async with asyncio.timeout(10), Supervisor(SessionStore(folder, clock), clock) as supervisor:
        yield Talk(supervisor, clock)


async def test_the_end_of_a_session_is_told_of_too(tmp_path: Path) -> None:
    told: list[State] = []

    async def watch(old: State, new: State) -> None:
        await asyncio.sleep(0)
        told.append(new)

    states = (State.READY, State.PROCESSING, State.RESPONDING, State.CLOSING, State.CLOSED)
    async with talking(tmp_path) as talk:  # T3, J26
        callbacks = Callbacks(on_state=dict.fromkeys(states, watch))
        session_id = await talk.start([*READY, *ASKED, WORDS, DONE], callbacks)
        await talk.conversation.await_turn(session_id, await talk.conversation.send(session_id, "hi"))
        await talk.conversation.close(session_id)
    assert told == [State.READY, State.PROCESSING, State.RESPONDING, State.READY, *states[-2:]]


@pytest.mark.parametrize(
    ("deadline", "script", "after_s"),
    [
        ("connection", [hang()], 10),
        ("idle", [*READY], 60),
        ("total", [*READY], 600),
        ("response", [*READY, *ASKED[:2]], 30),
    ],
)
async def test_each_deadline_calls_its_own_handler_once_at_its_time(
    tmp_path: Path, deadline: Deadline, script: list[Any], after_s: float
) -> None:
    # T15, C30
    called: list[tuple[Deadline, float]] = []
    clock: Callable[[], float] = lambda: 0.0  # noqa: E731 - of the talk, once there is one

    def at_once(which: Deadline) -> None:
        called.append((which, clock()))

    async def later(which: Deadline) -> None:
        await asyncio.sleep(0)
        at_once(which)

    async with talking(tmp_path) as talk:
        clock = talk.clock.monotonic
        callbacks = Callbacks(
            on_deadline={"connection": later, "response": at_once, "idle": later, "total": at_once}
        )
        idle_s = 60 if deadline == "idle" else 0
        async with asyncio.TaskGroup() as group:
            begun = group.create_task(
                _begun(talk, script, callbacks, ask=deadline == "response", idle_timeout_s=idle_s)
            )
            await settle()
            await talk.clock.advance(after_s - 0.5)
            assert called == []
            await talk.clock.advance(1)
            assert called == [(deadline, after_s)]
            assert await begun is (deadline != "connection")
    assert called == [(deadline, after_s)]


async def _begun(talk: Talk, script: list[Any], callbacks: Callbacks, *, ask: bool, **options: Any) -> bool:
    try:
        session_id = await talk.start(script, callbacks, **options)
    except ChatError:
        return False
    if ask:
        await talk.conversation.send(session_id, "hi")
    return True


async def test_cleanup_is_done_in_order_whatever_fails_and_then_all_is_saved(tmp_path: Path) -> None:
    done: list[str] = []

    async def later() -> None:
        await asyncio.sleep(0)
        done.append("later")

    def fails() -> None:
        done.append("fails")
        raise RuntimeError("no disk")

    steps = (("One", lambda: done.append("one")), ("Two", fails), ("Three", later))
    async with talking(tmp_path) as talk:  # T16, T17, C30
        session_id = await talk.start([*READY, *ASKED, WORDS, DONE], Callbacks(cleanup=steps))
        await talk.conversation.await_turn(session_id, await talk.conversation.send(session_id, "hi"))
        assert done == []
        assert await talk.closed(session_id) == ["Two failed: RuntimeError: no disk"]
        await talk.conversation.close(session_id)
        assert done == ["one", "fails", "later"]
        saved = talk.conversation.supervisor.store.saved_snapshot(session_id)
    assert saved is not None
    assert [one["text"] for one in saved.conversation_items] == ["hi", "Hello"]
    assert saved.metrics["turns"]["total"] == 2


async def test_one_that_hangs_holds_the_end_up_for_its_time_and_no_longer(tmp_path: Path) -> None:
    done: list[str] = []
    steps = (("The slow one", asyncio.Event().wait), ("The next", lambda: done.append("next")))
    async with talking(tmp_path) as talk:  # T16
        session_id = await talk.start([*READY], Callbacks(cleanup=steps))  # pyright: ignore[reportArgumentType]
        async with asyncio.TaskGroup() as group:
            closed = group.create_task(talk.closed(session_id))
            await talk.clock.advance(CALL_S + 0.1)
            assert await closed == [f"The slow one failed: TimedOut: It took longer than {CALL_S:g} s."]
    assert done == ["next"]


async def test_calls_that_nobody_gets_to_are_told_of_and_bounded() -> None:
    warned: list[str] = []
    lifecycle, clock = Lifecycle(), VirtualClock()
    calls: list[State] = []
    callbacks = Callbacks(on_state={State.READY: lambda old, new: calls.append(new)})
    runs = CallbackRuns(callbacks, lifecycle, clock, warned.append)
    move = Transition(0.0, State.CONFIGURING, State.READY)
    for _ in range(WAITING + 3):
        runs.moved(move)
    assert len(warned) == 3
    runs.end()
    await runs.serve()
    assert len(calls) == WAITING
