"""What a fork has of its parent (P32): whole turns up to one, as they were, and the settings that held then.

Not what they cost (the parent paid), not where their sound is (the recording is of the parent), nothing of the
processes that ran them, and no event whose meaning we do not know.
"""

from collections.abc import Sequence

import msgspec

from realtime_chat import __version__
from realtime_chat.core import events as ev
from realtime_chat.core.errors import InvalidArguments, NotFound
from realtime_chat.core.events import Envelope, Event
from realtime_chat.core.folding import fold
from realtime_chat.core.history import History


class Prefix(msgspec.Struct, frozen=True, kw_only=True):
    """`copied` with the parent's own times."""

    lineage: ev.SessionForked
    started: ev.SessionStarted
    copied: tuple[tuple[str, Event], ...]


def prefix(envelopes: Sequence[Envelope], at: str | None) -> Prefix:
    """The turns up to and with `at`; None: all that have ended. Raises NotFound, InvalidArguments."""
    whole = fold(envelopes)
    turns = _turns(whole, at)
    beyond = {turn.turn_id for turn in whole.turns} - turns
    parts = _Parts(envelopes, turns)
    copied = [one for one in envelopes if parts.has(one)]
    then = fold(_until(envelopes, beyond))
    return Prefix(
        lineage=ev.SessionForked(
            parent_id=whole.session_id,
            parent_seq=max(one.seq or 0 for one in copied),
            turn_id=[turn.turn_id for turn in whole.turns if turn.turn_id in turns][-1],
        ),
        started=ev.SessionStarted(
            agent=then.agent,
            intent=then.intent,
            provider=then.provider,
            model=then.model,
            voice=then.voice,
            mode=then.mode,
            instructions=then.instructions,
            tools=then.tools,
            transcription_model=then.transcription_model,
            app_version=__version__,
        ),
        copied=tuple(
            (one.ts, _unpaid(one.data)) for one in copied if not isinstance(one.data, ev.UnknownEvent)
        ),
    )


def _unpaid(event: Event) -> Event:
    return msgspec.structs.replace(event, usage=None) if isinstance(event, ev.UserTranscript) else event


def _turns(history: History, at: str | None) -> set[str]:
    names = [turn.turn_id for turn in history.turns]
    if at is not None and at not in names:
        there = f"it has {names[0]} to {names[-1]}" if names else "it has none"
        raise NotFound(f"There is no such turn in session {history.session_id}; {there}.", turn_id=at)
    running = {turn.turn_id for turn in history.open_turns}
    if at in running:
        raise InvalidArguments(f"Turn {at} has not ended; fork at an earlier one.", turn_id=at)
    turns = set(names if at is None else names[: names.index(at) + 1]) - running
    if not turns:
        raise InvalidArguments(
            f"Session {history.session_id} has no whole turn yet; there is nothing to fork."
        )
    return turns


def _until(envelopes: Sequence[Envelope], turns: set[str]) -> Sequence[Envelope]:
    """What precedes the first of these turns."""
    for index, one in enumerate(envelopes):
        if isinstance(one.data, ev.TurnStarted) and one.data.turn_id in turns:
            return envelopes[:index]
    return envelopes


class _Parts:
    """Which events belong to some turns: by the turn they name, or the item or call of it that they name."""

    def __init__(self, envelopes: Sequence[Envelope], turns: set[str]) -> None:
        self._turns = turns
        inside = [one.data for one in envelopes if self._names_turn(one.data)]
        self._items = {one.item_id for one in inside if isinstance(one, ev.UserMessage)}
        self._calls = {one.call_id for one in inside if isinstance(one, ev.ToolCall)}

    def has(self, envelope: Envelope) -> bool:
        """True for what a fork copies."""
        match envelope.data:
            case ev.UsageReported() | ev.UnknownEvent():
                return False
            case ev.UserTranscript(item_id=item_id):
                return item_id in self._items
            case ev.PermissionDecided(call_id=call_id):
                return call_id in self._calls
            case data:
                return self._names_turn(data)

    def _names_turn(self, data: Event | ev.UnknownEvent) -> bool:
        return getattr(data, "turn_id", None) in self._turns and not isinstance(data, ev.SessionForked)
