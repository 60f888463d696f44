"""The devices of a talk on the screen: opened once, before anything is said; what is missing is told, not fatal."""

from dataclasses import dataclass

from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.ports import AudioSink, AudioSource, Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Ports with the names of their devices; None where there is none, and `note` says why in one line."""

    source: AudioSource | None = None
    sink: AudioSink | None = None
    microphone: str | None = None
    speaker: str | None = None
    note: str = ""


def open_sound(clock: Clock) -> Sound:
    """The system's default microphone and speaker. Each may be missing without the other."""
    from realtime_chat.audio.devices import devices, open_microphone, open_speaker

    try:
        known = devices()
    except AudioUnavailable as error:
        return Sound(note=error.message)
    source: AudioSource | None = None
    sink: AudioSink | None = None
    missing: list[str] = []
    try:
        source = open_microphone()
    except AudioUnavailable as error:
        missing.append(error.message)
    try:
        sink = open_speaker(clock)
    except AudioUnavailable as error:
        missing.append(error.message)
    return Sound(
        source=source,
        sink=sink,
        microphone=next((one.name for one in known if one.is_default_input), "default") if source else None,
        speaker=next((one.name for one in known if one.is_default_output), "default") if sink else None,
        note=missing[0] if missing else "",
    )
