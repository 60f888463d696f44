"""What was used, report by report: which model, when, for which turn. Sums, days and estimates follow from these."""

from collections.abc import Iterable

import msgspec

from realtime_chat.core.events import TranscriptionUsage, Usage, UsageReported, UserTranscript


class UsageEntry(msgspec.Struct, kw_only=True):
    """What one answer used, or (`transcribed`) the writing down of one utterance.

    `model` is the one that was in force then; `turn_id` is "" while the utterance's turn is not known.
    """

    turn_id: str
    item_id: str  # of the response, or of the utterance
    at: str
    provider: str
    model: str
    tokens: Usage = Usage()
    seconds: float = 0.0  # of sound, where that is what is counted
    transcribed: bool = False


def of_answer(event: UsageReported, *, at: str, provider: str, model: str) -> UsageEntry:
    """What a response used; the provider's extras stay in the log."""
    return UsageEntry(
        turn_id=event.turn_id,
        item_id=event.response_id,
        at=at,
        provider=provider,
        model=model,
        tokens=add(Usage(), event.usage),
    )


def of_transcript(event: UserTranscript, *, at: str, provider: str, model: str) -> UsageEntry | None:
    """What the words of an utterance used; None where nothing was reported. Its turn is not known here."""
    if event.usage is None:
        return None
    return UsageEntry(
        turn_id="",
        item_id=event.item_id,
        at=at,
        provider=provider,
        model=model,
        tokens=add(Usage(), event.usage.tokens),
        seconds=event.usage.seconds,
        transcribed=True,
    )


def add(one: Usage, other: Usage) -> Usage:
    """Tokens together; the provider's extras of a single report are not summed."""
    names = [name for name in Usage.__struct_fields__ if name != "extras"]
    return Usage(**{name: getattr(one, name) + getattr(other, name) for name in names})


def answers(entries: Iterable[UsageEntry]) -> Usage:
    """The tokens of the answers (X27)."""
    total = Usage()
    for entry in entries:
        if not entry.transcribed:
            total = add(total, entry.tokens)
    return total


def transcriptions(entries: Iterable[UsageEntry]) -> TranscriptionUsage:
    """What writing the user's words down used: another model's tokens, never part of the answers'."""
    seconds, tokens = 0.0, Usage()
    for entry in entries:
        if entry.transcribed:
            seconds += entry.seconds
            tokens = add(tokens, entry.tokens)
    return TranscriptionUsage(seconds=seconds, tokens=tokens)
