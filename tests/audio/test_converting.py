"""Devices that speak another rate or more channels: the sound is right, the ledger exact, nothing is asked twice."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_chat.audio.capture import MicrophoneSource
from realtime_chat.audio.converting import (
    HELD_S,
    SETTLED_S,
    FormatRefused,
    formats,
    input_as,
    output_as,
)
from realtime_chat.audio.playback import FADE_MS, DeviceSink
from realtime_chat.audio.streams import Fill, OnBlock, OnEnd, SteppedInput, SteppedOutput
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import FRAME_BYTES, PCM16_24K, RATE, PcmFormat, pcm_ms
from tests.audio.kit import encoded, level, sine

HELD_MS = round(1000 * HELD_S)
DEVICES = [PcmFormat(48_000, 2), PcmFormat(44_100, 2), PcmFormat(16_000, 1), PcmFormat(RATE, 2)]
#: As a WAV of 16 bits has it for one frequency, and the resampler's quality for a live microphone.
CLEAN_DB = 60.0


class Speaker:
    """One that speaks a format of its own."""

    def __init__(self, spoken: PcmFormat) -> None:
        self.clock = VirtualClock()
        self.sink = DeviceSink(output_as(self._open, [spoken]), self.clock)

    def _open(self, spoken: PcmFormat, fill: Fill) -> SteppedOutput:
        self.stream = SteppedOutput(fill, spoken=spoken, latency_s=0.03)
        return self.stream

    @property
    def heard(self) -> NDArray[np.int16]:
        """One row per moment, one column per channel."""
        return np.frombuffer(self.stream.sound, "<i2").reshape(-1, self.stream.spoken.channels)

    async def run(self, ms: int) -> None:
        for _ in range(0, ms, 10):
            self.stream.step(10)
            await self.clock.advance(0.01)


class Microphone:
    """One that speaks a format of its own."""

    def __init__(self, spoken: PcmFormat) -> None:
        self.source = MicrophoneSource(input_as(self._open, [spoken]))

    def _open(self, spoken: PcmFormat, on_block: OnBlock, on_end: OnEnd) -> SteppedInput:
        self.stream = SteppedInput(on_block, on_end, spoken=spoken)
        return self.stream

    async def frames(self) -> list[bytes]:
        """All that it heard; it is unplugged then."""
        self.stream.unplug()
        return [frame async for frame in self.source.frames()]


def snr_db(samples: NDArray[np.int16], rate: int, hz: float) -> float:
    """Of the tone that fits best, whatever its phase and loudness."""
    phase = 2 * np.pi * hz * np.arange(samples.size) / rate
    basis = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    tone = basis @ np.linalg.lstsq(basis, samples.astype(np.float64), rcond=None)[0]
    return float(10 * np.log10((tone**2).sum() / ((samples - tone) ** 2).sum()))


def at(spoken: PcmFormat) -> str:
    return f"{spoken.rate} Hz, {spoken.channels}"


@pytest.mark.parametrize("spoken", DEVICES, ids=at)
async def test_a_microphone_of_another_format_gives_clean_frames_of_ours(spoken: PcmFormat) -> None:
    microphone = Microphone(spoken)
    tone = encoded(sine(1.0, spoken.rate), 2)
    microphone.stream.hear(np.repeat(np.frombuffer(tone, "<i2"), spoken.channels).tobytes())
    frames = await microphone.frames()
    assert {len(frame) for frame in frames} == {FRAME_BYTES}
    assert 1000 - HELD_MS - 20 <= pcm_ms(len(b"".join(frames))) <= 1000
    assert snr_db(np.frombuffer(b"".join(frames), "<i2")[RATE // 10 :], RATE, 440) > CLEAN_DB


async def test_what_only_one_channel_of_a_microphone_hears_is_heard() -> None:
    microphone = Microphone(PcmFormat(48_000, 2))
    left = np.frombuffer(encoded(sine(0.5, 48_000), 2), "<i2")
    microphone.stream.hear(np.stack([left, np.zeros_like(left)], axis=1).tobytes())
    heard = np.frombuffer(b"".join(await microphone.frames()), "<i2")
    assert np.abs(heard).max() == pytest.approx(np.abs(left).max() / 2, rel=0.01)


@pytest.mark.parametrize("spoken", DEVICES, ids=at)
async def test_a_speaker_of_another_format_plays_clean_sound_on_every_channel(spoken: PcmFormat) -> None:
    speaker = Speaker(spoken)
    speaker.sink.play("a", encoded(sine(1.0, RATE), 2))
    await speaker.run(900)
    assert len(speaker.heard) == spoken.rate * 900 // 1000
    assert all((channel == speaker.heard[:, 0]).all() for channel in speaker.heard.T)
    assert snr_db(speaker.heard[spoken.rate // 10 :, 0], spoken.rate, 440) > CLEAN_DB


@pytest.mark.parametrize("spoken", DEVICES, ids=at)
async def test_the_ledger_stays_exact_where_the_sound_is_converted(spoken: PcmFormat) -> None:  # M5
    speaker = Speaker(spoken)
    speaker.sink.play("a", level(400, 9000))
    speaker.sink.finish("a")
    for ms in range(10, 380, 10):
        await speaker.run(10)
        assert 0 <= speaker.sink.ledger()["a"] - ms <= HELD_MS + 10
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(speaker.sink.drained())
        await speaker.run(200)
    assert speaker.sink.flush() == {"a": 400}
    loud_ms = 1000 * np.count_nonzero(speaker.heard[:, 0] > 4500) / spoken.rate
    assert loud_ms == pytest.approx(400, abs=0.2)


async def test_playback_ends_when_what_the_converter_holds_is_heard_too() -> None:
    speaker = Speaker(PcmFormat(48_000, 2))
    assert speaker.sink.stream.latency_s == pytest.approx(0.03 + HELD_S)


async def test_a_cut_is_soon_digital_silence() -> None:
    speaker = Speaker(PcmFormat(48_000, 2))
    speaker.sink.play("a", level(500, 9000))
    await speaker.run(200)
    ledger = speaker.sink.flush()
    await speaker.run(200)
    loud_until, heard_until = (
        1000 * np.flatnonzero(np.abs(speaker.heard[:, 0]) > least)[-1] / 48_000 for least in (1, 0)
    )
    ringing = 5  # of the resampler's filter
    assert loud_until <= ledger["a"] + FADE_MS + ringing
    assert heard_until <= loud_until + 1000 * SETTLED_S + HELD_MS


async def test_a_microphone_that_gives_nothing_is_seen_to_give_nothing() -> None:
    microphone = Microphone(PcmFormat(48_000, 2))
    microphone.stream.hear(bytes(PcmFormat(48_000, 2).size(500)))
    assert set(b"".join(await microphone.frames())) == {0}


def test_a_device_is_asked_for_our_format_first_then_for_its_own() -> None:
    assert formats(44_100, 32) == (
        PCM16_24K,
        PcmFormat(44_100),
        PcmFormat(RATE, 2),
        PcmFormat(44_100, 2),
        PcmFormat(RATE, 32),
        PcmFormat(44_100, 32),
    )
    assert formats(RATE, 1) == (PCM16_24K,)


def silence(size: int, _: float) -> bytes:
    return bytes(size)


class Picky:
    """A device that speaks one format; remembers what it was asked."""

    def __init__(self, spoken: PcmFormat | None, refusal: Callable[[str], Exception] = FormatRefused) -> None:
        self.asked: list[PcmFormat] = []
        self._spoken = spoken
        self._refusal = refusal

    def open(self, spoken: PcmFormat, fill: Fill) -> SteppedOutput:
        self.asked.append(spoken)
        if spoken != self._spoken:
            raise self._refusal("The speaker cannot be opened (no).")
        return SteppedOutput(fill, spoken=spoken)


def test_the_first_format_that_a_device_speaks_is_taken() -> None:
    picky = Picky(PcmFormat(48_000, 2))
    stream = output_as(picky.open, formats(48_000, 2))(silence)
    assert stream.spoken == PcmFormat(48_000, 2)
    assert picky.asked == list(formats(48_000, 2))


def test_a_device_that_speaks_no_format_is_told_in_one_line() -> None:
    with pytest.raises(AudioUnavailable, match="cannot be opened"):
        output_as(Picky(None).open, formats(48_000, 2))(silence)


def test_a_device_that_fails_for_another_reason_is_not_asked_again() -> None:
    busy = Picky(None, AudioUnavailable)
    with pytest.raises(AudioUnavailable, match="cannot be opened"):
        output_as(busy.open, formats(48_000, 2))(silence)
    assert busy.asked == [PCM16_24K]
