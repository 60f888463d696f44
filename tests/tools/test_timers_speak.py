"""A timer that was asked for speaks when it is due: a whole session on virtual time."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.history import AnnouncedEntry
from realtime_chat.core.transports.scripted import emit, expect, hang
from realtime_chat.tools.builtin.timers import Timer, announce_due, load
from realtime_chat.tools.standard import standard_tools
from tests.tools.talks import asking, follow_up, talking
from tests.waiting import eventually

SET = ("c1", "set_timer", '{"seconds": 20, "label": "tea"}')
TOLD = [
    expect(lambda one: isinstance(one, wire.CreateItem) and one.item.role == "system"),
    expect(wire.CreateResponse),
    emit(
        wire.ResponseCreated(response_id="r3"),
        wire.OutputText(response_id="r3", item_id="i3", text="Your tea is ready."),
        wire.ResponseDone(response_id="r3", status="completed"),
    ),
]


async def test_a_timer_speaks_when_it_is_due(tmp_path: Path):
    clock = VirtualClock()
    transport = asking(SET, then=[*follow_up(1), *TOLD])
    async with talking(tmp_path, transport, clock, *standard_tools()) as (conversation, session_id):

        async def tell(timers: Sequence[Timer]) -> None:
            await conversation.announce(session_id, timers[0].ending)

        async with asyncio.TaskGroup() as crew:
            pump = crew.create_task(announce_due(tmp_path, clock, tell))
            await conversation.await_turn(session_id, await conversation.send(session_id, "20 s for tea"))
            await clock.advance(19)
            assert len(conversation.history(session_id).turns) == 1
            while len(conversation.history(session_id).turns) == 1:
                await clock.advance(1)
                await asyncio.to_thread(
                    load, tmp_path, clock.wall()
                )  # as long as its own look in a thread takes
            turn = await conversation.await_turn(session_id, "t2")
            pump.cancel()
        notice, answer = conversation.history(session_id).items[-2:]
        assert isinstance(notice, AnnouncedEntry)
        assert notice.text == 'The timer "tea" has ended.'
        assert not isinstance(answer, AnnouncedEntry)
        assert (turn.source, turn.status) == ("announced", "completed")


async def test_a_timer_that_ended_while_the_talk_closed_is_kept_for_the_next(tmp_path: Path):
    clock = VirtualClock()
    transport = asking(SET, then=[hang()])  # the turn goes on
    async with talking(tmp_path, transport, clock, *standard_tools()) as (conversation, session_id):

        async def tell(timers: Sequence[Timer]) -> None:
            marked.extend(timers)
            await conversation.announce(session_id, timers[0].ending)

        marked: list[Timer] = []
        await conversation.send(session_id, "20 s for tea")
        await eventually(lambda: (tmp_path / "timers.json").exists())
        await clock.advance(20)
        async with asyncio.TaskGroup() as crew:
            pump = crew.create_task(announce_due(tmp_path, clock, tell))
            await eventually(lambda: bool(marked))
            assert load(tmp_path, clock.wall())[0].announced
            assert conversation.status(session_id).turn_id == "t1"
            pump.cancel()
        assert not load(tmp_path, clock.wall())[0].announced
