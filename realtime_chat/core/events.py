"""What HAPPENED, in vendor-neutral words: the one vocabulary of bus, log, screen and `--events`.

Every event travels in one `Envelope` {id, session_id, seq, ts, type, data} and round-trips to one line of
NDJSON unchanged (P11). Two disjoint families (P12):

* **durable** events carry `seq` 0,1,2,… per session without gaps and are logged before they are published;
* **live** events have `seq` None and are only published.

Order within one turn: TurnStarted, then UserMessage (spoken: at commit, its text comes later as
UserTranscript, possibly after the answer or never) or Announced, then per response ResponseStarted, deltas,
AssistantMessage and ToolCall in the model's order, UsageReported, then ToolResult in the order tools end;
last exactly ONE terminal event: TurnCompleted, TurnFailed or TurnInterrupted (AnswerHeard and LatencyMeasured
precede it). CardWritten and FactsNoted stand beside the turns and name one; they come whenever they come.
No sound is ever inside an event, no handle, no exception.
"""

from typing import Any, TypeAlias

import msgspec

from realtime_chat.core.durable_events import (
    Announced,
    AnswerHeard,
    ApprovalRequested,
    AssistantMessage,
    CardWritten,
    FactsNoted,
    HistoryTrimmed,
    InstructionsChanged,
    LatencyMeasured,
    ModeChanged,
    PermissionDecided,
    ProviderItem,
    RecordingStarted,
    SessionClosed,
    SessionForked,
    SessionRenamed,
    SessionResumed,
    SessionStarted,
    SessionTitled,
    ToolCall,
    ToolResult,
    ToolsChanged,
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
    TurnStarted,
    UsageReported,
    UserMessage,
    UserTranscript,
    VoiceChanged,
)
from realtime_chat.core.event_parts import CloseReason as CloseReason
from realtime_chat.core.event_parts import ImageRef as ImageRef
from realtime_chat.core.event_parts import Intent as Intent
from realtime_chat.core.event_parts import InterruptReason as InterruptReason
from realtime_chat.core.event_parts import Latency as Latency
from realtime_chat.core.event_parts import LinkState as LinkState
from realtime_chat.core.event_parts import Mode as Mode
from realtime_chat.core.event_parts import Source as Source
from realtime_chat.core.event_parts import TerminalStatus as TerminalStatus
from realtime_chat.core.event_parts import TranscriptionUsage as TranscriptionUsage
from realtime_chat.core.event_parts import Truncation as Truncation
from realtime_chat.core.event_parts import TurnPhase as TurnPhase
from realtime_chat.core.event_parts import Usage as Usage
from realtime_chat.core.live_events import (
    ErrorOccurred,
    LevelMeasured,
    LinkChanged,
    MuteApproaching,
    Noticed,
    PlaybackAdvanced,
    RateLimited,
    ResponseStarted,
    SaveStateChanged,
    SpeechStarted,
    SpeechStopped,
    StateChanged,
    TextDelta,
    ToolArgumentsDelta,
    ToolBatchSubmitted,
    ToolCallStarted,
    ToolProgressed,
    ToolStarted,
    TranscriptDelta,
    TurnPhaseChanged,
    UserTranscriptDelta,
)

Durable: TypeAlias = (
    SessionStarted
    | SessionResumed
    | HistoryTrimmed
    | SessionForked
    | SessionRenamed
    | SessionTitled
    | ModeChanged
    | VoiceChanged
    | InstructionsChanged
    | ToolsChanged
    | RecordingStarted
    | TurnStarted
    | UserMessage
    | Announced
    | UserTranscript
    | AssistantMessage
    | AnswerHeard
    | ToolCall
    | ToolResult
    | ApprovalRequested
    | PermissionDecided
    | ProviderItem
    | CardWritten
    | FactsNoted
    | UsageReported
    | LatencyMeasured
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
    | MuteApproaching
    | LevelMeasured
)
Event: TypeAlias = Durable | Live


class UnknownEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A durable event of a type this version does not know; kept by readers, never written anew."""

    type: str
    data: dict[str, Any]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
