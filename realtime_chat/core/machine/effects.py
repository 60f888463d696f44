"""What the machine wants done: one ordered tray, emptied by the session after every input.

The order is the contract: an Emit before a Send means logged before sent (record, then act).
"""

from typing import Literal, TypeAlias

import msgspec

from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.events import CloseReason, Event
from realtime_chat.core.lifecycle import Transition
from realtime_chat.core.messages import Outgoing
from realtime_chat.core.ports import Ruling, ToolRequest

#: The times of T15: to connect, to begin an answer, of a long quiet, of the whole.
Deadline: TypeAlias = Literal["connection", "response", "idle", "total"]
TimerName: TypeAlias = Literal[
    "response", "overlap", "announcement", "tools", "rollover", "idle", "total", "mute"
]


class _Effect(msgspec.Struct, frozen=True, gc=False):
    pass


class Emit(_Effect, frozen=True):
    """Record the event if it is durable, then publish it."""

    event: Event


class Send(_Effect, frozen=True):
    """Put the message on the wire, after all earlier ones."""

    message: Outgoing


class Play(_Effect, frozen=True):
    """Hand sound to the speaker."""

    item_id: str
    pcm: bytes


class FinishPlayback(_Effect, frozen=True):
    """No more sound comes for the item."""

    item_id: str


class FlushPlayback(_Effect, frozen=True):
    """Silence now; the ledger goes back into the machine by `flushed` before anything else does."""


class ForgetPlayback(_Effect, frozen=True):
    """A turn is over: what was wholly heard need not be in the next ledger."""


class Duck(_Effect, frozen=True):
    """Turn the answer down while we listen to who speaks over it, or up again."""

    on: bool


class AwaitPlayback(_Effect, frozen=True):
    """Call `playback_ended(turn_id)` when the speaker is done, at the latest after `at_most_ms`."""

    turn_id: str
    at_most_ms: int


class RunTools(_Effect, frozen=True):
    """Run a batch beside the talk; report each outcome, then the end, under this batch id."""

    batch_id: str
    calls: tuple[ToolRequest, ...]


class CancelTools(_Effect, frozen=True):
    """Set the batch's cancel flag; after a grace its task is cancelled. Later outcomes are ignored."""

    batch_id: str


class Resolve(_Effect, frozen=True):
    """Hand the word on a waiting call to the toolbox that asked."""

    call_id: str
    ruling: Ruling


class StartTimer(_Effect, frozen=True):
    """Call `timer_fired(name)` after `seconds`; replaces a running timer of that name."""

    name: TimerName
    seconds: float


class StopTimer(_Effect, frozen=True):
    """Forget the timer."""

    name: TimerName


class Listen(_Effect, frozen=True):
    """Let the microphone's sound through, or not."""

    on: bool


class Sync(_Effect, frozen=True):
    """Make the log survive a power loss, off the loop."""


class NotifyHandlers(_Effect, frozen=True):
    """Call who watches the session's states, one move after another (T3); a failing one harms nobody (J9)."""

    move: Transition


class NotifyDeadline(_Effect, frozen=True):
    """Call who watches this time: it is up (T15)."""

    deadline: Deadline


class Ready(_Effect, frozen=True):
    """The provider took our configuration: a caller that waits for the start may go on."""


class HangUp(_Effect, frozen=True):
    """This connection is of no more use, the session is: close it without a word to the machine."""


class Reconnect(_Effect, frozen=True):
    """Connect again after so many seconds; a newer one takes the place of one that waits."""

    after_s: float


class EndSession(_Effect, frozen=True):
    """Close the session as if somebody had asked for it."""

    reason: CloseReason


class Disconnect(_Effect, frozen=True):
    """The connection is of no more use: close it and end the session."""

    reason: CloseReason
    error: ErrorInfo | None = None


Effect: TypeAlias = (
    Emit
    | Send
    | Play
    | FinishPlayback
    | FlushPlayback
    | ForgetPlayback
    | Duck
    | AwaitPlayback
    | RunTools
    | CancelTools
    | Resolve
    | StartTimer
    | StopTimer
    | Listen
    | Sync
    | NotifyHandlers
    | NotifyDeadline
    | Ready
    | HangUp
    | Reconnect
    | EndSession
    | Disconnect
)
