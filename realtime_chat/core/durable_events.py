"""Events that are numbered and logged before anybody sees them (P12)."""

from typing import ClassVar

from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.event_parts import (
    BaseEvent,
    CloseReason,
    ImageRef,
    Intent,
    InterruptReason,
    Latency,
    Mode,
    Source,
    TerminalStatus,
    TranscriptionUsage,
    Truncation,
    Usage,
)


class SessionStarted(BaseEvent, frozen=True, kw_only=True):
    """First event of every log, seq 0; of a fork's, seq 1."""

    type: ClassVar[str] = "session_started"
    agent: str = "assistant"
    provider: str = ""
    model: str = ""
    transcription_model: str = ""
    voice: str = ""
    mode: Mode = "text"
    instructions: str = ""
    tools: list[str] = []  # noqa: RUF012 - a struct copies it
    intent: Intent = "conversation"
    app_version: str = ""


class SessionResumed(BaseEvent, frozen=True, kw_only=True):
    """A process took the session up again; follows what the earlier one left."""

    type: ClassVar[str] = "session_resumed"
    provider: str = ""
    model: str = ""
    transcription_model: str = ""
    voice: str = ""
    mode: Mode = "text"
    agent: str = ""  # "": the one it had
    intent: Intent = "conversation"
    app_version: str = ""
    set_aside_bytes: int = 0  # a torn last line, kept beside the log


class SessionForked(BaseEvent, frozen=True, kw_only=True):
    """Seq 0 of a log that begins as a copy of another one's first turns; SessionStarted and the turns follow.

    What was said stands after it as the parent's log has it, at the parent's times; what it cost does not.
    """

    type: ClassVar[str] = "session_forked"
    parent_id: str
    parent_seq: int  # the last event of the parent that was looked at
    turn_id: str = ""  # the last turn that was copied


class SessionRenamed(BaseEvent, frozen=True, kw_only=True):
    """The user gave the session a name, or took it away ("")."""

    type: ClassVar[str] = "session_renamed"
    name: str


class SessionTitled(BaseEvent, frozen=True, kw_only=True):
    """The model said in a few words what the talk is about; a name that the user gave goes before it."""

    type: ClassVar[str] = "session_titled"
    title: str


class VoiceChanged(BaseEvent, frozen=True, kw_only=True):
    """Answers sound otherwise from the next connection on."""

    type: ClassVar[str] = "voice_changed"
    voice: str


class ModeChanged(BaseEvent, frozen=True, kw_only=True):
    """Text or voice, from the next turn on; resume keeps the last one."""

    type: ClassVar[str] = "mode_changed"
    mode: Mode


class InstructionsChanged(BaseEvent, frozen=True, kw_only=True):
    """The model got new instructions; from the next response on."""

    type: ClassVar[str] = "instructions_changed"
    instructions: str


class ToolsChanged(BaseEvent, frozen=True, kw_only=True):
    """The model may call these, and no others; from the next response on."""

    type: ClassVar[str] = "tools_changed"
    tools: list[str]


class RecordingStarted(BaseEvent, frozen=True, kw_only=True):
    """The talk's sound is kept from here on, in a file beside the log; follows SessionStarted or SessionResumed."""

    type: ClassVar[str] = "recording_started"
    path: str  # absolute
    rate: int  # Hz
    channels: int  # two: the user left, the assistant right


class TurnStarted(BaseEvent, frozen=True, kw_only=True):
    """The slot was taken. Precedes every other event of this turn."""

    type: ClassVar[str] = "turn_started"
    turn_id: str
    source: Source


class UserMessage(BaseEvent, frozen=True, kw_only=True):
    """What the user typed, or the place of what the user said (text None until UserTranscript).

    `images` were shown with it; their copies stand beside the log.
    """

    type: ClassVar[str] = "user_message"
    turn_id: str
    item_id: str
    source: Source
    text: str | None = None
    audio_ms: int = 0
    images: list[ImageRef] = []  # noqa: RUF012 - a struct copies it


class Announced(BaseEvent, frozen=True, kw_only=True):
    """What the program says by itself in this turn: the model was told it, and asked to tell the user."""

    type: ClassVar[str] = "announced"
    turn_id: str
    item_id: str
    text: str


class UserTranscript(BaseEvent, frozen=True, kw_only=True):
    """The words of a spoken UserMessage, by item id: late, out of order, or never (text None + error).

    `usage` is what the transcription model used for them; evidence, like UsageReported.
    """

    type: ClassVar[str] = "user_transcript"
    item_id: str
    text: str | None = None
    error: str | None = None
    usage: TranscriptionUsage | None = None


class AssistantMessage(BaseEvent, frozen=True, kw_only=True):
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


