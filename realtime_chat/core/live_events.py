"""Events that are only published: pieces, states and progress (P12)."""

from typing import Any, ClassVar, Literal

from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.event_parts import BaseEvent, LinkState, TurnPhase


class LinkChanged(BaseEvent, frozen=True, kw_only=True):
    """The connection moved; `detail` is one line for a status bar."""

    type: ClassVar[str] = "link_changed"
    old: LinkState
    new: LinkState
    detail: str = ""
    retry_in_s: float = 0.0  # another connection is tried then


class StateChanged(BaseEvent, frozen=True, kw_only=True):
    """One of the twelve session states became another (T1)."""

    type: ClassVar[str] = "state_changed"
    old: str
    new: str


class TurnPhaseChanged(BaseEvent, frozen=True, kw_only=True):
    """The running turn moved on; IDLE follows every terminal event."""

    type: ClassVar[str] = "turn_phase_changed"
    turn_id: str
    phase: TurnPhase


class SpeechStarted(BaseEvent, frozen=True, kw_only=True):
    """The user began to speak, `at_ms` after the session's first sound."""

    type: ClassVar[str] = "speech_started"
    item_id: str
    at_ms: int | None = None


class SpeechStopped(BaseEvent, frozen=True, kw_only=True):
    """The user stopped speaking."""

    type: ClassVar[str] = "speech_stopped"
    item_id: str
    at_ms: int | None = None


class UserTranscriptDelta(BaseEvent, frozen=True, kw_only=True):
    """Some words of a spoken message; the whole comes as UserTranscript."""

    type: ClassVar[str] = "user_transcript_delta"
    item_id: str
    delta: str


class ResponseStarted(BaseEvent, frozen=True, kw_only=True):
    """The model began a response; a turn holds one or more."""

    type: ClassVar[str] = "response_started"
    turn_id: str
    response_id: str


class TextDelta(BaseEvent, frozen=True, kw_only=True):
    """Some written words of an answer item; the whole comes as AssistantMessage (M11)."""

    type: ClassVar[str] = "assistant_text_delta"
    turn_id: str
    response_id: str
    item_id: str
    delta: str


class TranscriptDelta(BaseEvent, frozen=True, kw_only=True):
    """Some spoken words of an answer item, usually far ahead of the sound."""

    type: ClassVar[str] = "assistant_transcript_delta"
    turn_id: str
    response_id: str
    item_id: str
    delta: str


class PlaybackAdvanced(BaseEvent, frozen=True, kw_only=True):
    """How far the speaker is inside an answer item; a few per second while it plays."""

    type: ClassVar[str] = "playback_advanced"
    item_id: str
    played_ms: int
    received_ms: int


class ToolCallStarted(BaseEvent, frozen=True, kw_only=True):
    """The model began to write a call; its arguments are still incomplete."""

    type: ClassVar[str] = "tool_call_started"
    turn_id: str
    call_id: str
    name: str


class ToolArgumentsDelta(BaseEvent, frozen=True, kw_only=True):
    """Some of a call's arguments."""

    type: ClassVar[str] = "tool_call_args_delta"
    call_id: str
    delta: str


class ToolStarted(BaseEvent, frozen=True, kw_only=True):
    """A tool runs; its ToolCall was logged before."""

    type: ClassVar[str] = "tool_started"
    turn_id: str
    call_id: str
    name: str


class ToolProgressed(BaseEvent, frozen=True, kw_only=True):
    """A running tool says how far it is."""

    type: ClassVar[str] = "tool_progress"
    call_id: str
    text: str


class ToolBatchSubmitted(BaseEvent, frozen=True, kw_only=True):
    """All outputs of a batch went to the model; one follow-up response was asked for (M5, M6)."""

    type: ClassVar[str] = "tool_batch_submitted"
    turn_id: str
    call_ids: list[str]


class RateLimited(BaseEvent, frozen=True, kw_only=True):
    """A limit is nearly or fully used up; `reset_ms` until it is full again."""

    type: ClassVar[str] = "rate_limited"
    reset_ms: int
    details: list[dict[str, Any]] = []  # noqa: RUF012 - a struct copies it


class ErrorOccurred(BaseEvent, frozen=True, kw_only=True):
    """Something failed that does not end the turn by itself."""

    type: ClassVar[str] = "error"
    error: ErrorInfo
    recoverable: bool = True


class Noticed(BaseEvent, frozen=True, kw_only=True):
    """One line for the user: a warning, a degraded mode, what was set aside."""

    type: ClassVar[str] = "notice"
    text: str
    level: Literal["info", "warning"] = "info"


class SaveStateChanged(BaseEvent, frozen=True, kw_only=True):
    """The disk refuses (`unsaved` with the count kept in memory) or takes events again."""

    type: ClassVar[str] = "save_state_changed"
    saved: bool
    pending: int = 0


class MuteApproaching(BaseEvent, frozen=True, kw_only=True):
    """The microphone is closed in so many seconds if nobody says anything; 0: it is not, any more."""

    type: ClassVar[str] = "mute_approaching"
    in_s: int


class LevelMeasured(BaseEvent, frozen=True, kw_only=True):
    """Loudness of the microphone and the speaker, dBFS, -120..0."""

    type: ClassVar[str] = "level"
    input_db: float = -120.0
    output_db: float = -120.0
