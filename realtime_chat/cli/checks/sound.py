"""Looking at microphone and speaker: opened as a talk would, listened to, and, when asked, played on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from realtime_chat.audio.choice import Device, Direction, chosen
from realtime_chat.core.errors import AudioUnavailable, TimedOut
from realtime_chat.core.pcm import PcmFormat
from realtime_chat.core.ports import Clock

if TYPE_CHECKING:
    from realtime_chat.audio.capture import MicrophoneSource
    from realtime_chat.audio.echo_reduction import EchoReduction
    from realtime_chat.audio.playback import DeviceSink
    from realtime_chat.audio.streams import Stream
    from realtime_chat.audio.trial import Trial


@dataclass(frozen=True, slots=True)
class Names:
    """The devices to look at, as `audio.choice` takes them; None: the default one."""

    microphone: str | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A device that opened; `blocks` its callbacks while it was looked at, `xruns` of them too late."""

    name: str
    spoken: PcmFormat
    blocks: int
    xruns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundReport:
    """All that was seen. A device is one that opened, or why it did not, "" when there is none.

    `devices`: how many the system has; None: nobody can say, and `problem` why. `seconds` that both were open.
    """

    devices: int | None
    problem: str = ""
    microphone: Opened | str = ""
    speaker: Opened | str = ""
    trial: "Trial | None" = None
    audible: bool = False
    seconds: float = 0.0


async def looked(names: Names, clock: Clock, *, audible: bool) -> SoundReport:
    """Takes a second, or six when `audible`. Raises InvalidArguments for a name that is no device's."""
    from realtime_chat.audio.devices import quiet

    with quiet():
        return await _looked(names, clock, audible=audible)


async def _looked(names: Names, clock: Clock, *, audible: bool) -> SoundReport:
    from realtime_chat.audio.card import OPEN_S, in_thread
    from realtime_chat.audio.trial import tried
    from realtime_chat.core.clock import within

    desk = _Desk(clock, audible)
    try:
        # PortAudio can hang on a device that is half gone.
        await within(clock, OPEN_S, in_thread(partial(desk.open, names)), "Opening sound")
    except (AudioUnavailable, TimedOut) as error:
        return SoundReport(devices=None, problem=error.message, audible=audible)
    if not desk.known:
        return SoundReport(devices=0, audible=audible)
    began = clock.monotonic()
    trial = await tried(desk.source, desk.sink, clock, audible=audible, reduction=desk.reduction)
    return SoundReport(
        devices=len(desk.known),
        microphone=desk.seen("input"),
        speaker=desk.seen("output"),
        trial=trial,
        audible=audible,
        seconds=clock.monotonic() - began,
    )


@dataclass
class _Desk:
    """What is opened, by a thread that may hang."""

    clock: Clock
    audible: bool
    known: Sequence[Device] = ()
    source: "MicrophoneSource | None" = None
    sink: "DeviceSink | None" = None
    reduction: "EchoReduction | None" = None
    names: dict[Direction, str] = field(default_factory=dict[Direction, str])
    problems: dict[Direction, str] = field(default_factory=dict[Direction, str])

    def open(self, names: Names) -> None:
        """Raises AudioUnavailable without PortAudio, InvalidArguments."""
        from realtime_chat.audio.devices import devices

        self.known = devices()
        if not self.known:
            return
        microphone = self._wanted(names.microphone, "input")
        speaker = self._wanted(names.speaker, "output")
        if self.audible and find_spec("livekit") is not None:
            self.reduction = _reduction()
        self._open_microphone(microphone)
        self._open_speaker(speaker)

    def seen(self, direction: Direction) -> Opened | str:
        port = self.source if direction == "input" else self.sink
        if port is None:
            return self.problems.get(direction, "")
        stream: Stream = port.stream
        return Opened(self.names[direction], stream.spoken, stream.blocks, stream.xruns)

    def _wanted(self, name: str | None, direction: Direction) -> Device | None:
        device = chosen(self.known, name, direction) if name is not None else None
        default = next((one.name for one in self.known if one.is_default(direction)), "default")
        self.names[direction] = default if device is None else device.name
        return device

    def _is_there(self, direction: Direction) -> bool:
        return any(device.serves(direction) for device in self.known)

    def _open_microphone(self, device: Device | None) -> None:
        from realtime_chat.audio.capture import MicrophoneSource
        from realtime_chat.audio.devices import device_input

        if not self._is_there("input"):
            return
        try:
            self.source = MicrophoneSource(device_input(device), cleaner=self.reduction)
        except AudioUnavailable as error:
            self.problems["input"] = error.message

    def _open_speaker(self, device: Device | None) -> None:
        from realtime_chat.audio.devices import open_speaker

        if not self._is_there("output"):
            return
        tap = self.reduction.played if self.reduction is not None else None
        try:
            self.sink = open_speaker(self.clock, device, tap)
        except AudioUnavailable as error:
            self.problems["output"] = error.message


def _reduction() -> "EchoReduction":
    from realtime_chat.audio.echo import WebRtcCanceller
    from realtime_chat.audio.echo_reduction import EchoReduction

    return EchoReduction(WebRtcCanceller)