class AnswerHeard(BaseEvent, frozen=True, kw_only=True):
    """How much of an interrupted spoken answer left the speaker. May precede its AssistantMessage."""

    type: ClassVar[str] = "answer_heard"
    turn_id: str
    item_id: str
    played_ms: int
    produced_ms: int
    heard_text: str


class ToolCall(BaseEvent, frozen=True, kw_only=True):
    """The model asked for a tool; `arguments` is the JSON text as it came. Answered by one ToolResult."""

    type: ClassVar[str] = "tool_call"
    turn_id: str
    response_id: str
    call_id: str
    name: str
    arguments: str


class ToolResult(BaseEvent, frozen=True, kw_only=True):
    """The one answer of a call: what went (or would have gone) to the model. `halted`: no tool may follow it (X16)."""

    type: ClassVar[str] = "tool_result"
    turn_id: str
    call_id: str
    name: str
    ok: bool
    output: str
    error: ErrorInfo | None = None
    duration_ms: int = 0
    halted: bool = False


class ApprovalRequested(BaseEvent, frozen=True, kw_only=True):
    """A call waits for a human's word; the turn waits, the talk does not.

    `arguments` is JSON as it would run; `scope` says what an answer for this session or for good would cover.
    Ends with its PermissionDecided, or, when the turn is cut, with its ToolResult.
    """

    type: ClassVar[str] = "approval_requested"
    turn_id: str
    call_id: str
    name: str
    arguments: str
    reason: str = ""
    scope: str = ""


class PermissionDecided(BaseEvent, frozen=True, kw_only=True):
    """A call was allowed or denied, by whom and why; what needs nobody's leave is not told.

    `by`: user, rule, grant, mode, hook, or no_asker (a human should have been asked, and nobody was there).
    """

    type: ClassVar[str] = "permission_decision"
    call_id: str
    name: str
    allowed: bool
    by: str
    reason: str = ""


class ProviderItem(BaseEvent, frozen=True, kw_only=True):
    """Something of the provider's own in its conversation that we do not understand: kept as it came.

    `content` is its JSON, told again, at its place, to a connection with the same `model`, and to no other (P34).
    """

    type: ClassVar[str] = "provider_item"
    turn_id: str = ""
    item_id: str
    kind: str  # as the provider calls it
    model: str
    content: str


class CardWritten(BaseEvent, frozen=True, kw_only=True):
    """An agent beside the talk sums up a turn; may come after the turn's end. Never told to the talk's model."""

    type: ClassVar[str] = "card_written"
    agent: str
    turn_id: str
    title: str
    text: str = ""


class FactsNoted(BaseEvent, frozen=True, kw_only=True):
    """What an agent beside the talk learnt from a turn and did not know before; as CardWritten."""

    type: ClassVar[str] = "facts_noted"
    agent: str
    turn_id: str
    facts: list[str]


class UsageReported(BaseEvent, frozen=True, kw_only=True):
    """What a response cost, as evidence; never replayed to the model (P31)."""

    type: ClassVar[str] = "provider_usage"
    turn_id: str
    response_id: str
    usage: Usage
    status: str = "completed"


class LatencyMeasured(BaseEvent, frozen=True, kw_only=True):
    """How long a typed or spoken turn let its user wait; once, just before its terminal event.

    Not told where nothing was measured: the turn ended before anything came.
    """

    type: ClassVar[str] = "latency_measured"
    turn_id: str
    latency: Latency


class TurnCompleted(BaseEvent, frozen=True, kw_only=True):
    """Terminal: the answer is there and, where a speaker is attached, was played to its end (P21)."""

    type: ClassVar[str] = "turn_completed"
    turn_id: str
    truncation: Truncation = "unknown"
    duration_ms: int = 0


class TurnFailed(BaseEvent, frozen=True, kw_only=True):
    """Terminal: no clean end. `partial_failed` kept some text, `timed_out` got no sign in time (P21, P22)."""

    type: ClassVar[str] = "turn_failed"
    turn_id: str
    terminal_status: TerminalStatus
    error: ErrorInfo
    duration_ms: int = 0


class TurnInterrupted(BaseEvent, frozen=True, kw_only=True):
    """Terminal: the user (or close) cut the turn. Precedes nothing else of this turn but late evidence."""

    type: ClassVar[str] = "turn_interrupted"
    turn_id: str
    reason: InterruptReason
    duration_ms: int = 0


class HistoryTrimmed(BaseEvent, frozen=True, kw_only=True):
    """A connection was told the last `told` entries of the talk; it does not know of the `left_out` before them."""

    type: ClassVar[str] = "history_trimmed"
    told: int
    left_out: int


class SessionClosed(BaseEvent, frozen=True, kw_only=True):
    """The session let go of its log; the last durable event of this process."""

    type: ClassVar[str] = "session_closed"
    reason: CloseReason
