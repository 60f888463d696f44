"""What was said, by whom, and what of it was heard: the state that `folding` makes of a session's events."""

from typing import Literal, TypeAlias

import msgspec

from realtime_chat.core import events as ev
from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.events import (
    ImageRef,
    Intent,
    InterruptReason,
    Latency,
    Mode,
    Source,
    Truncation,
    Usage,
)
from realtime_chat.core.images import caption
from realtime_chat.core.moments import moment
from realtime_chat.core.usage import UsageEntry

TurnStatus: TypeAlias = Literal[
    "running", "completed", "failed", "partial_failed", "interrupted", "timed_out"
]
ToolStatus: TypeAlias = Literal["running", "ok", "failed"]


class UserEntry(msgspec.Struct, kw_only=True, gc=False):
    """What the user typed or said; `text` None until a transcript came."""

    turn_id: str
    item_id: str
    source: Source
    text: str | None = None
    audio_ms: int = 0
    error: str | None = None
    at: str = ""
    images: list[ImageRef] = []

    @property
    def shown(self) -> str:
        """The words, and a line for each picture that goes with them."""
        return "\n".join(filter(None, (self.text, *map(caption, self.images))))


class AssistantEntry(msgspec.Struct, kw_only=True, gc=False):
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


class AnnouncedEntry(msgspec.Struct, kw_only=True, gc=False):
    """What the program had to say by itself."""

    turn_id: str
    item_id: str
    text: str
    at: str = ""


Entry: TypeAlias = UserEntry | AnnouncedEntry | AssistantEntry | ToolEntry


class CardEntry(msgspec.Struct, kw_only=True, gc=False):
    """A card that an agent beside the talk wrote."""

    agent: str
    turn_id: str
    title: str
    text: str = ""
    at: str = ""


class FactsEntry(msgspec.Struct, kw_only=True):
    """What an agent beside the talk learnt."""

    agent: str
    turn_id: str
    facts: list[str]
    at: str = ""


#: Not of the conversation: it stands beside it.
Aside: TypeAlias = CardEntry | FactsEntry


class TurnEntry(msgspec.Struct, kw_only=True, gc=False):
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
    latency: Latency | None = None


class RecordingEntry(msgspec.Struct, kw_only=True):
    """A file that holds the sound of a part of the session; it may be gone by now."""

    path: str
    rate: int
    channels: int
    at: str = ""


class OpaqueEntry(msgspec.Struct, kw_only=True, gc=False):
    """An item of the provider's own, for its `model` alone; it stands before the `before`th entry."""

    item_id: str
    model: str
    content: str
    before: int


class History(msgspec.Struct, kw_only=True):
    """The folded session; `items` in the order of the conversation, `last_seq` -1 when nothing was logged.

    `began_at` is when the last process took it up; `earlier_ms` how long the ones before ran it.
    """

    session_id: str = ""
    name: str = ""
    titled: str = ""
    parent: ev.SessionForked | None = None
    created_at: str = ""
    last_at: str = ""
    closed_at: str | None = None
    began_at: str = ""
    earlier_ms: int = 0
    last_seq: int = -1
    agent: str = ""
    intent: Intent = "conversation"
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
    opaque: list[OpaqueEntry] = []
    asides: list[Aside] = []
    usage: Usage = msgspec.field(default_factory=Usage)
    reports: list[UsageEntry] = []
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
        """What the model calls it, or else the first words of the user."""
        if self.titled:
            return self.titled
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


def ms_between(start: str, end: str) -> int:
    """Milliseconds between two timestamps of the log; 0 where one is none, or a clock was set back."""
    began, ended = moment(start), moment(end)
    if began is None or ended is None:
        return 0
    return max(0, round((ended - began).total_seconds() * 1000))
