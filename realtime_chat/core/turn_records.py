"""One record for each utterance and each tool call of a session, and what they come to (T7, T8).

A record is opened, then completed; one that was cut is kept and marked. All of it follows from the history.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias, assert_never

import msgspec

from realtime_chat.core.history import (
    AnnouncedEntry,
    AssistantEntry,
    Entry,
    History,
    ToolEntry,
    UserEntry,
    ms_between,
)

RecordKind: TypeAlias = Literal["user_audio", "user_text", "assistant", "tool_call", "tool_result"]
_USER: tuple[RecordKind, ...] = ("user_audio", "user_text")


class TurnRecord(msgspec.Struct, kw_only=True):
    """`id` is turn_1, turn_2, …; `duration_ms` None until it is complete; sound in ms of sound."""

    id: str
    kind: RecordKind
    content: str = ""
    audio_duration_ms: int = 0
    interrupted: bool = False
    duration_ms: int | None = None


class TurnStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """`interrupt_rate` is the part of the answers that were cut, 0.0 when there are none."""

    total: int = 0
    user: int = 0
    assistant: int = 0
    tool_calls: int = 0
    interrupted: int = 0
    interrupt_rate: float = 0.0
    input_audio_ms: int = 0
    output_audio_ms: int = 0


class TurnRecords:
    """Records in the order they were opened; at most one is open."""

    def __init__(self) -> None:
        self.records: list[TurnRecord] = []

    @property
    def open_record(self) -> TurnRecord | None:
        """The one that is not complete."""
        last = self.records[-1] if self.records else None
        return last if last is not None and last.duration_ms is None else None

    def open(self, kind: RecordKind, content: str = "", *, audio_duration_ms: int = 0) -> TurnRecord:
        """Begin one. Raises ValueError while another is open."""
        if self.open_record is not None:
            raise ValueError(f"{self.open_record.id} is not complete yet")
        record = TurnRecord(
            id=f"turn_{len(self.records) + 1}",
            kind=kind,
            content=content,
            audio_duration_ms=audio_duration_ms,
        )
        self.records.append(record)
        return record

    def complete(self, duration_ms: int) -> TurnRecord:
        """End the open one. Raises ValueError when none is open."""
        record = self.open_record
        if record is None:
            raise ValueError("no record is open")
        record.duration_ms = max(0, duration_ms)
        return record

    def interrupt(self, duration_ms: int) -> TurnRecord | None:
        """Cut the open one and keep it; None when none is open."""
        if self.open_record is None:
            return None
        record = self.complete(duration_ms)
        record.interrupted = True
        return record

    def last(self, *kinds: RecordKind) -> TurnRecord | None:
        """The latest of these kinds."""
        return next((one for one in reversed(self.records) if one.kind in kinds), None)

    def statistics(self) -> TurnStatistics:
        """All of them together."""
        answers = self._of("assistant")
        user = self._of(*_USER)
        cut = sum(one.interrupted for one in answers)
        return TurnStatistics(
            total=len(user) + len(answers),
            user=len(user),
            assistant=len(answers),
            tool_calls=len(self._of("tool_call")),
            interrupted=cut,
            interrupt_rate=cut / len(answers) if answers else 0.0,
            input_audio_ms=sum(one.audio_duration_ms for one in user),
            output_audio_ms=sum(one.audio_duration_ms for one in answers),
        )

    def _of(self, *kinds: RecordKind) -> list[TurnRecord]:
        return [one for one in self.records if one.kind in kinds]


def records_of(history: History) -> TurnRecords:
    """The records of a session; its last one is open while an answer grows or a tool runs.

    Of tools that run side by side, those before the last are complete at 0 ms until their results are known.
    """
    records = TurnRecords()
    for entry, asked_at in _asked(history):
        _leave(records)
        match entry:
            case UserEntry():
                kind: RecordKind = "user_audio" if entry.source == "spoken" else "user_text"
                records.open(kind, entry.text or "", audio_duration_ms=entry.audio_ms)
                records.complete(entry.audio_ms)
            case AnnouncedEntry():
                pass  # nobody's utterance; its answer is one
            case AssistantEntry():
                _answer(records, entry, asked_at)
            case ToolEntry():
                _call(records, entry)
            case _:
                assert_never(entry)
    return records


def _leave(records: TurnRecords) -> None:
    """What the next entry finds open: an answer that a dying process never ended, or a call whose batch goes on."""
    record = records.open_record
    if record is not None and record.kind == "assistant":
        records.interrupt(0)
    elif record is not None:
        records.complete(0)


def _answer(records: TurnRecords, entry: AssistantEntry, asked_at: str) -> None:
    content = entry.text if entry.heard_text is None else entry.heard_text
    heard_ms = entry.audio_ms if entry.heard_ms is None else entry.heard_ms
    records.open("assistant", content, audio_duration_ms=heard_ms)
    took = ms_between(asked_at, entry.done_at)
    if entry.interrupted:
        records.interrupt(took)
    elif not entry.streaming:
        records.complete(took)


def _call(records: TurnRecords, entry: ToolEntry) -> None:
    records.open("tool_call", f"{entry.name} {entry.arguments}")
    if entry.status != "running":
        records.complete(entry.duration_ms)
        records.open("tool_result", entry.output)
        records.complete(0)


def _asked(history: History) -> Iterator[tuple[Entry, str]]:
    """Every entry, with the time of what it follows: of the user's words, or of the call before it."""
    asked_at = ""
    for entry in history.items:
        yield entry, asked_at
        asked_at = entry.at
