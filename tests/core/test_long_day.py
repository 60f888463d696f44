"""A day of talk in a second: connections that last an hour, a log that grows as the talk does, and a resume."""

import asyncio
import itertools
from collections import Counter
from pathlib import Path

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import LinkState
from realtime_chat.core.folding import fold
from realtime_chat.core.history import UserEntry
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from tests.core.model import Line, Model
from tests.waiting import eventually

HOURS, TURNS_AN_HOUR = 24, 12
#: What a connection is told of the talk so far.
SEED_TOKENS = 300
QUESTION = "What is there to say about hour {hour}, question {number}?"


def setup(model: Model) -> SessionSetup:
    options = SessionOptions(
        turn_detection="none", idle_timeout_s=0, total_timeout_s=0, seed_tokens=SEED_TOKENS
    )
    return SessionSetup(transport=model.line, options=options, mode="voice")


def told(line: Line) -> int:
    """Bytes of the talk that a connection was told, its own questions included."""
    return sum(len(item.text or "") for item in line.told)


async def hour_of_talk(conversation: Conversation, session_id: str, clock: VirtualClock, hour: int) -> None:
    for number in range(TURNS_AN_HOUR):
        await eventually(lambda: conversation.status(session_id).link is LinkState.READY)
        turn_id = await conversation.send(session_id, QUESTION.format(hour=hour, number=number))
        turn = await conversation.await_turn(session_id, turn_id)
        assert turn.status == "completed"
        await clock.advance(3600 / TURNS_AN_HOUR)


async def test_a_day_costs_no_more_an_hour_at_its_end_than_at_its_beginning(tmp_path: Path) -> None:
    clock = VirtualClock()
    model = Model(clock, iter(()), max_session_s=3600)
    store = SessionStore(tmp_path, clock)
    sizes: list[int] = []
    async with asyncio.timeout(60), Supervisor(store, clock) as supervisor:
        conversation = Conversation(supervisor)
        session_id = await conversation.start(setup(model))
        for hour in range(HOURS):
            await hour_of_talk(conversation, session_id, clock, hour)
            sizes.append((tmp_path / f"{session_id}.jsonl").stat().st_size)
        await conversation.close(session_id)

    renewed = len(model.lines)
    assert HOURS <= renewed <= HOURS + 3
    assert all(line.is_closed for line in model.lines)
    # what a connection is told is bounded, however long the talk was before
    of_hours = [told(line) for line in model.lines[2:-1]]
    assert max(of_hours) <= 1.2 * min(of_hours)
    # the log grows by what was said, and by nothing else
    grown = [after - before for before, after in itertools.pairwise(sizes)]
    assert max(grown) <= 1.1 * min(grown)

    history = fold(store.read(session_id))
    asked = [entry.text for entry in history.items if isinstance(entry, UserEntry)]
    assert asked == [
        QUESTION.format(hour=hour, number=number) for hour in range(HOURS) for number in range(TURNS_AN_HOUR)
    ]
    assert Counter(turn.status for turn in history.turns) == {"completed": HOURS * TURNS_AN_HOUR}

    again = Model(clock, iter(()))
    async with asyncio.timeout(30), Supervisor(SessionStore(tmp_path, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        await conversation.start(setup(again), session_id)
        (line,) = again.lines
        assert line.told[-2].text == asked[-1]
        turn_id = await conversation.send(session_id, "And now?")
        assert (await conversation.await_turn(session_id, turn_id)).status == "completed"
        assert len(conversation.history(session_id).turns) == HOURS * TURNS_AN_HOUR + 1
        await conversation.close(session_id)
