"""Sound devices through PortAudio; the only file that knows sounddevice.

sounddevice is imported at the first look at a device: it needs a system library that may be missing, and
takes 0.14 s. What the C code below it prints to descriptor 2 while devices are looked at and opened is dropped:
on a screen it would be garbage, and its failures come as codes anyway.
"""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

from realtime_chat.audio.capture import Cleaner, MicrophoneSource
from realtime_chat.audio.choice import Device, Direction
from realtime_chat.audio.playback import DeviceSink
from realtime_chat.audio.streams import Fill, OnBlock, OnEnd
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import FRAME_MS, RATE
from realtime_chat.core.ports import Clock

#: Samples in one callback. Out: 10 ms, silence comes 25 ms after a flush (20 ms blocks: 54). In: one frame.
OUTPUT_BLOCK = RATE * 10 // 1000
INPUT_BLOCK = RATE * FRAME_MS // 1000

_WITHOUT = "talk through files with --in and --out, or type with `text`"


def devices() -> list[Device]:
    """All devices, as PortAudio saw them when it was first asked. Raises AudioUnavailable without PortAudio."""
    sound = _sounddevice()
    default_input, default_output = _defaults(sound)
    return [
        Device(
            index=index,
            name=found["name"],
            inputs=found["max_input_channels"],
            outputs=found["max_output_channels"],
            rate=int(found["default_samplerate"]),
            is_default_input=index == default_input,
            is_default_output=index == default_output,
        )
        for index, found in enumerate(sound.query_devices())
    ]


def open_microphone(device: Device | None = None, cleaner: Cleaner | None = None) -> MicrophoneSource:
    """Listen on a device, or on the default one; `cleaner` sees what is heard. Raises AudioUnavailable."""

    def open_stream(on_block: OnBlock, on_end: OnEnd) -> "_PortAudioStream":
        beat = _Beat()

        def callback(block: Any, frames: int, time: Any, status: Any) -> None:
            beat.blocks += 1
            on_block(bytes(block))

        return _opened("input", device, beat, callback=callback, on_end=on_end)

    return MicrophoneSource(open_stream, lasting=True, cleaner=cleaner)


def open_speaker(
    clock: Clock, device: Device | None = None, tap: Callable[[bytes], None] | None = None
) -> DeviceSink:
    """Play on a device, or on the default one; `tap` sees what it takes. Raises AudioUnavailable."""

    def open_stream(fill: Fill) -> "_PortAudioStream":
        beat = _Beat()

        def callback(block: Any, frames: int, time: Any, status: Any) -> None:
            beat.blocks += 1
            block[:] = fill(len(block))

        return _opened("output", device, beat, callback=callback)

    return DeviceSink(open_stream, clock, tap)


def restart() -> None:
    """Look at the system's devices anew; ends every stream. Raises AudioUnavailable."""
    sound = _sounddevice()
    try:
        with _quiet():
            sound._terminate()  # the public API has no word for it
            sound._initialize()
    except sound.PortAudioError as error:
        raise AudioUnavailable(f"The sound system does not answer ({error}).") from error


class _Beat:
    """Counted by the callback, which has no other way to say that it lives."""

    def __init__(self) -> None:
        self.blocks = 0


class _PortAudioStream:
    def __init__(self, stream: Any, beat: _Beat) -> None:
        self._stream = stream
        self._beat = beat

    @property
    def blocks(self) -> int:
        return self._beat.blocks

    @property
    def active(self) -> bool:
        try:
            return bool(self._stream.active)
        except _port_audio_error():  # PortAudio was shut down below it
            return False

    @property
    def latency_s(self) -> float:
        return float(self._stream.latency)

    def abort(self) -> None:
        # Never stop(): it waits for a device that may not play any more.
        with suppress(_port_audio_error()):
            self._stream.abort()
        with suppress(_port_audio_error()):
            self._stream.close()


def _opened(
    direction: Direction,
    device: Device | None,
    beat: _Beat,
    *,
    callback: Callable[[Any, int, Any, Any], None],
    on_end: OnEnd | None = None,
) -> _PortAudioStream:
    sound = _sounddevice()
    listens = direction == "input"
    what = "microphone" if listens else "speaker"
    index = _defaults(sound)[0 if listens else 1] if device is None else _index_now(sound, device)
    if index < 0:
        raise AudioUnavailable(
            f"No {what} was found. Connect one, or start the system's sound server; or {_WITHOUT}."
        )
    make = sound.RawInputStream if listens else sound.RawOutputStream
    try:
        with _quiet():
            stream = make(
                samplerate=RATE,
                blocksize=INPUT_BLOCK if listens else OUTPUT_BLOCK,
                device=index,
                channels=1,
                dtype="int16",
                latency="low",
                callback=callback,
                finished_callback=on_end,
            )
            stream.start()
    except (sound.PortAudioError, ValueError) as error:
        raise AudioUnavailable(
            f"The {what} cannot be opened ({error}). Close what else uses it, or {_WITHOUT}."
        ) from error
    return _PortAudioStream(stream, beat)


def _index_now(sound: Any, device: Device) -> int:
    """The number of a device that was there before; numbers change when others come and go. -1: it is gone."""
    found = [index for index, one in enumerate(sound.query_devices()) if one["name"] == device.name]
    return device.index if device.index in found else next(iter(found), -1)


def _defaults(sound: Any) -> tuple[int, int]:
    """Index of the default input and output; -1 for none."""
    default_input, default_output = sound.default.device
    return int(default_input), int(default_output)


def _port_audio_error() -> type[Exception]:
    kind: type[Exception] = _sounddevice().PortAudioError
    return kind


def _sounddevice() -> Any:
    try:
        # Only here: without the system library this import fails, and files must work all the same.
        with _quiet():
            import sounddevice  # pyright: ignore[reportMissingTypeStubs]
    except OSError as error:
        raise AudioUnavailable(
            "The sound library PortAudio is missing: install it (Debian, Ubuntu: apt install libportaudio2; "
            f"Fedora: dnf install portaudio), or {_WITHOUT}."
        ) from error
    return sounddevice


@contextmanager
def _quiet() -> Generator[None]:
    """Descriptor 2 goes nowhere meanwhile."""
    try:
        kept = os.dup(2)
    except OSError:  # closed: nothing to keep quiet
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
