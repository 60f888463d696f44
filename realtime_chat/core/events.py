"""What HAPPENED, in vendor-neutral words: the one vocabulary of bus, log, screen and `--events`.

Every event travels in one `Envelope` {id, session_id, seq, ts, type, data} and round-trips to one line of
NDJSON unchanged (P11). Two disjoint families (P12):

* **durable** events carry `seq` 0,1,2,… per session without gaps and are logged before they are published;
* **live** events have `seq` None and are only published.

Order within one turn: TurnStarted, then UserMessage (spoken: at commit, its text comes later as
UserTranscript, possibly after the answer or never), then per response ResponseStarted, deltas,
AssistantMessage and ToolCall in the model's order, UsageReported, then ToolResult in the order tools end;
last exactly ONE terminal event: TurnCompleted, TurnFailed or TurnInterrupted (AnswerHeard precedes it).
No sound is ever inside an event, no handle, no exception.
"""

from enum import StrEnum
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from realtime_chat.core.errors import ErrorInfo

Source: TypeAlias = Literal["typed", "spoken"]
Mode: TypeAlias = Literal["text", "voice"]
Truncation: TypeAlias = Literal["not_truncated", "truncated", "unknown"]
InterruptReason: TypeAlias = Literal["manual", "barge_in", "spoken_stop", "error", "close"]
TerminalStatus: TypeAlias = Literal["failed", "partial_failed", "timed_out"]
CloseReason: TypeAlias = Literal["client", "server", "error", "idle_timeout", "session_timeout"]


class TurnPhase(StrEnum):
    """Where the running turn is. IDLE means that the slot is free."""

    IDLE = "idle"
    HEARING = "hearing"  # the user speaks, or has spoken and the commit is awaited
    THINKING = "thinking"  # an answer was asked for, nothing of it has come
    RESPONDING = "responding"  # the answer arrives
    ACTING = "acting"  # tools run
    SPEAKING = "speaking"  # the answer is complete, the speaker still plays it


class LinkState(StrEnum):
    """Where the connection to the model is."""

    IDLE = "idle"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    CONFIGURING = "configuring"
    READY = "ready"
    PAUSED = "paused"
    RECONNECTING = "reconnecting"
    CLOSING = "closing"
    CLOSED = "closed"
    ERROR = "error"


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens as the provider reported them, never estimated (M32); `cached` is a part of `input`."""

    input: int = 0
    output: int = 0
    total: int = 0
    input_text: int = 0
    input_audio: int = 0
    cached: int = 0
    output_text: int = 0
    output_audio: int = 0
    extras: dict[str, Any] = {}


class _Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str]


# ---------------------------------------------------------------- durable


class SessionStarted(_Event, frozen=True, kw_only=True):
    """First event of every log, seq 0."""

    type: ClassVar[str] = "session_started"
    agent: str = "assistant"
    provider: str = ""
    model: str = ""
    voice: str = ""
    mode: Mode = "text"
    instructions: str = ""
    tools: list[str] = []
    app_version: str = ""


class SessionResumed(_Event, frozen=True, kw_only=True):
    """A process took the session up again; follows what the earlier one left."""

    type: ClassVar[str] = "session_resumed"
    provider: str = ""
    model: str = ""
    voice: str = ""
    mode: Mode = "text"
    app_version: str = ""
    set_aside_bytes: int = 0  # a torn last line, kept beside the log


class ModeChanged(_Event, frozen=True, kw_only=True):
    """Text or voice, from the next turn on; resume keeps the last one."""

    type: ClassVar[str] = "mode_changed"
    mode: Mode


class InstructionsChanged(_Event, frozen=True, kw_only=True):
    """The model got new instructions; from the next response on."""

    type: ClassVar[str] = "instructions_changed"
    instructions: str


class TurnStarted(_Event, frozen=True, kw_only=True):
    """The slot was taken. Precedes every other event of this turn."""

    type: ClassVar[str] = "turn_started"
    turn_id: str
    source: Source


class UserMessage(_Event, frozen=True, kw_only=True):
    """What the user typed, or the place of what the user said (text None until UserTranscript)."""

    type: ClassVar[str] = "user_message"
    turn_id: str
    item_id: str
    source: Source
    text: str | None = None
    audio_ms: int = 0


class UserTranscript(_Event, frozen=True, kw_only=True):
    """The words of a spoken UserMessage, by item id: late, out of order, or never (text None + error)."""

    type: ClassVar[str] = "user_transcript"
    item_id: str
    text: str | None = None
    error: str | None = None


class AssistantMessage(_Event, frozen=True, kw_only=True):
    """A whole answer item, at its response's end.

    `partial`: the provider failed inside it; kept for audit, never replayed (P21).
    `interrupted`: the user cut in; only the heard part is replayed (see AnswerHeard).
    """

    type: ClassVar[str] = "assistant_message"
    turn_id: str
    response_id: str
    item_id: str
    text: str
    spoken: bool = False
    audio_ms: int = 0
    partial: bool = False
    interrupted: bool = False
    truncation: Truncation = "unknown"


class AnswerHeard(_Event, frozen=True, kw_only=True):
    """How much of an interrupted spoken answer left the speaker. May precede its AssistantMessage."""

    type: ClassVar[str] = "answer_heard"
    turn_id: str
    item_id: str
    played_ms: int
    produced_ms: int
    heard_text: str


class ToolCall(_Event, frozen=True, kw_only=True):
    """The model asked for a tool; `arguments` is the JSON text as it came. Answered by one ToolResult."""

    type: ClassVar[str] = "tool_call"
    turn_id: str
    response_id: str
    call_id: str
    name: str
    arguments: str


class ToolResult(_Event, frozen=True, kw_only=True):
    """The one answer of a call: what went (or would have gone) to the model."""

    type: ClassVar[str] = "tool_result"
    turn_id: str
    call_id: str
    name: str
    ok: bool
    output: str
    error: ErrorInfo | None = None
    duration_ms: int = 0


class ApprovalRequested(_Event, frozen=True, kw_only=True):
    """A call waits for a human's word; the turn waits, the talk does not."""

    type: ClassVar[str] = "approval_requested"
    turn_id: str
    call_id: str
    name: str
    arguments: str
    reason: str = ""


