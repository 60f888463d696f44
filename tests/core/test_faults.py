"""Whatever breaks, and whenever: nothing that was told is lost, no call is answered twice, and the talk goes on."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import (
    DURABLE_TYPES,
    TERMINAL,
    ApprovalRequested,
    Envelope,
    ToolCall,
    ToolResult,
    TurnStarted,
    UserMessage,
)
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.virtual_audio import VirtualSink
from realtime_chat.tools.base import Surroundings, ToolContext, tool
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.grants import GrantBook
from realtime_chat.tools.permission import Policy
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner
from tests.core.model import KINDS, Fault, Model

#: A schedule is a seed; so many in one test, so many tests.
SCHEDULES, TESTS = 40, 8
ASKED = ("hello", "tool", "sound", "goodbye")
#: Then asked so often that every fault has had its turn.
AGAIN = tuple(f"are you there, {number}?" for number in range(8))


@tool(need="read")
async def slow(ctx: ToolContext) -> str:
    """Take a second."""
    await ctx.clock.sleep(1)
    return "slowly done"


@tool(need="write")
async def risky() -> str:
    """Need a word."""
    return "done"


class Talk:
    """Somebody who asks, answers questions, and never gives up."""

    def __init__(self, conversation: Conversation, session_id: str, clock: VirtualClock) -> None:
        self.conversation = conversation
        self.session_id = session_id
        self.clock = clock
        self.heard: list[Envelope] = []
        self.over = False

    async def listen(self) -> None:
        with self.conversation.subscribe(self.session_id) as events:
            async for envelope in events:
                self.heard.append(envelope)
                if isinstance(envelope.data, ApprovalRequested):
                    await self._allow(envelope.data.call_id)
        self.over = True

    async def ask(self, text: str) -> None:
        """One turn, to its end, by voice or by keyboard; refused where there is no session any more."""
        conversation, session_id = self.conversation, self.session_id
        try:
            if text == "sound":
                await conversation.append_audio(session_id, bytes(pcm_bytes(400)))
                await conversation.commit_audio(session_id)
            else:
                await conversation.send(session_id, text)
        except ChatError:
            return
        await self.until(lambda: conversation.status(session_id).turn_id is None)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Ten minutes of virtual time are enough for everything."""
        most = self.clock.monotonic() + 600
        while not self.over and not holds():
            assert self.clock.monotonic() < most, "it hangs"
            await asyncio.sleep(0)

    async def _allow(self, call_id: str) -> None:
        with suppress(ChatError):  # its turn is over
            await self.conversation.answer(self.session_id, call_id, "allow")


async def pass_time(clock: VirtualClock) -> None:
    while True:
        await clock.advance(2)


async def held(folder: Path, seed: int) -> None:
    """One schedule."""
    dice, clock = random.Random(seed), VirtualClock()
    faults = [Fault(dice.choice(KINDS), dice.randint(1, 30)) for _ in range(dice.randint(1, 4))]
    first = Fault("cut" if faults[0].kind in ("refused", "no key") else faults[0].kind, faults[0].at + 2)
    model = Model(clock, iter([first, *faults[1:]]))
    place = Surroundings(workspace=folder, data_dir=folder / "data", clock=clock)
    permissions = Permissions(
        policy=Policy(mode="ask"), book=GrantBook(place.data_dir, folder), workspace=folder
    )
    setup = SessionSetup(
        transport=model.line,
        options=SessionOptions(turn_detection="none", idle_timeout_s=0, total_timeout_s=0),
        mode="voice",
        sink=VirtualSink(clock),
        toolbox=Runner(Registry([slow, risky]), place, permissions=permissions),
        attended=True,
    )
    store = SessionStore(folder / "sessions", clock)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group, Supervisor(store, clock) as supervisor:
        time = group.create_task(pass_time(clock))
        conversation = Conversation(supervisor)
        try:
            session_id = await conversation.start(setup)
        except ChatError:  # the first connection never got ready: no session began
            time.cancel()
            return
        talk = Talk(conversation, session_id, clock)
        listening = group.create_task(talk.listen())
        for text in (*ASKED, *AGAIN):
            await talk.ask(text)
        await conversation.close(talk.session_id)
        await listening
        time.cancel()
    check(talk, model, store)


def check(talk: Talk, model: Model, store: SessionStore) -> None:
    logged = list(store.read(talk.session_id))
    told = [one for one in talk.heard if one.type in DURABLE_TYPES]
    assert [one.seq for one in logged] == list(range(len(logged)))
    assert told == logged[-len(told) :]  # what was published is on disk, in its order
    turns = Counter(one.data.turn_id for one in logged if isinstance(one.data, TurnStarted))
    ends = Counter(one.data.turn_id for one in logged if isinstance(one.data, TERMINAL))
    assert turns == ends
    assert set(turns.values()) <= {1}
    calls = Counter(one.data.call_id for one in logged if isinstance(one.data, ToolCall))
    results = Counter(one.data.call_id for one in logged if isinstance(one.data, ToolResult))
    assert calls == results
    assert set(calls.values()) <= {1}
    messages = Counter(one.data.text for one in logged if isinstance(one.data, UserMessage) and one.data.text)
    assert set(messages.values()) <= {1}
    for (
        line
    ) in model.lines:  # a message is sent at most once on a connection, and so is each answer to a call
        told_once = Counter(item.text for item in line.told if item.role == "user" and item.text in messages)
        answered = Counter(item.call_id for item in line.told if item.kind == "function_call_output")
        assert set(told_once.values()) <= {1}
        assert set(answered.values()) <= {1}
    history = talk.conversation.supervisor.history(talk.session_id)
    assert history.closed_at
    refused = any(one.fault_kind == "no key" for one in model.lines)
    if not refused:  # with somebody there, every other fault is survived
        assert history.turns[-1].status == "completed", history.turns[-1]


@pytest.mark.thorough
@pytest.mark.timeout(240)  # three seconds alone, a minute on a busy machine
@pytest.mark.parametrize("part", range(TESTS))
async def test_any_schedule_of_faults_leaves_a_true_log_and_a_talk_that_goes_on(
    tmp_path: Path, part: int
) -> None:
    for number, seed in zip(itertools.count(), range(part * SCHEDULES, (part + 1) * SCHEDULES), strict=False):
        try:
            await held(tmp_path / str(number), seed)
        except BaseException as error:
            error.add_note(f"schedule {seed}")
            raise


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_thousands_of_schedules(tmp_path: Path) -> None:
    for seed in range(10_000, 13_000):
        try:
            await held(tmp_path / str(seed), seed)
        except BaseException as error:
            error.add_note(f"schedule {seed}")
            raise
