"""What goes over a transport, in neutral words: the seam between the machine and every provider's dialect.

`Incoming` is what a provider says, `Outgoing` what we ask of it. A codec (one per dialect) turns both into
frames; nothing above a codec knows a vendor's event name. Sound is raw bytes here: 24 kHz mono s16le (M21).
`final` on transcripts and texts means: the whole, replacing its deltas (M11).
"""

from typing import Any, Literal, TypeAlias

import msgspec

from realtime_chat.core.events import TranscriptionUsage, Usage
from realtime_chat.core.message_parts import Image as Image
from realtime_chat.core.message_parts import Item as Item
from realtime_chat.core.message_parts import ItemKind as ItemKind
from realtime_chat.core.message_parts import ItemStatus as ItemStatus
from realtime_chat.core.message_parts import ResponseStatus as ResponseStatus
from realtime_chat.core.message_parts import Role as Role
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.rare_messages import CallsCancelled as CallsCancelled
from realtime_chat.core.rare_messages import LateUsage as LateUsage
from realtime_chat.core.rare_messages import RenewalDue as RenewalDue


class _Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    pass


# ---------------------------------------------------------------- incoming


class SessionCreated(_Message, frozen=True, kw_only=True):
    """The first message of a connection; configuration may be sent now."""

    provider_session_id: str = ""
    model: str = ""
    voice: str = ""
    expires_at: float | None = None


class SessionUpdated(_Message, frozen=True, kw_only=True):
    """A configuration took effect; sound may flow from now on."""

    model: str = ""
    voice: str = ""


class UserSpeechStarted(_Message, frozen=True, kw_only=True):
    """VAD: the user began to speak; the later commit has this item id."""

    item_id: str
    at_ms: int | None = None


class UserSpeechStopped(_Message, frozen=True, kw_only=True):
    """VAD: the user stopped."""

    item_id: str
    at_ms: int | None = None


class AudioCommitted(_Message, frozen=True, kw_only=True):
    """The input sound became the user item `item_id`, after `previous_item_id`."""

    item_id: str
    previous_item_id: str | None = None


class AudioCleared(_Message, frozen=True, kw_only=True):
    """The input sound was thrown away."""


class InputTimedOut(_Message, frozen=True, kw_only=True):
    """The provider heard nothing for its `idle_timeout_ms` and answers by itself."""

    item_id: str = ""


class ItemAdded(_Message, frozen=True, kw_only=True):
    """An item stands in the provider's conversation (client-made or model-made)."""

    item: Item
    previous_item_id: str | None = None


class ItemDone(_Message, frozen=True, kw_only=True):
    """An item is complete."""

    item: Item


class ItemRetrieved(_Message, frozen=True, kw_only=True):
    """An item we asked for."""

    item: Item


class ItemTruncated(_Message, frozen=True, kw_only=True):
    """The provider forgot the sound (and transcript) of an item after `audio_end_ms`."""

    item_id: str
    audio_end_ms: int


class ItemDeleted(_Message, frozen=True, kw_only=True):
    """The provider forgot an item."""

    item_id: str


class InputTranscriptDelta(_Message, frozen=True, kw_only=True):
    """Some words of what the user said."""

    item_id: str
    delta: str


class InputTranscript(_Message, frozen=True, kw_only=True):
    """All words of what the user said; `usage` is billed apart."""

    item_id: str
    text: str
    usage: TranscriptionUsage | None = None


class InputTranscriptFailed(_Message, frozen=True, kw_only=True):
    """The words of this item will never come."""

    item_id: str
    error: str


class ResponseCreated(_Message, frozen=True, kw_only=True):
    """A response began; `metadata` echoes what the request carried."""

    response_id: str
    metadata: dict[str, str] | None = None


class OutputItemAdded(_Message, frozen=True, kw_only=True):
    """The model began an item of a response."""

    response_id: str
    item: Item


class OutputItemDone(_Message, frozen=True, kw_only=True):
    """The model finished an item; `item.status` incomplete means cut."""

    response_id: str
    item: Item


class AudioDelta(_Message, frozen=True, kw_only=True):
    """Sound of an answer item."""

    response_id: str
    item_id: str
    pcm: bytes


class AudioDone(_Message, frozen=True, kw_only=True):
    """No more sound comes for this item."""

    response_id: str
    item_id: str


class OutputTranscriptDelta(_Message, frozen=True, kw_only=True):
    """Some words that the answer's sound says."""

    response_id: str
    item_id: str
    delta: str


class OutputTranscript(_Message, frozen=True, kw_only=True):
    """All words that the answer's sound says."""

    response_id: str
    item_id: str
    text: str


class OutputTextDelta(_Message, frozen=True, kw_only=True):
    """Some words of a written answer."""

    response_id: str
    item_id: str
    delta: str


class OutputText(_Message, frozen=True, kw_only=True):
    """All words of a written answer."""

    response_id: str
    item_id: str
    text: str