class PermissionDecided(_Event, frozen=True, kw_only=True):
    """A call was allowed or denied, by whom and why."""

    type: ClassVar[str] = "permission_decision"
    call_id: str
    name: str
    allowed: bool
    by: str
    reason: str = ""


class UsageReported(_Event, frozen=True, kw_only=True):
    """What a response cost, as evidence; never replayed to the model (P31)."""

    type: ClassVar[str] = "provider_usage"
    turn_id: str
    response_id: str
    usage: Usage
    status: str = "completed"


class TurnCompleted(_Event, frozen=True, kw_only=True):
    """Terminal: the answer is there and, where a speaker is attached, was played to its end (P21)."""

    type: ClassVar[str] = "turn_completed"
    turn_id: str
    truncation: Truncation = "unknown"
    duration_ms: int = 0


class TurnFailed(_Event, frozen=True, kw_only=True):
    """Terminal: no clean end. `partial_failed` kept some text, `timed_out` got no sign in time (P21, P22)."""

    type: ClassVar[str] = "turn_failed"
    turn_id: str
    terminal_status: TerminalStatus
    error: ErrorInfo
    duration_ms: int = 0


class TurnInterrupted(_Event, frozen=True, kw_only=True):
    """Terminal: the user (or close) cut the turn. Precedes nothing else of this turn but late evidence."""

    type: ClassVar[str] = "turn_interrupted"
    turn_id: str
    reason: InterruptReason
    duration_ms: int = 0


class SessionClosed(_Event, frozen=True, kw_only=True):
    """The session let go of its log; the last durable event of this process."""

    type: ClassVar[str] = "session_closed"
    reason: CloseReason


# ---------------------------------------------------------------- live


class LinkChanged(_Event, frozen=True, kw_only=True):
    """The connection moved; `detail` is one line for a status bar."""

    type: ClassVar[str] = "link_changed"
    old: LinkState
    new: LinkState
    detail: str = ""


class StateChanged(_Event, frozen=True, kw_only=True):
    """One of the twelve session states became another (T1)."""

    type: ClassVar[str] = "state_changed"
    old: str
    new: str


class TurnPhaseChanged(_Event, frozen=True, kw_only=True):
    """The running turn moved on; IDLE follows every terminal event."""

    type: ClassVar[str] = "turn_phase_changed"
    turn_id: str
    phase: TurnPhase


class SpeechStarted(_Event, frozen=True, kw_only=True):
    """The user began to speak, `at_ms` after the session's first sound."""

    type: ClassVar[str] = "speech_started"
    item_id: str
    at_ms: int | None = None


class SpeechStopped(_Event, frozen=True, kw_only=True):
    """The user stopped speaking."""

    type: ClassVar[str] = "speech_stopped"
    item_id: str
    at_ms: int | None = None


class UserTranscriptDelta(_Event, frozen=True, kw_only=True):
    """Some words of a spoken message; the whole comes as UserTranscript."""

    type: ClassVar[str] = "user_transcript_delta"
    item_id: str
    delta: str


class ResponseStarted(_Event, frozen=True, kw_only=True):
    """The model began a response; a turn holds one or more."""

    type: ClassVar[str] = "response_started"
    turn_id: str
    response_id: str


class TextDelta(_Event, frozen=True, kw_only=True):
    """Some written words of an answer item; the whole comes as AssistantMessage (M11)."""

    type: ClassVar[str] = "assistant_text_delta"
    turn_id: str
    response_id: str
    item_id: str
    delta: str


