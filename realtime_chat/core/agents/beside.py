"""Agents beside a talk: each completed turn is given to them, over request and response; the talk never waits for them.

resource            | acquired       | released by
subscription        | follow         | its task, at the session's end
task per agent      | follow         | the same: cancelled when the stream of events ends
storage             | StatelessAgent | its close
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from realtime_chat.core.agents.exchanges import HEARD, Exchange, Exchanges
from realtime_chat.core.agents.stateless import AgentStatus, StatelessAgent, Told
from realtime_chat.core.bus import Subscription
from realtime_chat.core.clock import within
from realtime_chat.core.commands import NoteAside
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import AlreadyClosed, NotFound, TimedOut
from realtime_chat.core.events import Envelope, LinkChanged, LinkState
from realtime_chat.core.ports import Clock

#: Turns that wait for one agent; they are given to it together. Full: the oldest is left out. Ends with the session.
WAITING = 8


class _Lane:
    """One agent, and what waits for it."""

    def __init__(self, agent: StatelessAgent) -> None:
        self.agent = agent
        self._waiting: deque[Exchange] = deque(maxlen=WAITING)
        self._came = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()

    def give(self, exchange: Exchange) -> None:
        self._waiting.append(exchange)
        self.idle.clear()
        self._came.set()

    def wake(self) -> None:
        """What waited in a pause may be taken."""
        self._came.set()

    async def serve(self) -> None:
        """Until it is cancelled; in a pause, turns wait."""
        while True:
            await self._came.wait()
            self._came.clear()
            given = list(self._waiting) if self.agent.status is AgentStatus.ACTIVE else []
            if given:
                self._waiting.clear()
                await self.agent.take("\n".join(one.text for one in given), turn_id=given[-1].turn_id)
            if not self._waiting:
                self.idle.set()


class SideAgents:
    """Of one run. `crew` is the owner of what follows a session; it ends when the session does."""

    def __init__(self, agents: Sequence[StatelessAgent], crew: asyncio.TaskGroup, clock: Clock) -> None:
        self._lanes = [_Lane(agent) for agent in agents]
        self._crew = crew
        self._clock = clock
        self._exchanges = Exchanges()
        self._given: set[str] = set()  # turns; grows with the talk, as its log does
        self._moved = asyncio.Event()
        self._paused = False

    @property
    def names(self) -> tuple[str, ...]:
        """In the order in which they were asked for."""
        return tuple(lane.agent.name for lane in self._lanes)

    def follow(self, conversation: Conversation, session_id: str) -> None:
        """From now on until the session's end."""
        events = conversation.subscribe(session_id, only=[*HEARD, LinkChanged.type])
        self._crew.create_task(self._serve(conversation, session_id, events), name="side-agents")

    async def settled(self, turn_id: str, at_most_s: float) -> None:
        """Return when this turn, which has ended, was taken in by every agent, or after so many seconds."""
        with suppress(TimedOut):
            await within(self._clock, at_most_s, self._taken_in(turn_id), "An agent beside the talk")

    async def _taken_in(self, turn_id: str) -> None:
        while turn_id not in self._given:
            self._moved.clear()
            await self._moved.wait()
        for lane in self._lanes:
            await lane.idle.wait()

    async def _serve(self, conversation: Conversation, session_id: str, events: Subscription) -> None:
        earlier = conversation.history(session_id).asides
        tell = partial(_tell, conversation, session_id)
        for lane in self._lanes:
            await lane.agent.start(tell, [one for one in earlier if one.agent == lane.agent.name])
        with events:
            async with asyncio.TaskGroup() as at_work:
                tasks = [at_work.create_task(lane.serve(), name=lane.agent.name) for lane in self._lanes]
                async for envelope in events:
                    await self._hear(envelope)
                for task in tasks:
                    task.cancel()
        for lane in self._lanes:
            await lane.agent.close()

    async def _hear(self, envelope: Envelope) -> None:
        match envelope.data:
            case LinkChanged(new=LinkState.PAUSED):
                self._paused = True
                for lane in self._lanes:
                    await lane.agent.pause()
            case LinkChanged(new=LinkState.READY) if self._paused:
                self._paused = False
                for lane in self._lanes:
                    await lane.agent.resume()
                    lane.wake()
            case LinkChanged():
                pass
            case event:
                for exchange in self._exchanges.take(event):
                    self._give(exchange)

    def _give(self, exchange: Exchange) -> None:
        for lane in self._lanes if exchange.text else ():
            lane.give(exchange)
        self._given.add(exchange.turn_id)
        self._moved.set()


async def _tell(conversation: Conversation, session_id: str, told: Told) -> None:
    try:
        await conversation.change(session_id, NoteAside(aside=told))
    except (AlreadyClosed, NotFound):  # the session is over; nobody is there to be told
        return