class ArgumentsDelta(_Message, frozen=True, kw_only=True):
    """Some of a call's arguments."""

    response_id: str
    item_id: str
    call_id: str
    delta: str


class ResponseDone(_Message, frozen=True, kw_only=True):
    """The only end of a response that is trusted; always sent. `items` are its outputs in order.

    `reason`: why it is cancelled (turn_detected, client_cancelled) or incomplete (max_output_tokens,
    content_filter); `error_code`/`error_message` when failed. `usage_follows`: what it cost may come as LateUsage.
    """

    response_id: str
    status: ResponseStatus
    reason: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    items: tuple[Item, ...] = ()
    usage: Usage | None = None
    usage_follows: bool = False


class RateLimits(_Message, frozen=True, kw_only=True):
    """The provider's limits, each {name, limit, remaining, reset_seconds}."""

    limits: tuple[dict[str, Any], ...] = ()


class ProviderError(_Message, frozen=True, kw_only=True):
    """The provider refused something; most leave the link open. `caused_by` is OUR event id, if said."""

    code: str
    message: str
    error_type: str = ""
    param: str | None = None
    caused_by: str | None = None


class Malformed(_Message, frozen=True, kw_only=True):
    """A frame that could not be read (M13); the connection stays."""

    detail: str


class Unrecognised(_Message, frozen=True, kw_only=True):
    """A message of a type we do not know: only the raw stream shows it (M12)."""

    type: str


Incoming: TypeAlias = (
    SessionCreated
    | SessionUpdated
    | UserSpeechStarted
    | UserSpeechStopped
    | AudioCommitted
    | AudioCleared
    | InputTimedOut
    | ItemAdded
    | ItemDone
    | ItemRetrieved
    | ItemTruncated
    | ItemDeleted
    | InputTranscriptDelta
    | InputTranscript
    | InputTranscriptFailed
    | ResponseCreated
    | OutputItemAdded
    | OutputItemDone
    | AudioDelta
    | AudioDone
    | OutputTranscriptDelta
    | OutputTranscript
    | OutputTextDelta
    | OutputText
    | ArgumentsDelta
    | ResponseDone
    | LateUsage
    | CallsCancelled
    | RenewalDue
    | RateLimits
    | ProviderError
    | Malformed
    | Unrecognised
)


# ---------------------------------------------------------------- outgoing


class Configure(_Message, frozen=True, kw_only=True):
    """Set the session up, all of it."""

    options: SessionOptions
    event_id: str | None = None


class UpdateInstructions(_Message, frozen=True, kw_only=True):
    """Change only the instructions (M7)."""

    instructions: str


class UpdateTools(_Message, frozen=True, kw_only=True):
    """Change only what the model is told that it may call; from the next response on (M7)."""

    tools: tuple[ToolSchema, ...]


class AppendAudio(_Message, frozen=True, kw_only=True):
    """More of the user's sound. The hot one: a codec builds its frame by joining bytes."""

    pcm: bytes


class CommitAudio(_Message, frozen=True, kw_only=True):
    """The sound so far is one user item; creates no response."""


class ClearAudio(_Message, frozen=True, kw_only=True):
    """Forget the sound so far."""


class CreateItem(_Message, frozen=True, kw_only=True):
    """Put an item at the conversation's end (user/system/assistant text, call, or call output).

    An "other" one goes back as it came. `event_id` correlates a refusal; `seed`: an earlier connection knew it.
    """

    item: Item
    event_id: str | None = None
    seed: bool = False


class DeleteItem(_Message, frozen=True, kw_only=True):
    """Forget an item."""

    item_id: str


class RetrieveItem(_Message, frozen=True, kw_only=True):
    """Ask for an item."""

    item_id: str


class TruncateItem(_Message, frozen=True, kw_only=True):
    """Forget an answer's sound after `audio_end_ms` (> 0, never more than was produced; T12)."""

    item_id: str
    audio_end_ms: int


class CreateResponse(_Message, frozen=True, kw_only=True):
    """Ask for an answer. `event_id` correlates a refusal, `metadata` its ResponseCreated.

    `tool_choice` "none": this one answer is to use no tools. `out_of_band`: beside the talk, which neither hears nor
    remembers it; `input` is what it is told in the talk's place, `text_only` that nobody will listen.
    """

    event_id: str
    metadata: dict[str, str] = {}
    instructions: str | None = None
    tool_choice: Literal["none"] | None = None
    out_of_band: bool = False
    input: tuple[Item, ...] | None = None
    text_only: bool = False
    max_output_tokens: int | None = None


class CancelResponse(_Message, frozen=True, kw_only=True):
    """Stop the answer; `event_id` lets its late refusal be swallowed (M14)."""

    event_id: str
    response_id: str | None = None


Outgoing: TypeAlias = (
    Configure
    | UpdateInstructions
    | UpdateTools
    | AppendAudio
    | CommitAudio
    | ClearAudio
    | CreateItem
    | DeleteItem
    | RetrieveItem
    | TruncateItem
    | CreateResponse
    | CancelResponse
)
