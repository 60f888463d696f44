"""What an agent's session tells, to whoever registered for it: card, response, facts, transcript, error (J11)."""

import logging
from collections.abc import Iterator

from realtime_chat.core.agents.profile import Handler, News, Profile
from realtime_chat.core.bus import Subscription
from realtime_chat.core.callbacks import made
from realtime_chat.core.events import (
    AssistantMessage,
    CardWritten,
    Envelope,
    ErrorOccurred,
    Event,
    FactsNoted,
    TurnFailed,
    UnknownEvent,
    UserTranscript,
)
from realtime_chat.core.ports import Clock

_NEWS: dict[str, News] = {
    CardWritten.type: "card",
    AssistantMessage.type: "response",
    FactsNoted.type: "facts",
    UserTranscript.type: "transcript",
    ErrorOccurred.type: "error",
    TurnFailed.type: "error",
}
_log = logging.getLogger(__name__)


class AgentNews:
    """Handlers by news; the profile's own are there from the start. Called one after another, in the events' order."""

    def __init__(self, profile: Profile, clock: Clock) -> None:
        self._profile = profile
        self._clock = clock
        self._handlers: list[tuple[str, Handler]] = list(profile.handlers.items())

    @property
    def wanted(self) -> frozenset[str]:
        """The types of events that `take` makes news of."""
        return frozenset({*_NEWS, *self._profile.extra_events})

    @property
    def heeded(self) -> bool:
        """Whether anybody wants to know."""
        return bool(self._handlers)

    def on(self, news: str, handler: Handler) -> None:
        """Have it called for this news: a word of `News`, or a type among the profile's `extra_events`."""
        self._handlers.append((news, handler))

    async def follow(self, events: Subscription) -> None:
        """Until the session ends. Raises nothing of a handler's."""
        async for envelope in events:
            await self.take(envelope)

    async def take(self, envelope: Envelope) -> None:
        """Tell it to its handlers; one that fails is logged, and the others are still called."""
        for news, event in self._news(envelope):
            for wanted, handler in tuple(self._handlers):
                if wanted == news:
                    await self._call(news, handler, event)

    async def _call(self, news: str, handler: Handler, event: Event) -> None:
        if (failure := await made(lambda: handler(event), self._clock)) is not None:
            _log.error("A handler for %s of the agent %s failed: %s", news, self._profile.agent, failure)

    def _news(self, envelope: Envelope) -> Iterator[tuple[str, Event]]:
        event = envelope.data
        if isinstance(event, UnknownEvent):
            return
        yield from self._named(event)
        try:
            routed = list(self._profile.route(event))
        except Exception:  # somebody else's code
            _log.exception("The routes of the agent %s failed.", self._profile.agent)
            return
        for each in routed:
            yield from self._named(each)

    def _named(self, event: Event) -> Iterator[tuple[str, Event]]:
        if (news := _NEWS.get(event.type)) is not None:
            yield news, event
        if event.type in self._profile.extra_events:
            yield event.type, event
