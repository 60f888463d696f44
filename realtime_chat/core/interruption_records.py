"""Who cut in, how, and how much of the answer had been heard by then (T10). All of it follows from the history."""

from collections import Counter
from typing import Literal, TypeAlias

import msgspec

from realtime_chat.core.events import InterruptReason
from realtime_chat.core.history import AssistantEntry, History, TurnEntry, UserEntry

InterruptionKind: TypeAlias = Literal["speech_overlap", "cancel_request", "manual_cancel"]

#: What somebody says who wants silence and nothing else.
STOP_PHRASES = frozenset(
    {"stop", "stop it", "stop talking", "be quiet", "quiet", "silence", "cancel", "enough", "shut up"}
)


class InterruptionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One cut turn: the heard sound in ms, the heard words in characters, and what was said over them."""

    turn_id: str
    kind: InterruptionKind
    audio_position_ms: int = 0
    transcript_position: int = 0
    user_input: str | None = None


class InterruptionStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """`average_position_ms` is 0.0 when there are none."""

    count: int = 0
    average_position_ms: float = 0.0
    by_kind: dict[InterruptionKind, int] = {}


def interruptions_of(history: History) -> list[InterruptionRecord]:
    """One for each turn that the user cut, in their order; what failed or was closed is none."""
    found = [_record(history, at, turn) for at, turn in enumerate(history.turns)]
    return [record for record in found if record is not None]


def statistics(records: list[InterruptionRecord]) -> InterruptionStatistics:
    """All of them together."""
    count = len(records)
    return InterruptionStatistics(
        count=count,
        average_position_ms=sum(one.audio_position_ms for one in records) / count if count else 0.0,
        by_kind=dict(Counter(one.kind for one in records)),
    )


def is_stop(text: str | None) -> bool:
    """Whether these words ask for silence only."""
    return text is not None and text.strip(" .!?,").casefold() in STOP_PHRASES


def _record(history: History, at: int, turn: TurnEntry) -> InterruptionRecord | None:
    over = _said_next(history, at) if turn.reason == "barge_in" else None
    kind = _kind(turn.reason, over)
    if turn.status != "interrupted" or kind is None:
        return None
    cut = [
        one
        for one in history.items
        if isinstance(one, AssistantEntry) and one.turn_id == turn.turn_id and one.interrupted
    ]
    return InterruptionRecord(
        turn_id=turn.turn_id,
        kind=kind,
        audio_position_ms=sum(one.heard_ms or 0 for one in cut),
        transcript_position=sum(len(one.heard_text or "") for one in cut),
        user_input=over,
    )


def _kind(reason: InterruptReason | None, said: str | None) -> InterruptionKind | None:
    match reason:
        case "manual":
            return "manual_cancel"
        case "spoken_stop":
            return "cancel_request"
        case "barge_in":
            return "cancel_request" if is_stop(said) else "speech_overlap"
        case _:
            return None


def _said_next(history: History, at: int) -> str | None:
    """What the user said in the turn after this one: the speech that cut in."""
    if at + 1 >= len(history.turns):
        return None
    turn_id = history.turns[at + 1].turn_id
    users = (one for one in history.items if isinstance(one, UserEntry) and one.turn_id == turn_id)
    return next((one.text for one in users), None)
