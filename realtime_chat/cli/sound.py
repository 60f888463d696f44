"""The devices of a talk on the screen: opened once, before anything is said; what is missing is told, not fatal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_chat.audio.choice import Device, Direction, chosen

if TYPE_CHECKING:
    from realtime_chat.audio.capture import MicrophoneSource
    from realtime_chat.audio.playback import DeviceSink
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.ports import AudioSink, AudioSource, Clock, SoundCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Ports with the names of their devices; None where there is none, and `note` says why in one line."""

    source: AudioSource | None = None
    sink: AudioSink | None = None
    card: SoundCard | None = None
    microphone: str | None = None
    speaker: str | None = None
    note: str = ""


def open_sound(clock: Clock, *, input_device: str | None = None, output_device: str | None = None) -> Sound:
    """The named microphone and speaker, or the system's default ones. Each may be missing without the other.

    Raises InvalidArguments for a name that is no device's.
    """
    from realtime_chat.audio import card
    from realtime_chat.audio.devices import devices, open_microphone, open_speaker, restart

    try:
        known = devices()
    except AudioUnavailable as error:
        return Sound(note=error.message)
    heard = chosen(known, input_device, "input") if input_device is not None else None
    played = chosen(known, output_device, "output") if output_device is not None else None
    source: MicrophoneSource | None = None
    sink: DeviceSink | None = None
    missing: list[str] = []
    try:
        source = open_microphone(heard)
    except AudioUnavailable as error:
        missing.append(error.message)
    try:
        sink = open_speaker(clock, played)
    except AudioUnavailable as error:
        missing.append(error.message)
    lasting: list[card.Lasting] = [one for one in (source, sink) if one is not None]
    return Sound(
        source=source,
        sink=sink,
        card=card.SoundCard(lasting, restart, clock) if lasting else None,
        microphone=_name(known, heard, "input") if source is not None else None,
        speaker=_name(known, played, "output") if sink is not None else None,
        note=missing[0] if missing else "",
    )


def _name(known: Sequence[Device], taken: Device | None, direction: Direction) -> str:
    if taken is not None:
        return taken.name
    return next((device.name for device in known if device.is_default(direction)), "default")
