"""What one may ASK of a session: the imperative half of its interface, as values.

The Conversation's methods are thin wrappers over these; a machine takes them one at a time.
"""

from typing import Literal, TypeAlias

import msgspec

from realtime_chat.core.events import (
    CardWritten,
    CloseReason,
    ErrorOccurred,
    FactsNoted,
    InterruptReason,
    Mode,
)
from realtime_chat.core.images import KeptImage
from realtime_chat.core.options import ToolSchema, TurnDetection, TurnOptions

Verdict: TypeAlias = Literal["allow", "allow_session", "allow_always", "deny"]


class _Command(msgspec.Struct, frozen=True, kw_only=True):
    pass


class SendText(_Command, frozen=True, kw_only=True):
    """A typed turn, the pictures that go with it, and options that are its own. Raises SessionBusy while a turn runs,
    InvalidArguments where the model cannot see."""

    text: str
    images: tuple[KeptImage, ...] = ()
    options: TurnOptions = TurnOptions()


class CommitAudio(_Command, frozen=True, kw_only=True):
    """Push-to-talk: what was said so far is the turn. Under 100 ms nothing is sent (docs/protocol.md).

    `held_ms`: for how long the microphone was open, without what was kept from before; None: there is none.
    """

    held_ms: int | None = None


class ClearAudio(_Command, frozen=True, kw_only=True):
    """Push-to-talk: forget what was said so far."""


class Listen(_Command, frozen=True, kw_only=True):
    """Let the microphone's sound through to the model, or not."""

    on: bool


class Interrupt(_Command, frozen=True, kw_only=True):
    """Cut the running turn. Raises NoTurn when there is none (P8)."""

    reason: InterruptReason = "manual"


class UpdateInstructions(_Command, frozen=True, kw_only=True):
    """Change the instructions; the rest of the configuration stays (M7)."""

    instructions: str


class SetTools(_Command, frozen=True, kw_only=True):
    """What the model may call, from the next answer on; the rest of the configuration stays (M7)."""

    tools: tuple[ToolSchema, ...]


class SetMode(_Command, frozen=True, kw_only=True):
    """Text or voice, from the next turn on."""

    mode: Mode


class SetVoice(_Command, frozen=True, kw_only=True):
    """Another voice. Providers keep the one that has spoken, so that a new connection is made at a quiet moment."""

    voice: str


class Rename(_Command, frozen=True, kw_only=True):
    """Give the session a name, or none (""). Raises InvalidArguments."""

    name: str


class NoteAside(_Command, frozen=True, kw_only=True):
    """What an agent beside the talk has to say: it is logged and shown, and no part of the conversation."""

    aside: CardWritten | FactsNoted | ErrorOccurred


class SetTurnDetection(_Command, frozen=True, kw_only=True):
    """Who says where a spoken turn ends: a detector, or ("none") the user's commit. From the next turn on."""

    detection: TurnDetection


class Answer(_Command, frozen=True, kw_only=True):
    """A human's word on a waiting call."""

    call_id: str
    verdict: Verdict


class Announce(_Command, frozen=True, kw_only=True):
    """Tell the user something that nobody asked for, in a turn of its own, once nobody talks.

    `item_id`: unique in the session, ≤ 32 characters. Raises SessionBusy when too many wait.
    """

    text: str
    item_id: str


class Pause(_Command, frozen=True, kw_only=True):
    """Cut what runs, let go of the connection, keep the talk (J16). Pausing what is paused changes nothing."""


class Resume(_Command, frozen=True, kw_only=True):
    """Connect again after a pause, or after the tries to connect came to their end."""


class Close(_Command, frozen=True, kw_only=True):
    """End the session: an open turn is cut first."""

    reason: CloseReason = "client"


#: What of a session may be otherwise from now on.
Change: TypeAlias = UpdateInstructions | SetTools | SetMode | SetVoice | SetTurnDetection | Rename | NoteAside
Command: TypeAlias = (
    SendText
    | CommitAudio
    | ClearAudio
    | Listen
    | Interrupt
    | Change
    | Answer
    | Announce
    | Pause
    | Resume
    | Close
)
