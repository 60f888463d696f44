"""What the world answers to the machine's effects; the shell's half of the conversation."""

from typing import TypeAlias

import msgspec

from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.events import CloseReason, PermissionDecided
from realtime_chat.core.machine.effects import TimerName
from realtime_chat.core.messages import Item
from realtime_chat.core.ports import ApprovalQuestion, Capabilities, Ledger, ToolOutcome


class _Report(msgspec.Struct, frozen=True):
    pass


class LinkOpening(_Report, frozen=True):
    """A connection is being made; `seed` is what it will be told of the conversation so far."""

    seed: tuple[Item, ...] = ()


class LinkOpened(_Report, frozen=True):
    """The other side answers; it keeps a connection for `max_session_s` at most, and can do this much."""

    max_session_s: int | None = None
    capabilities: Capabilities = Capabilities()


class LinkLost(_Report, frozen=True):
    """The connection ended, not by us."""

    error: ErrorInfo


class LinkReleased(_Report, frozen=True):
    """The connection was closed by us: the last report of a session."""

    reason: CloseReason


class PlaybackFlushed(_Report, frozen=True):
    """The speaker is silent; the one answer to FlushPlayback."""

    ledger: Ledger


class PlaybackReached(_Report, frozen=True):
    """So much was heard of the items that play."""

    ledger: Ledger


class PlaybackEnded(_Report, frozen=True):
    """The speaker played a turn's answer to its end, or its time for it is up.

    `cut`: some of an answer was heard, and the rest never will be: the device went away in its middle.
    """

    turn_id: str
    cut: bool = False


class VoiceHeard(_Report, frozen=True):
    """The microphone heard the user begin to speak, or stop: at once, long before a provider says so."""

    speaking: bool


class ToolFinished(_Report, frozen=True):
    """One tool of a batch ended."""

    batch_id: str
    outcome: ToolOutcome


class ApprovalWanted(_Report, frozen=True):
    """A call of a batch may run only with a human's word."""

    batch_id: str
    question: ApprovalQuestion


class PermissionSettled(_Report, frozen=True):
    """A call of a batch was allowed or denied without a human."""

    batch_id: str
    decision: PermissionDecided


class BatchFinished(_Report, frozen=True):
    """All tools of a batch ended."""

    batch_id: str


class TimerFired(_Report, frozen=True):
    """A timer that was started ran out."""

    name: TimerName


BatchReport: TypeAlias = ToolFinished | ApprovalWanted | PermissionSettled | BatchFinished
Report: TypeAlias = (
    LinkOpening
    | LinkOpened
    | LinkLost
    | LinkReleased
    | PlaybackFlushed
    | PlaybackReached
    | PlaybackEnded
    | VoiceHeard
    | BatchReport
    | TimerFired
)
