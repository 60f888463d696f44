"""Sound devices, looked for only when they are needed: PortAudio may be missing (it is a system library)."""

from typing import Any

from realtime_chat.core.errors import AudioUnavailable

MISSING = (
    "PortAudio is missing: install it with `sudo apt install libportaudio2` (text and files work without)."
)


def count_devices() -> int:
    """How many devices there are. Raises AudioUnavailable when PortAudio is missing or refuses."""
    try:
        import sounddevice  # loads the system library
    except OSError as error:
        raise AudioUnavailable(MISSING) from error
    try:
        found: Any = sounddevice.query_devices()  # pyright: ignore[reportUnknownMemberType] - untyped library
    except sounddevice.PortAudioError as error:
        raise AudioUnavailable(f"PortAudio cannot list the sound devices: {error}") from error
    return len(found)
