"""What the program has to say by itself, through whole sessions with a scripted model."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.commands import UpdateInstructions
from realtime_chat.core.errors import AlreadyClosed
from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, UserEntry
from realtime_chat.core.machine.announcements import PAUSE_S
from realtime_chat.core.replay import replay_items
from realtime_chat.core.transports.scripted import emit, expect
from tests.core.driving import ASKED, DONE, WORDS, driver, setup

TEA = 'The timer "tea" has ended.'
TOLD = (
    expect(lambda one: isinstance(one, wire.CreateItem) and one.item.role == "system"),
    expect(wire.CreateResponse),
    emit(
        wire.ResponseCreated(response_id="r2"),
        wire.OutputText(response_id="r2", item_id="i2", text="Your tea timer has ended."),
        wire.ResponseDone(response_id="r2", status="completed"),
    ),
)


async def test_an_announcement_follows_the_turn_that_runs_and_stands_in_the_history(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with driver(tmp_path, clock) as conversation:  # P17
        session_id = await conversation.start(
            setup(*ASKED, WORDS, expect(wire.UpdateInstructions), DONE, *TOLD)
        )
        await conversation.send(session_id, "hi")
        async with asyncio.TaskGroup() as crew:
            announced = crew.create_task(conversation.announce(session_id, TEA))
            await settle()
            assert not announced.done()
            await conversation.change(
                session_id, UpdateInstructions(instructions="go on")
            )  # what the model waits for
            await conversation.await_turn(session_id, "t1")
            assert conversation.status(session_id).turn_id is None  # P7: the slot is free for a moment
            await clock.advance(PAUSE_S)
            assert await announced == "t2"
        assert (await conversation.await_turn(session_id, "t2")).source == "announced"
        history = conversation.history(session_id)
        asked, answer, notice, told = history.items
        assert isinstance(asked, UserEntry)
        assert isinstance(answer, AssistantEntry)
        assert isinstance(notice, AnnouncedEntry)
        assert isinstance(told, AssistantEntry)
        assert (notice.text, told.text) == (TEA, "Your tea timer has ended.")
        assert [item.role for item in replay_items(history)] == ["user", "assistant", "system", "assistant"]
        assert conversation.supervisor.summary(session_id).metrics.turns.user == 1


async def refused(announcement: Coroutine[Any, Any, str]) -> str:
    with pytest.raises(AlreadyClosed) as caught:
        await announcement
    return caught.value.message


async def test_what_was_not_told_before_the_end_is_said_to_be_untold(tmp_path: Path) -> None:
    async with driver(tmp_path, VirtualClock()) as conversation:
        session_id = await conversation.start(setup(*ASKED, WORDS))
        await conversation.send(session_id, "hi")
        async with asyncio.TaskGroup() as crew:
            announced = crew.create_task(refused(conversation.announce(session_id, TEA)))
            await settle()
            await conversation.close(session_id)
        assert "before this was told" in await announced
        items = conversation.history(session_id).items
        assert not any(isinstance(one, AnnouncedEntry) for one in items)
