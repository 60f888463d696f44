"""Sound devices through PortAudio; the only file that knows sounddevice.

sounddevice is imported at the first look at a device: it needs a system library that may be missing, and
takes 0.14 s. What the C code below it prints to descriptor 2 while devices are looked at and opened is dropped:
on a screen it would be garbage, and its failures come as codes anyway.
"""

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from realtime_chat.audio.capture import Cleaner, MicrophoneSource
from realtime_chat.audio.choice import Device, Direction
from realtime_chat.audio.converting import FormatRefused, formats, input_as, output_as
from realtime_chat.audio.playback import DeviceSink, Tap
from realtime_chat.audio.streams import Fill, OnBlock, OnEnd, OpenInput, OpenOutput, Stream
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import FRAME_MS, PcmFormat
from realtime_chat.core.ports import Clock

#: Milliseconds in one callback. Out: silence comes 25 ms after a flush (20 ms blocks: 54). In: one frame.
OUTPUT_MS = 10
INPUT_MS = FRAME_MS
#: Seconds; a device that says more does not know when it plays.
DELAY_S = 2.0
#: PortAudio's codes for a sample rate and a number of channels that a device does not speak.
REFUSED = (-9997, -9998)

_WHAT: dict[Direction, str] = {"input": "microphone", "output": "speaker"}
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
    return MicrophoneSource(device_input(device), lasting=True, cleaner=cleaner)


def open_speaker(clock: Clock, device: Device | None = None, tap: Tap | None = None) -> DeviceSink:
    """Play on a device, or on the default one; `tap` sees what it takes. Raises AudioUnavailable."""
    return DeviceSink(device_output(device), clock, tap)


def device_input(device: Device | None = None, known: Sequence[PcmFormat] | None = None) -> OpenInput:
    """Opens a device, or the default one, in the first of these formats that it speaks; else in what it should."""

    def open_as(spoken: PcmFormat, on_block: OnBlock, on_end: OnEnd) -> Stream:
        beat = _Beat()

        def callback(block: Any, frames: int, time: Any, status: Any) -> None:
            beat.blocks += 1
            beat.xruns += bool(status)
            on_block(bytes(block))

        return _opened("input", device, spoken, beat, callback=callback, on_end=on_end)

    def open_stream(on_block: OnBlock, on_end: OnEnd) -> Stream:
        return input_as(open_as, known or _formats("input", device))(on_block, on_end)

    return open_stream


def device_output(device: Device | None = None, known: Sequence[PcmFormat] | None = None) -> OpenOutput:
    """The same for an output."""

    def open_as(spoken: PcmFormat, fill: Fill) -> Stream:
        beat = _Beat()

        def callback(block: Any, frames: int, time: Any, status: Any) -> None:
            beat.blocks += 1
            beat.xruns += bool(status)
            block[:] = fill(len(block), _delay_s(time))

        return _opened("output", device, spoken, beat, callback=callback)

    def open_stream(fill: Fill) -> Stream:
        return output_as(open_as, known or _formats("output", device))(fill)

    return open_stream


def restart() -> None:
    """Look at the system's devices anew; ends every stream. Raises AudioUnavailable."""
    sound = _sounddevice()
    try:
        with quiet():
            sound._terminate()  # the public API has no word for it
            sound._initialize()
    except sound.PortAudioError as error:
        raise AudioUnavailable(f"The sound system does not answer ({error}).") from error


def _delay_s(time: Any) -> float:
    """Until the block is heard; 0 where the device does not know."""
    delay_s = float(time.outputBufferDacTime - time.currentTime)
    return delay_s if 0 < delay_s < DELAY_S else 0.0


class _Beat:
    """Counted by the callback, which has no other way to say that it lives."""

    def __init__(self) -> None:
        self.blocks = 0
        self.xruns = 0


class _PortAudioStream:
    def __init__(self, stream: Any, beat: _Beat, spoken: PcmFormat) -> None:
        self._stream = stream
        self._beat = beat
        self.spoken = spoken

    @property
    def blocks(self) -> int:
        return self._beat.blocks

    @property
    def xruns(self) -> int:
        return self._beat.xruns

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
    spoken: PcmFormat,
    beat: _Beat,
    *,
    callback: Callable[[Any, int, Any, Any], None],
    on_end: OnEnd | None = None,
) -> _PortAudioStream:
    sound = _sounddevice()
    listens = direction == "input"
    make = sound.RawInputStream if listens else sound.RawOutputStream
    try:
        with quiet():
            stream = make(
                samplerate=spoken.rate,
                blocksize=spoken.rate * (INPUT_MS if listens else OUTPUT_MS) // 1000,
                device=_index(sound, direction, device),
                channels=spoken.channels,
                dtype="int16",
                latency="low",
                callback=callback,
                finished_callback=on_end,
            )
            stream.start()
    except (sound.PortAudioError, ValueError) as error:
        kind = FormatRefused if len(error.args) > 1 and error.args[1] in REFUSED else AudioUnavailable
        raise kind(
            f"The {_WHAT[direction]} cannot be opened ({error}). Close what else uses it, or {_WITHOUT}."
        ) from error
    return _PortAudioStream(stream, beat, spoken)


def _formats(direction: Direction, device: Device | None) -> tuple[PcmFormat, ...]:
    """What to ask it for."""
    sound = _sounddevice()
    found = sound.query_devices(_index(sound, direction, device))
    return formats(int(found["default_samplerate"]), found[f"max_{direction}_channels"])


def _index(sound: Any, direction: Direction, device: Device | None) -> int:
    """Its number now."""
    default = dict(zip(("input", "output"), _defaults(sound), strict=True))[direction]
    index = default if device is None else _index_now(sound, device)
    if index < 0:
        raise AudioUnavailable(
            f"No {_WHAT[direction]} was found. Connect one, or start the system's sound server; or {_WITHOUT}."
        )
    return index


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
        with quiet():
            import sounddevice  # pyright: ignore[reportMissingTypeStubs]
    except OSError as error:
        raise AudioUnavailable(
            "The sound library PortAudio is missing: install it (Debian, Ubuntu: apt install libportaudio2; "
            f"Fedora: dnf install portaudio), or {_WITHOUT}."
        ) from error
    return sounddevice


@contextmanager
def quiet() -> Generator[None]:
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
