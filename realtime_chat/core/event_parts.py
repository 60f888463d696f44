"""What events are made of: the words that several of them use."""

from enum import StrEnum
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

Source: TypeAlias = Literal["typed", "spoken", "announced"]
#: What a connection is for: a talk, or captions of what is said, which nobody answers.
Intent: TypeAlias = Literal["conversation", "transcription"]
Mode: TypeAlias = Literal["text", "voice"]
Truncation: TypeAlias = Literal["not_truncated", "truncated", "unknown"]
InterruptReason: TypeAlias = Literal["manual", "barge_in", "spoken_stop", "device_lost", "error", "close"]
TerminalStatus: TypeAlias = Literal["failed", "partial_failed", "timed_out"]
CloseReason: TypeAlias = Literal["client", "server", "error", "idle_timeout", "session_timeout", "budget"]


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


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Tokens as the provider reported them, never estimated (M32).

    `cached` is a part of `input`, and each `cached_*` of the `input_*` of its kind; a provider may leave out kinds.
    """

    input: int = 0
    output: int = 0
    total: int = 0
    input_text: int = 0
    input_audio: int = 0
    input_image: int = 0
    cached: int = 0
    cached_text: int = 0
    cached_audio: int = 0
    cached_image: int = 0
    output_text: int = 0
    output_audio: int = 0
    extras: dict[str, Any] = {}


class TranscriptionUsage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What writing the user's words down used, as reported: seconds of sound, or tokens, by the model's kind.

    It is billed to the transcription model, apart from the answer's `Usage`.
    """

    seconds: float = 0.0
    tokens: Usage = Usage()


class Latency(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long the user waited in one turn: ms from the end of the speech (push-to-talk: from its last sound on the
    wire), or from the sending of what was typed. None: it did not come to that.

    `commit_ms`: the provider made an item of the speech. `first_token_ms`: the first words of an answer came,
    `first_audio_ms`: its first sound. `first_audible_ms`: that sound was handed to the speaker's device.
    """

    commit_ms: int | None = None
    first_token_ms: int | None = None
    first_audio_ms: int | None = None
    first_audible_ms: int | None = None


class ImageRef(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that the user showed: `name` as its file was called, `size` in bytes.

    `file` is what its copy beside the log is called, after the session's id and a point.
    """

    name: str
    media_type: str
    size: int
    file: str


# gc=False here and in history: none of them can be in a cycle, and a long talk has a hundred thousand to look through.
class BaseEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`type` is the event's name in a line of the log."""

    type: ClassVar[str]
