"""ONE pure fold of events → what was said, by whom, and what of it was heard. It draws the screen, resumes a
session, and answers `sessions show`; whatever it says can be derived anew from the log (P15, P17).

Live deltas make a growing entry; the durable AssistantMessage of the same item replaces it (X13).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias, assert_never

import msgspec

from realtime_chat.core import events as ev
from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.events import Envelope, InterruptReason, Mode, Source, Truncation, Usage
from realtime_chat.core.usage import UsageEntry, add, of_answer, of_transcript

TurnStatus: TypeAlias = Literal[
    "running", "completed", "failed", "partial_failed", "interrupted", "timed_out"
]
ToolStatus: TypeAlias = Literal["running", "ok", "failed"]


class UserEntry(msgspec.Struct, kw_only=True):
    """What the user typed or said; `text` None until a transcript came."""

    turn_id: str
    item_id: str
    source: Source
    text: str | None = None
    audio_ms: int = 0
    error: str | None = None
    at: str = ""


class AssistantEntry(msgspec.Struct, kw_only=True):
    """An answer item; `heard_text` None: not cut, all of it counts."""

    turn_id: str
    item_id: str
    response_id: str = ""
    text: str = ""
    spoken: bool = False
    audio_ms: int = 0
    streaming: bool = False
    partial: bool = False
    interrupted: bool = False
    heard_text: str | None = None
    heard_ms: int | None = None
    truncation: Truncation = "unknown"
    at: str = ""
    done_at: str = ""

    @property
    def unheard_text(self) -> str:
        """What was said into silence; empty when nothing was cut."""
        return "" if self.heard_text is None else self.text[len(self.heard_text) :]


class ToolEntry(msgspec.Struct, kw_only=True):
    """A call and its one result; `asks` while it waits for a human's word."""

    turn_id: str
    call_id: str
    name: str
    arguments: str
    status: ToolStatus = "running"
    output: str = ""
    error: ErrorInfo | None = None
    duration_ms: int = 0
    asks: ev.ApprovalRequested | None = None
    at: str = ""


class AnnouncedEntry(msgspec.Struct, kw_only=True):
    """What the program had to say by itself."""

    turn_id: str
    item_id: str
    text: str
    at: str = ""


Entry: TypeAlias = UserEntry | AnnouncedEntry | AssistantEntry | ToolEntry


class TurnEntry(msgspec.Struct, kw_only=True):
    """A turn and how it ended."""

    turn_id: str
    source: Source
    at: str = ""
    status: TurnStatus = "running"
    reason: InterruptReason | None = None  # of an interrupted one
    error: ErrorInfo | None = None
    usage: Usage = msgspec.field(default_factory=Usage)
    duration_ms: int = 0
    truncation: Truncation = "unknown"


class RecordingEntry(msgspec.Struct, kw_only=True):
    """A file that holds the sound of a part of the session; it may be gone by now."""

    path: str
    rate: int
    channels: int
    at: str = ""


class History(msgspec.Struct, kw_only=True):
    """The folded session; `items` in the order of the conversation, `last_seq` -1 when nothing was logged.

    `began_at` is when the last process took it up; `earlier_ms` how long the ones before ran it.
    """

    session_id: str = ""
    name: str = ""
    parent: ev.SessionForked | None = None
    created_at: str = ""
    last_at: str = ""
    closed_at: str | None = None
    began_at: str = ""
    earlier_ms: int = 0
    last_seq: int = -1
    agent: str = ""
    provider: str = ""
    model: str = ""
    transcription_model: str = ""
    voice: str = ""
    mode: Mode = "text"
    instructions: str = ""
    tools: list[str] = []
    items: list[Entry] = []
    turns: list[TurnEntry] = []
    recordings: list[RecordingEntry] = []
    usage: Usage = msgspec.field(default_factory=Usage)
    reports: list[UsageEntry] = []
    unknown_events: int = 0
    set_aside_bytes: int = 0

    @property
    def damage(self) -> str | None:
        """What the process that took it up last found torn, in one line."""
        size = self.set_aside_bytes
        return f"The last line of the log was torn; its {size} bytes were set aside." if size else None

    @property
    def active_ms(self) -> int:
        """How long processes ran it, from the first to the last thing that each of them logged."""
        return self.earlier_ms + ms_between(self.began_at, self.last_at)

    @property
    def title(self) -> str:
        """The first words of the user."""
        first = next((one.text for one in self.items if isinstance(one, UserEntry) and one.text), None)
        return first or ""

    @property
    def open_calls(self) -> list[ToolEntry]:
        """Calls without a result (P20)."""
        return [one for one in self.items if isinstance(one, ToolEntry) and one.status == "running"]

    @property
    def open_turns(self) -> list[TurnEntry]:
        """Turns without a terminal event: a process died inside them."""
        return [turn for turn in self.turns if turn.status == "running"]


