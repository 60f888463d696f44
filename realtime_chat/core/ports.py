"""The seams: small Protocols, each saying what is above it and what is below it.

A shipped twin stands beside each: ScriptedTransport (transports/scripted.py), VirtualClock (clock.py),
VirtualSink and VirtualSource (virtual_audio.py); the toolbox's is any object with two methods.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from realtime_chat.core.commands import Verdict
from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.events import PermissionDecided, RecordingStarted
from realtime_chat.core.messages import Incoming, Outgoing
from realtime_chat.core.options import ToolSchema

#: item id → milliseconds that left the speaker.
Ledger: TypeAlias = Mapping[str, int]


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """Where ways to a model differ so that a session must act otherwise; what else differs, a transport evens out.

    `audio_output`: without it there is no voice mode. `image_input`: without it a picture is refused where it is given.
    `live_instructions`, `live_tools`: whether these can change under an open connection; else they wait for the next.
    `out_of_band`: it answers beside the talk, too, and echoes which answer is of that kind. `judged_speech`: it can
    leave to us whether speech over an answer cuts it, and whether it is answered. `max_session_s`: how long it lets a
    connection live; None where it tells in time, or has none.
    """

    audio_output: bool = True
    image_input: bool = True
    live_instructions: bool = True
    live_tools: bool = True
    out_of_band: bool = False
    judged_speech: bool = True
    max_session_s: int | None = 3600


class Transport(Protocol):
    """One connection to a model. Above: the session's reader and writer. Below: a socket, or a script.

    A new connection is a new Transport. Order of use: connect once, then send and messages() side by side,
    close any number of times (M31).
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this way to a model can do."""
        ...

    @property
    def is_closed(self) -> bool:
        """True after close() or a lost connection."""
        ...

    async def connect(self) -> None:
        """Open. Raises Unreachable, Rejected or ProtocolViolation; nothing is left open then."""
        ...

    async def send(self, message: Outgoing) -> None:
        """Send one message, in call order. Raises ConnectionLost when the other side is gone."""
        ...

    def messages(self) -> AsyncIterator[Incoming]:
        """Messages in arrival order. Ends after our own close(); raises ConnectionLost{code, reason} when the
        other side ended it, however politely (docs/protocol.md). One reader only."""
        ...

    async def ping(self) -> None:
        """Return when the other side showed that it lives; at once where there is no way to ask (J20).

        While messages() is being read. Raises ConnectionLost.
        """
        ...

    async def close(self) -> None:
        """Close; idempotent, never raises."""
        ...


#: Opens nothing: makes the object for the next connection, so an address may be resolved anew each time.
TransportFactory: TypeAlias = Callable[[], Transport]
#: Sees every raw frame, both ways: ("sent" | "received", frame). For `raw_events()` and recordings (M12).
RawTap: TypeAlias = Callable[[str, bytes], None]


class Clock(Protocol):
    """Time. Above: timers, timestamps. Below: the loop's clock, or a virtual one that a test moves."""

    def wall(self) -> datetime:
        """Now, with a time zone (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock."""
        ...


class AudioSource(Protocol):
    """The user's voice. Above: the session's uplink. Below: a microphone, a file, a pipe.

    Frames are 24 kHz mono s16le, 20 ms each (the last of a file may be shorter).
    """

    def frames(self) -> AsyncIterator[bytes]:
        """Frames as they come; ends when the source is at its end. One reader."""
        ...

    async def close(self) -> None:
        """Let go of the device; idempotent; ends frames()."""
        ...


class AudioSink(Protocol):
    """Where answers are heard. Above: the session. Below: a speaker, a file, or a virtual clock.

    Heard means: handed to the always-open device stream (AUDIO: everything handed over is played).
    """

    def play(self, item_id: str, pcm: bytes) -> None:
        """Queue sound of an item, never blocking; items play in the order of their first sound."""
        ...

    def finish(self, item_id: str) -> None:
        """No more sound comes for this item."""
        ...

    def gain(self, factor: float) -> None:
        """How loud from now on: 0 is silence, 1 as it came. No click, and nothing else changes: what is silent or
        quiet is heard all the same. Where sound is kept, not heard (a file, a pipe), it stays as it came."""
        ...

    def flush(self) -> Ledger:
        """Swap the queue for silence at once; return what was heard of every item since the last flush."""
        ...

    def ledger(self) -> Ledger:
        """What was heard of every item since the last flush, without stopping."""
        ...

    def forget(self) -> None:
        """Leave what was wholly heard out of the next ledger: its turn is over, and a talk may last for hours."""
        ...

    async def drained(self) -> None:
        """Return when everything queued was heard (or flushed)."""
        ...

    async def close(self) -> None:
        """Let go of the device; idempotent."""
        ...


