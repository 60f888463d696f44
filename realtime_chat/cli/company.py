"""Who follows a talk as an agent: those beside it (`--with`), and the handlers of the one that is talked with."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from realtime_chat.cli.agents import Cast
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.side_agents import side_agents
from realtime_chat.core.agents.beside import SideAgents
from realtime_chat.core.agents.news import AgentNews
from realtime_chat.core.agents.registry import Chosen
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.tools.printing import as_a_tool

#: Seconds that a run of one turn waits at its end for the agents beside it.
SETTLE_S = 30.0


class Company:
    """Of one run. What it starts ends with the session."""

    def __init__(self, side: SideAgents | None, news: AgentNews, crew: asyncio.TaskGroup) -> None:
        self._side = side
        self._news = news
        self._crew = crew

    @property
    def names(self) -> tuple[str, ...]:
        """Of the agents beside the talk."""
        return self._side.names if self._side is not None else ()

    def follow(self, conversation: Conversation, session_id: str) -> None:
        """From now on until the session's end. What hooks and handlers print is no product of ours."""
        with as_a_tool():
            self._follow(conversation, session_id)

    def _follow(self, conversation: Conversation, session_id: str) -> None:
        if self._news.heeded:
            events = conversation.subscribe(session_id, only=self._news.wanted)
            self._crew.create_task(self._news.follow(events), name="agent-news")
        if self._side is not None:
            self._side.follow(conversation, session_id)

    async def settled(self, turn_id: str) -> None:
        """Return when the agents beside the talk took this turn in, which is over; or after SETTLE_S."""
        if self._side is not None:
            await self._side.settled(turn_id, SETTLE_S)


@asynccontextmanager
async def company(flags: Flags, settings: Settings, found: Cast, chosen: Chosen) -> AsyncGenerator[Company]:
    """To be left after the sessions ended. Raises InvalidArguments where those beside the talk have no model."""
    news = AgentNews(chosen.profile, SystemClock())
    failure: BaseException | None = None
    async with side_agents(flags, settings, found, os.environ) as agents, asyncio.TaskGroup() as crew:
        side = SideAgents(agents, crew, SystemClock()) if agents else None
        try:
            yield Company(side, news, crew)
        except BaseException as error:
            failure = error  # not the group's to wrap
    if failure is not None:
        raise failure
