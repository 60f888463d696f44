"""Devices that do not speak 24 kHz mono: asked for what they do speak, their sound is converted.

The conversion runs in the device's callback. A 10 ms block of the speaker costs 10 µs, a 20 ms block of the microphone
30, of 10 000 and 20 000; both let go of the interpreter once, as waking the session does. A thread between would cost
a switch for each block, and would take sound from the queue that nobody may hear: the ledger would lie.
What was taken is played here too, the converter's share (20 ms at most) a little later.
"""

from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from realtime_chat.audio.resample import Resampler, mono
from realtime_chat.audio.streams import Fill, OnBlock, OnEnd, OpenInput, OpenOutput, Stream
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.framing import Framer
from realtime_chat.core.pcm import PCM16_24K, RATE, PcmFormat, pcm_bytes

#: Taken from the speaker's queue at a time.
PULL = pcm_bytes(10)
#: Seconds of sound that the converter holds back at most.
HELD_S = 0.02
#: Seconds of silence after which it lets nothing else out.
SETTLED_S = 2 * HELD_S


class FormatRefused(AudioUnavailable):
    """The device does not speak this format; it may speak another."""


#: Opens and starts a stream in this format. Raises FormatRefused, or AudioUnavailable when no format would help.
OpenInputAs: TypeAlias = Callable[[PcmFormat, OnBlock, OnEnd], Stream]
OpenOutputAs: TypeAlias = Callable[[PcmFormat, Fill], Stream]


def formats(rate: int, channels: int) -> tuple[PcmFormat, ...]:
    """What to ask a device for that runs at `rate` Hz by itself and has so many channels; the best first.

    Two channels before all of them: a sound server may offer 32.
    """
    counts = dict.fromkeys((1, min(2, channels), channels))
    return tuple(PcmFormat(each, count) for count in counts for each in dict.fromkeys((RATE, rate)))


def input_as(open_as: OpenInputAs, known: Sequence[PcmFormat]) -> OpenInput:
    """An input of ours on one that opens in the first of these formats that it speaks (at least one is given)."""

    def open_stream(on_block: OnBlock, on_end: OnEnd) -> Stream:
        def open_one(spoken: PcmFormat) -> Stream:
            if spoken == PCM16_24K:
                return open_as(spoken, on_block, on_end)
            return _Converted(open_as(spoken, _Inwards(spoken, on_block), on_end))

        return _first_spoken(known, open_one)

    return open_stream


def output_as(open_as: OpenOutputAs, known: Sequence[PcmFormat]) -> OpenOutput:
    """The same for an output."""

    def open_stream(fill: Fill) -> Stream:
        def open_one(spoken: PcmFormat) -> Stream:
            if spoken == PCM16_24K:
                return open_as(spoken, fill)
            return _Converted(open_as(spoken, _Outwards(spoken, fill)))

        return _first_spoken(known, open_one)

    return open_stream


def _first_spoken(known: Sequence[PcmFormat], open_one: Callable[[PcmFormat], Stream]) -> Stream:
    for spoken in known[:-1]:
        with suppress(FormatRefused):
            return open_one(spoken)
    return open_one(known[-1])


class _Inwards:
    """Blocks of the device in, frames of ours out: none, one or two for a block, 20 ms each."""

    def __init__(self, spoken: PcmFormat, on_block: OnBlock) -> None:
        self._channels = spoken.channels
        self._resampler = _Resampler(spoken.rate, RATE)
        self._framer = Framer()
        self._on_block = on_block

    def __call__(self, block: bytes) -> None:
        for frame in self._framer.feed(self._resampler.feed(mono(block, self._channels))):
            self._on_block(frame)


class _Outwards:
    """The device's blocks, filled with our sound."""

    def __init__(self, spoken: PcmFormat, fill: Fill) -> None:
        self._channels = spoken.channels
        self._resampler = _Resampler(RATE, spoken.rate)
        self._fill = fill
        self._ready = b""

    def __call__(self, size: int, delay_s: float) -> bytes:
        while len(self._ready) < size:
            self._ready += _spread(self._resampler.feed(self._fill(PULL, delay_s + HELD_S)), self._channels)
        block, self._ready = self._ready[:size], self._ready[size:]
        return block


class _Resampler:
    """Silence stays silence: soxr's dither would hide from a user that the microphone gives nothing."""

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._resampler = Resampler(from_rate, to_rate, quality="LQ")
        self._settled = round(from_rate * 2 * SETTLED_S)
        self._silent = self._settled  # bytes of silence in a row

    def feed(self, pcm: bytes) -> bytes:
        self._silent = self._silent + len(pcm) if pcm.count(0) == len(pcm) else 0
        sound = self._resampler.feed(pcm)
        return bytes(len(sound)) if self._silent > self._settled else sound


def _spread(pcm: bytes, channels: int) -> bytes:
    """The same on every channel. Not by numpy, which would let go of the interpreter once more."""
    if channels == 1:
        return pcm
    samples = array("h", pcm)
    spread = array("h", bytes(len(pcm) * channels))
    for channel in range(channels):
        spread[channel::channels] = samples
    return spread.tobytes()


class _Converted:
    """A stream whose sound comes a little later for the converter's sake."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def active(self) -> bool:
        return self._stream.active

    @property
    def blocks(self) -> int:
        return self._stream.blocks

    @property
    def xruns(self) -> int:
        return self._stream.xruns

    @property
    def spoken(self) -> PcmFormat:
        return self._stream.spoken

    @property
    def latency_s(self) -> float:
        return self._stream.latency_s + HELD_S

    def abort(self) -> None:
        self._stream.abort()
