"""The rows of the screen, in the order in which things were said and went wrong.

A row is an entry of the fold (which is the history, P29) or a note that the fold does not keep: an error, a
warning, an answer to a key. Grows with the session, as the fold does, and ends with the screen.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from realtime_chat.core import events as ev
from realtime_chat.core.events import Envelope
from realtime_chat.core.folding import Folding
from realtime_chat.core.history import Entry, ToolEntry, TurnEntry, UserEntry

Level: TypeAlias = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the program's own; `at` as in an envelope, empty when unknown."""

    text: str
    level: Level = "info"
    at: str = ""


Row: TypeAlias = Entry | Note


class Feed:
    """Applies envelopes to a fold and knows which rows must be drawn again."""

    def __init__(self, folding: Folding) -> None:
        self._folding = folding
        self._taken = 0  # entries of the fold that have a row
        self._index: dict[str, int] = {}
        self._changed: set[int] = set()
        self._settled: set[str] = set()
        self.rows: list[Row] = []
        self.progress: dict[str, str] = {}
        self._running: dict[str, ToolEntry] = {}
        self._allowed: dict[str, str] = {}  # when a human let a call run, by call
        self._begin()

    def interim(self, entry: UserEntry) -> bool:
        """True while the words of a spoken message may still change."""
        return entry.source == "spoken" and entry.error is None and entry.item_id not in self._settled

    @property
    def asks(self) -> ev.ApprovalRequested | None:
        """What waits longest for a human's word."""
        return next((call.asks for call in self._running.values() if call.asks is not None), None)

    def running_since(self, call: ToolEntry) -> str:
        """When it began to run: the time that a human took to think is not its own."""
        return self._allowed.get(call.call_id, call.at)

    def running(self) -> set[int]:
        """The rows of calls that have no result."""
        return {self._index[call_id] for call_id in self._running}

    def turns(self) -> list[int]:
        """The first row of every turn."""
        first: dict[str, int] = {}
        for number, row in enumerate(self.rows):
            if not isinstance(row, Note):
                first.setdefault(row.turn_id, number)
        return sorted(first.values())

    def apply(self, envelope: Envelope) -> None:
        """Take one more."""
        self._folding.apply(envelope)
        self._take_new()
        self._touch(envelope)
        if (note := _note(envelope)) is not None:
            self.add(note)

    def add(self, note: Note) -> None:
        """Say something of our own, below all that is there."""
        self._changed.add(len(self.rows))
        self.rows.append(note)

    def take_changed(self) -> set[int]:
        """Rows that are new or different since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def _begin(self) -> None:
        """What was there before the screen: every failed turn's error stands below its last entry."""
        history = self._folding.history
        self._settled.update(
            one.item_id for one in history.items if isinstance(one, UserEntry) and one.text is not None
        )
        last = {one.turn_id: one for one in history.items}
        for entry in history.items:
            self._put(entry)
            turn = self._folding.turn(entry.turn_id)
            if turn is not None and last[entry.turn_id] is entry and (note := _ended(turn)) is not None:
                self.add(note)
        self._taken = len(history.items)
        if history.damage is not None:
            self.add(Note(history.damage, "warning"))

    def _take_new(self) -> None:
        items = self._folding.history.items
        while self._taken < len(items):
            self._put(items[self._taken])
            self._taken += 1

    def _put(self, entry: Entry) -> None:
        self._index[_key(entry)] = len(self.rows)
        if isinstance(entry, ToolEntry) and entry.status == "running":
            self._running[entry.call_id] = entry
        self._changed.add(len(self.rows))
        self.rows.append(entry)

    def _touch(self, envelope: Envelope) -> None:
        match envelope.data:
            case ev.ToolResult(call_id=key):
                self._running.pop(key, None)
                self._allowed.pop(key, None)
                self.progress.pop(key, None)
            case ev.UserTranscript(item_id=key):
                self._settled.add(key)
            case ev.ToolProgressed(call_id=key, text=text):
                self.progress[key] = text
            case ev.PermissionDecided(call_id=key):
                self._allowed[key] = envelope.ts
            case (
                ev.TextDelta(item_id=key)
                | ev.TranscriptDelta(item_id=key)
                | ev.UserTranscriptDelta(item_id=key)
                | ev.AssistantMessage(item_id=key)
                | ev.AnswerHeard(item_id=key)
                | ev.ApprovalRequested(call_id=key)
            ):
                pass
            case _:
                return  # changes no row that stands already
        if key in self._index:
            self._changed.add(self._index[key])


def _key(entry: Entry) -> str:
    return entry.call_id if isinstance(entry, ToolEntry) else entry.item_id


def _note(envelope: Envelope) -> Note | None:
    at = envelope.ts
    match envelope.data:
        case ev.TurnFailed(error=error) | ev.ErrorOccurred(error=error):
            return Note(error.message, "error", at)
        case ev.TurnCompleted(truncation="truncated"):
            return Note(CUT_SHORT, "warning", at)
        case ev.Noticed(text=text, level=level):
            return Note(text, level, at)
        case ev.HistoryTrimmed(told=told, left_out=left_out):
            return Note(
                f"The model knows the last {told} of {told + left_out} entries of this talk.", "info", at
            )
        case ev.SaveStateChanged(saved=False, pending=pending):
            return Note(f"The disk refuses; {pending} events are kept in memory.", "warning", at)
        case ev.SaveStateChanged(saved=True):
            return Note("Everything is saved again.", "info", at)
        case ev.LinkChanged(new=ev.LinkState.RECONNECTING | ev.LinkState.PAUSED, detail=detail) if detail:
            return Note(detail, "warning", at)
        case ev.LinkChanged(new=ev.LinkState.READY, detail=detail) if detail:
            return Note(detail, "info", at)
        case _:
            return None  # shown in its row or in the strip


def _ended(turn: TurnEntry) -> Note | None:
    if turn.error is not None:
        return Note(turn.error.message, "error")
    return Note(CUT_SHORT, "warning") if turn.truncation == "truncated" else None


CUT_SHORT = "The answer was cut at the model's length limit."
