"""The turns of a talk as text, each once, when it is over and its words are known: for agents beside the talk. Pure."""

from dataclasses import dataclass, field

from realtime_chat.core import events as ev
from realtime_chat.core.events import Event, UnknownEvent

#: The events that `Exchanges.take` looks at.
HEARD = frozenset(
    one.type
    for one in (
        ev.TurnStarted,
        ev.UserMessage,
        ev.Announced,
        ev.UserTranscript,
        ev.AssistantMessage,
        ev.AnswerHeard,
        *ev.TERMINAL,
    )
)
#: Turns whose words did not come yet; an older one is told without them.
MOST_OPEN = 4


@dataclass(frozen=True, slots=True)
class Exchange:
    """A turn that is over; `text` is empty where nothing was said in it."""

    turn_id: str
    text: str


@dataclass(slots=True)
class _Turn:
    turn_id: str
    over: bool = False
    said: dict[str, str | None] = field(default_factory=dict[str, str | None])  # by item; None: it will come
    answered: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def complete(self) -> bool:
        return self.over and None not in self.said.values()

    def exchange(self) -> Exchange:
        said = [f"User: {text}" for text in self.said.values() if text]
        answered = [f"Assistant: {text}" for text in self.answered.values() if text.strip()]
        return Exchange(self.turn_id, "\n".join(said + answered))


class Exchanges:
    """Fed with a session's events; gives each turn once, in their order."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}
        self._early: dict[str, str] = {}

    def take(self, event: Event | UnknownEvent) -> list[Exchange]:
        """The turns that are over now and have words. A failed or cut one has what was said and heard of it."""
        match event:
            case ev.TurnStarted(turn_id=turn_id):
                self._turns[turn_id] = _Turn(turn_id)
            case ev.UserMessage(turn_id=turn_id, item_id=item_id, text=text):
                self._of(turn_id).said[item_id] = self._early.pop(item_id, None) if text is None else text
            case ev.UserTranscript(item_id=item_id, text=text):
                self._understood(item_id, text or "")
            case ev.AssistantMessage(turn_id=turn_id, item_id=item_id, text=text, partial=partial):
                if not partial:
                    self._of(turn_id).answered.setdefault(item_id, text)
            case ev.AnswerHeard(turn_id=turn_id, item_id=item_id, heard_text=heard):
                self._of(turn_id).answered[item_id] = heard
            case (
                ev.TurnCompleted(turn_id=turn_id)
                | ev.TurnFailed(turn_id=turn_id)
                | ev.TurnInterrupted(turn_id=turn_id)
            ):
                self._of(turn_id).over = True
            case _:
                return []
        return self._settled()

    def _of(self, turn_id: str) -> _Turn:
        return self._turns.setdefault(turn_id, _Turn(turn_id))

    def _understood(self, item_id: str, text: str) -> None:
        for turn in self._turns.values():
            if item_id in turn.said:
                turn.said[item_id] = text
                return
        self._early[item_id] = text
        if len(self._early) > MOST_OPEN:
            del self._early[next(iter(self._early))]

    def _settled(self) -> list[Exchange]:
        ready: list[Exchange] = []
        for turn in list(self._turns.values()):
            if not turn.complete and len(self._turns) <= MOST_OPEN:
                break
            del self._turns[turn.turn_id]
            ready.append(turn.exchange())
        return ready