class TranscriptDelta(_Event, frozen=True, kw_only=True):
    """Some spoken words of an answer item, usually far ahead of the sound."""

    type: ClassVar[str] = "assistant_transcript_delta"
    turn_id: str
    response_id: str
    item_id: str
    delta: str


class PlaybackAdvanced(_Event, frozen=True, kw_only=True):
    """How far the speaker is inside an answer item; a few per second while it plays."""

    type: ClassVar[str] = "playback_advanced"
    item_id: str
    played_ms: int
    received_ms: int


class ToolCallStarted(_Event, frozen=True, kw_only=True):
    """The model began to write a call; its arguments are still incomplete."""

    type: ClassVar[str] = "tool_call_started"
    turn_id: str
    call_id: str
    name: str


class ToolArgumentsDelta(_Event, frozen=True, kw_only=True):
    """Some of a call's arguments."""

    type: ClassVar[str] = "tool_call_args_delta"
    call_id: str
    delta: str


class ToolStarted(_Event, frozen=True, kw_only=True):
    """A tool runs; its ToolCall was logged before."""

    type: ClassVar[str] = "tool_started"
    turn_id: str
    call_id: str
    name: str


class ToolProgressed(_Event, frozen=True, kw_only=True):
    """A running tool says how far it is."""

    type: ClassVar[str] = "tool_progress"
    call_id: str
    text: str


class ToolBatchSubmitted(_Event, frozen=True, kw_only=True):
    """All outputs of a batch went to the model; one follow-up response was asked for (M5, M6)."""

    type: ClassVar[str] = "tool_batch_submitted"
    turn_id: str
    call_ids: list[str]


class RateLimited(_Event, frozen=True, kw_only=True):
    """A limit is nearly or fully used up; `reset_ms` until it is full again."""

    type: ClassVar[str] = "rate_limited"
    reset_ms: int
    details: list[dict[str, Any]] = []


class ErrorOccurred(_Event, frozen=True, kw_only=True):
    """Something failed that does not end the turn by itself."""

    type: ClassVar[str] = "error"
    error: ErrorInfo
    recoverable: bool = True


class Noticed(_Event, frozen=True, kw_only=True):
    """One line for the user: a warning, a degraded mode, what was set aside."""

    type: ClassVar[str] = "notice"
    text: str
    level: Literal["info", "warning"] = "info"


class SaveStateChanged(_Event, frozen=True, kw_only=True):
    """The disk refuses (`unsaved` with the count kept in memory) or takes events again."""

    type: ClassVar[str] = "save_state_changed"
    saved: bool
    pending: int = 0


class LevelMeasured(_Event, frozen=True, kw_only=True):
    """Loudness of the microphone and the speaker, dBFS, -120..0."""

    type: ClassVar[str] = "level"
    input_db: float = -120.0
    output_db: float = -120.0


Durable: TypeAlias = (
    SessionStarted
    | SessionResumed
    | ModeChanged
    | InstructionsChanged
    | TurnStarted
    | UserMessage
    | UserTranscript
    | AssistantMessage
    | AnswerHeard
    | ToolCall
    | ToolResult
    | ApprovalRequested
    | PermissionDecided
    | UsageReported
    | TurnCompleted
    | TurnFailed
    | TurnInterrupted
    | SessionClosed
)
Live: TypeAlias = (
    LinkChanged
    | StateChanged
    | TurnPhaseChanged
    | SpeechStarted
    | SpeechStopped
    | UserTranscriptDelta
    | ResponseStarted
    | TextDelta
    | TranscriptDelta
    | PlaybackAdvanced
    | ToolCallStarted
    | ToolArgumentsDelta
    | ToolStarted
    | ToolProgressed
    | ToolBatchSubmitted
    | RateLimited
    | ErrorOccurred
    | Noticed
    | SaveStateChanged
    | LevelMeasured
)
Event: TypeAlias = Durable | Live
Terminal: TypeAlias = TurnCompleted | TurnFailed | TurnInterrupted


class UnknownEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A durable event of a type this version does not know; kept by readers, never written anew."""

    type: str
    data: dict[str, Any]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One event with its identity. `ts` is ISO 8601 in UTC; `seq` is None for live events."""

    id: str
    session_id: str
    seq: int | None
    ts: str
    data: Event | UnknownEvent

    @property
    def type(self) -> str:
        """The event's type as it stands in the line."""
        return self.data.type

    @property
    def durable(self) -> bool:
        """True for events that are logged."""
        return self.seq is not None


def _types(union: Any) -> dict[str, type[Any]]:
    return {cls.type: cls for cls in union.__args__}


DURABLE_TYPES: dict[str, type[Any]] = _types(Durable)
LIVE_TYPES: dict[str, type[Any]] = _types(Live)
TERMINAL = (TurnCompleted, TurnFailed, TurnInterrupted)
DURABLE = tuple(DURABLE_TYPES.values())
