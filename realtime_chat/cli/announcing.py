"""What the program says by itself while a talk lasts: that a timer has ended."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from realtime_chat.cli.compose import Composition
from realtime_chat.core.clock import leaves
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import AlreadyClosed, NotFound
from realtime_chat.tools.builtin.timers import Timer, announce_due


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncGenerator[None]:
    """`work` goes on until the block is left. What either raises comes through as it is."""
    try:
        async with asyncio.TaskGroup() as crew:
            task = crew.create_task(work, name=name)
            yield
            task.cancel()
    except BaseExceptionGroup as group:
        raise leaves(group)[0] from None


@asynccontextmanager
async def timers_announced(composition: Composition, session_id: str) -> AsyncGenerator[None]:
    """Timers speak when they are due, as long as the session runs; a run without tools has none."""
    if composition.setup.toolbox is None:
        yield
        return
    async with beside(_announce(composition.conversation, session_id, composition.data_dir), "timers"):
        yield


async def _announce(conversation: Conversation, session_id: str, data_dir: Path) -> None:

    async def tell(timers: Sequence[Timer]) -> None:
        await conversation.announce(session_id, "\n".join(timer.ending for timer in timers))

    with suppress(AlreadyClosed, NotFound):  # the session is over; another one will tell
        await announce_due(data_dir, conversation.supervisor.clock, tell)