class SoundCard(Protocol):
    """What keeps source and sink alive. Above: the session, which lends it a task. Below: the devices."""

    async def watch(self, tell: Callable[[str], None], levels: Callable[[Mapping[str, float]], None]) -> None:
        """For ever: open again what was lost; `tell` gets a line for the user at each loss and return.

        `levels` gets the loudness of "microphone" and "speaker" in dBFS, ten times a second.
        """
        ...

    def hands_free(self, on: bool) -> None:
        """Whether the microphone is open while answers sound."""
        ...


class SpeechGate(Protocol):
    """Saves what silence costs. Above: the session's uplink, hands-free only. Below: a voice detector."""

    def passed(self, frame: bytes) -> bytes:
        """What may be sent now, some sound from before included; b"" while nobody speaks. 24 kHz mono s16le."""
        ...


class VoiceEar(Protocol):
    """Whether the user speaks at this moment: sooner than a provider tells, which waits for a turn's end.

    Above: the session's uplink, which feeds it all that the model gets. Below: a voice detector.
    """

    def feed(self, pcm: bytes) -> bool | None:
        """True when a voice began in this sound, False when it paused; None: nothing changed."""
        ...


class Recording(Protocol):
    """Keeps the sound of a talk, from begin() on. Above: the session, which closes it at the end. Below: a file."""

    def begin(self) -> RecordingStarted:
        """The session is ready; what came before is not kept. Where its sound will be, for the log. Never raises."""
        ...

    def only_played(self) -> None:
        """There is no microphone: keep what the speaker took since the last call. Never raises."""
        ...

    def heard(self, frame: bytes) -> None:
        """What went to the model, silence while muted; 24 kHz mono s16le. Never raises."""
        ...

    def close(self) -> None:
        """The end; idempotent."""
        ...


class ToolRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One call as the model made it; `arguments` is JSON text, possibly broken."""

    call_id: str
    name: str
    arguments: str


class ToolOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended (M23). `output` is the text that the model gets, also when not ok (M25).

    `halt`: no tool is to follow it in this turn (X19).
    """

    call_id: str
    name: str
    ok: bool
    output: str
    error: ErrorInfo | None = None
    duration_ms: int = 0
    halt: bool = False


class CancelFlag(Protocol):
    """Set once, when the batch is interrupted; tools that opted in look at it (M4)."""

    @property
    def cancelled(self) -> bool:
        """True from the interruption on."""
        ...

    async def wait(self) -> None:
        """Return when the flag is set."""
        ...


class ApprovalQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a human is asked (P19). `arguments` as they would run; `scope`: what more than this call an answer
    for the session or for good would cover."""

    call_id: str
    tool: str
    arguments: dict[str, Any]
    reason: str
    scope: str = ""


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """The word on a waiting call, and whose it was."""

    verdict: Verdict
    by: Literal["user", "no_asker"]


class Gate(Protocol):
    """Where a call's leave comes from. Above: the toolbox, which knows the rules. Below: the session, which asks."""

    async def ask(self, question: ApprovalQuestion) -> Ruling:
        """A human's word on one call; may take for ever: whoever waits ends it at the batch's cancel flag."""
        ...

    def decided(self, decision: PermissionDecided) -> None:
        """For the record: a call was allowed or denied without asking."""
        ...


class Toolbox(Protocol):
    """What the assistant may do. Above: the session, which never runs a tool itself. Below: the registry,
    permissions and runner of `tools`."""

    def schemas(self) -> Sequence[ToolSchema]:
        """The tools as the model sees them."""
        ...

    async def run(
        self,
        batch: Sequence[ToolRequest],
        cancel: CancelFlag,
        on_outcome: Callable[[ToolOutcome], None],
        on_progress: Callable[[str, str], None],
        gate: Gate | None = None,
    ) -> Sequence[ToolOutcome]:
        """Run one batch; exactly one outcome per request, in call order. `on_outcome` is called as each ends,
        `on_progress(call_id, text)` as a tool tells. What needs a human's word asks at `gate`, and is denied
        without one. Never raises but CancelledError."""
        ...


class Asker(Protocol):
    """A human's word for headless callers; None in its place denies (P19)."""

    def __call__(self, question: ApprovalQuestion) -> Awaitable[Verdict]:
        """The verdict; anything but an allowing one denies."""
        ...
