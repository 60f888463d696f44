"""What the protocol machine wants done: server events for the client, work for the shell."""

from typing import Any, TypeAlias

import msgspec

from realtime_chat.local.engines.ports import BrainRequest
from realtime_chat.local.errors import Refusal
from realtime_chat.local.ids import Ids
from realtime_chat.local.schema import Json


class Transcribe(msgspec.Struct, frozen=True, kw_only=True):
    """Recognise this utterance; answer with `heard` or `not_heard` under the item's id."""

    item_id: str
    pcm: bytes


class Think(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the brain; answer with `thought` per piece, or `failed`, under the response's id."""

    response_id: str
    request: BrainRequest


class Speak(msgspec.Struct, frozen=True, kw_only=True):
    """Synthesise; answer with `spoke` per chunk and `speech_ended`, or `failed`."""

    response_id: str
    text: str
    voice: str
    speed: float


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """Give up what runs for this response; nothing more is expected."""

    response_id: str


Effect: TypeAlias = Transcribe | Think | Speak | Stop


class Outbox:
    """Collects in order; whoever drives the machine empties both lists after each call."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._events: list[Json] = []
        self._effects: list[Effect] = []

    def emit(self, kind: str, **fields: Any) -> None:
        """Send a server event of that type."""
        self._events.append({"type": kind, "event_id": self._ids.new("event"), **fields})

    def refuse(self, refusal: Refusal, client_event_id: str | None) -> None:
        """Send the `error` event for a client event that could not be carried out."""
        self.emit(
            "error",
            error={
                "type": refusal.info.kind,
                "code": refusal.code,
                "message": refusal.message,
                "param": refusal.param,
                "event_id": client_event_id,
            },
        )

    def ask(self, effect: Effect) -> None:
        """Have work done."""
        self._effects.append(effect)

    def take_events(self) -> list[Json]:
        """The events since the last call, in order."""
        taken, self._events = self._events, []
        return taken

    def take_effects(self) -> list[Effect]:
        """The work since the last call, in order."""
        taken, self._effects = self._effects, []
        return taken