class Folding:
    """The fold, one envelope at a time; `history` is its state so far and may be read, not changed."""

    def __init__(self) -> None:
        self.history = History(items=[], turns=[], recordings=[], reports=[])
        self._users: dict[str, UserEntry] = {}
        self._answers: dict[str, AssistantEntry] = {}
        self._tools: dict[str, ToolEntry] = {}
        self._turns: dict[str, TurnEntry] = {}
        self._early_words: dict[str, ev.UserTranscript] = {}

    def turn(self, turn_id: str) -> TurnEntry | None:
        """A turn by its id."""
        return self._turns.get(turn_id)

    def apply(self, envelope: Envelope) -> None:
        """Take one more; a durable one that was taken already changes nothing."""
        history = self.history
        if envelope.seq is not None:
            if envelope.seq <= history.last_seq:
                return
            self._logged(envelope, envelope.seq)
        data = envelope.data
        match data:
            case ev.TranscriptDelta() | ev.TextDelta():
                self._grow(data, envelope.ts)
            case ev.UserTranscriptDelta(item_id=item_id, delta=delta):
                user = self._users.get(item_id)
                if user is not None:
                    user.text = (user.text or "") + delta
            case ev.UserMessage() | ev.UserTranscript() | ev.AssistantMessage() | ev.AnswerHeard():
                self._said(data, envelope.ts)
            case ev.ToolCall() | ev.ToolResult() | ev.ApprovalRequested() | ev.PermissionDecided():
                self._acted(data, envelope.ts)
            case ev.TurnStarted() | ev.TurnCompleted() | ev.TurnFailed() | ev.TurnInterrupted():
                self._turned(data, envelope.ts)
            case ev.Announced(turn_id=turn_id, item_id=item_id, text=text):
                history.items.append(
                    AnnouncedEntry(turn_id=turn_id, item_id=item_id, text=text, at=envelope.ts)
                )
            case ev.UsageReported():
                self._used(data, envelope.ts)
            case ev.UnknownEvent():
                history.unknown_events += 1
            case _:
                self._configured(data)

    def _logged(self, envelope: Envelope, seq: int) -> None:
        history = self.history
        history.last_seq = seq
        history.session_id = envelope.session_id
        history.created_at = history.created_at or envelope.ts
        if isinstance(envelope.data, ev.SessionRenamed):
            return  # a name may come long after the talk, and is none
        if not history.began_at or isinstance(envelope.data, ev.SessionResumed):
            history.earlier_ms = history.active_ms
            history.began_at = envelope.ts
            history.closed_at = None
        history.last_at = envelope.ts

    def _grow(self, data: ev.TranscriptDelta | ev.TextDelta, at: str) -> None:
        entry = self._answer(data.item_id, data.turn_id, at)
        if entry.streaming:
            entry.text += data.delta
            entry.response_id = data.response_id
            entry.spoken = entry.spoken or isinstance(data, ev.TranscriptDelta)

    def _answer(self, item_id: str, turn_id: str, at: str) -> AssistantEntry:
        entry = self._answers.get(item_id)
        if entry is None:
            entry = AssistantEntry(turn_id=turn_id, item_id=item_id, streaming=True, at=at)
            self._answers[item_id] = entry
            self.history.items.append(entry)
        return entry

    def _said(
        self, data: ev.UserMessage | ev.UserTranscript | ev.AssistantMessage | ev.AnswerHeard, at: str
    ) -> None:
        match data:
            case ev.UserMessage():
                user = UserEntry(
                    turn_id=data.turn_id,
                    item_id=data.item_id,
                    source=data.source,
                    text=data.text,
                    audio_ms=data.audio_ms,
                    at=at,
                )
                self._users[data.item_id] = user
                self.history.items.append(user)
                if (early := self._early_words.pop(data.item_id, None)) is not None:
                    user.text, user.error = early.text, early.error
                    self._place(data)
            case ev.UserTranscript():
                found = self._users.get(data.item_id)
                self._transcribed(data, at)
                if found is None:
                    self._early_words[data.item_id] = data
                else:
                    found.text, found.error = data.text, data.error
            case ev.AssistantMessage():
                entry = self._answer(data.item_id, data.turn_id, at)
                entry.streaming, entry.done_at = False, at
                entry.text, entry.spoken, entry.audio_ms = data.text, data.spoken, data.audio_ms
                entry.response_id, entry.truncation = data.response_id, data.truncation
                entry.partial = data.partial
                entry.interrupted = entry.interrupted or data.interrupted
            case ev.AnswerHeard():
                entry = self._answer(data.item_id, data.turn_id, at)
                entry.interrupted = True
                entry.heard_text, entry.heard_ms = data.heard_text, data.played_ms
            case _:
                assert_never(data)

    def _used(self, data: ev.UsageReported, at: str) -> None:
        history = self.history
        report = of_answer(data, at=at, provider=history.provider, model=history.model)
        history.reports.append(report)
        history.usage = add(history.usage, report.tokens)
        if (turn := self._turns.get(data.turn_id)) is not None:
            turn.usage = add(turn.usage, report.tokens)

    def _transcribed(self, data: ev.UserTranscript, at: str) -> None:
        history, user = self.history, self._users.get(data.item_id)
        report = of_transcript(data, at=at, provider=history.provider, model=history.transcription_model)
        if report is not None:
            report.turn_id = user.turn_id if user is not None else ""
            history.reports.append(report)

    def _place(self, message: ev.UserMessage) -> None:
        for report in self.history.reports:
            if report.item_id == message.item_id:
                report.turn_id = message.turn_id

    def _acted(
        self, data: ev.ToolCall | ev.ToolResult | ev.ApprovalRequested | ev.PermissionDecided, at: str
    ) -> None:
        found = self._tools.get(data.call_id)
        match data:
            case ev.ToolCall():
                entry = ToolEntry(
                    turn_id=data.turn_id,
                    call_id=data.call_id,
                    name=data.name,
                    arguments=data.arguments,
                    at=at,
                )
                self._tools[data.call_id] = entry
                self.history.items.append(entry)
            case ev.ApprovalRequested():
                if found is not None and found.status == "running":
                    found.asks = data
            case ev.PermissionDecided():
                if found is not None:
                    found.asks = None
            case ev.ToolResult():
                if found is not None and found.status == "running":
                    found.asks = None
                    found.status = "ok" if data.ok else "failed"
                    found.output, found.error, found.duration_ms = data.output, data.error, data.duration_ms
            case _:
                assert_never(data)

    def _turned(
        self, data: ev.TurnStarted | ev.TurnCompleted | ev.TurnFailed | ev.TurnInterrupted, at: str
    ) -> None:
        if isinstance(data, ev.TurnStarted):
            turn = TurnEntry(turn_id=data.turn_id, source=data.source, at=at)
            self._turns[data.turn_id] = turn
            self.history.turns.append(turn)
            return
        ended = self._turns.get(data.turn_id)
        if ended is None or ended.status != "running":
            return
        ended.duration_ms = data.duration_ms
        match data:
            case ev.TurnCompleted(truncation=truncation):
                ended.status, ended.truncation = "completed", truncation
            case ev.TurnFailed(terminal_status=status, error=error):
                ended.status, ended.error = status, error
            case ev.TurnInterrupted(reason=reason):
                ended.status, ended.reason = "interrupted", reason
            case _:
                assert_never(data)

    def _configured(self, data: ev.Event) -> None:
        history = self.history
        match data:
            case ev.SessionStarted():
                history.agent, history.provider, history.model = data.agent, data.provider, data.model
                history.voice, history.mode, history.tools = data.voice, data.mode, data.tools
                history.instructions = data.instructions
                history.transcription_model = data.transcription_model
            case ev.SessionResumed():
                history.set_aside_bytes = data.set_aside_bytes
                history.transcription_model = data.transcription_model
                history.provider, history.model = data.provider, data.model
                history.voice, history.mode = data.voice, data.mode
            case ev.SessionForked():
                history.parent = data
            case ev.SessionRenamed(name=name):
                history.name = name
            case ev.RecordingStarted(path=path, rate=rate, channels=channels):
                history.recordings.append(
                    RecordingEntry(path=path, rate=rate, channels=channels, at=history.last_at)
                )
            case ev.SessionClosed():
                history.closed_at = history.last_at
            case ev.ModeChanged(mode=mode):
                history.mode = mode
            case ev.InstructionsChanged(instructions=instructions):
                history.instructions = instructions
            case _:
                pass  # live news and evidence that change nothing of what was said


def fold(envelopes: Iterable[Envelope]) -> History:
    """The history of a log."""
    folding = Folding()
    for envelope in envelopes:
        folding.apply(envelope)
    return folding.history


def ms_between(start: str, end: str) -> int:
    """Milliseconds between two timestamps of the log; 0 where one is missing, or a clock was set back."""
    if not start or not end:
        return 0
    return max(0, round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000))
