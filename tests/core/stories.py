"""Events in their order, as a log has them: one second apart unless said otherwise."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from realtime_chat.core import events as ev
from realtime_chat.core.events import DURABLE_TYPES, Envelope, Event
from realtime_chat.core.folding import fold
from realtime_chat.core.history import History

START = datetime(2026, 1, 1, 9, 0, 0, tzinfo=UTC)


class Story:
    """A log that is told event by event."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.now = START
        self._seq = -1

    def tell(self, *events: Event, after_s: float = 1.0) -> "Story":
        for event in events:
            if self.envelopes:
                self.now += timedelta(seconds=after_s)
            durable = event.type in DURABLE_TYPES
            self._seq += durable
            self.envelopes.append(
                Envelope(
                    id=f"e{len(self.envelopes)}",
                    session_id="s1",
                    seq=self._seq if durable else None,
                    ts=self.now.isoformat(),
                    data=event,
                )
            )
        return self

    def history(self) -> History:
        return fold(self.envelopes)

    def __iter__(self) -> Iterator[Envelope]:
        return iter(self.envelopes)


def typed(turn: str, text: str) -> list[Event]:
    """A turn's beginning."""
    return [
        ev.TurnStarted(turn_id=turn, source="typed"),
        ev.UserMessage(turn_id=turn, item_id=f"u_{turn}", source="typed", text=text),
    ]


def spoken(turn: str, text: str, audio_ms: int = 900) -> list[Event]:
    """A turn's beginning, its words known."""
    return [
        ev.TurnStarted(turn_id=turn, source="spoken"),
        ev.UserMessage(turn_id=turn, item_id=f"u_{turn}", source="spoken", audio_ms=audio_ms),
        ev.UserTranscript(item_id=f"u_{turn}", text=text),
    ]


def said(turn: str, text: str, *, audio_ms: int = 0, interrupted: bool = False) -> Event:
    """A whole answer."""
    return ev.AssistantMessage(
        turn_id=turn,
        response_id=f"r_{turn}",
        item_id=f"a_{turn}",
        text=text,
        spoken=audio_ms > 0,
        audio_ms=audio_ms,
        interrupted=interrupted,
    )


def heard(turn: str, text: str, played_ms: int, produced_ms: int) -> Event:
    """How much of the answer was heard."""
    return ev.AnswerHeard(
        turn_id=turn, item_id=f"a_{turn}", played_ms=played_ms, produced_ms=produced_ms, heard_text=text
    )
