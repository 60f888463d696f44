"""A microphone and a speaker on trial: what is measured of them."""

import asyncio

import numpy as np
import pytest

from realtime_chat.audio.capture import MicrophoneSource
from realtime_chat.audio.echo_reduction import EchoReduction
from realtime_chat.audio.levels import SILENCE_DB
from realtime_chat.audio.playback import DeviceSink
from realtime_chat.audio.streams import Fill, OnBlock, OnEnd, SteppedInput, SteppedOutput
from realtime_chat.audio.trial import BURST_MS, Trial, burst, delay_ms, tried
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.virtual_audio import VirtualSink, VirtualSource
from tests.audio.test_echo_reduction import Softener


async def trial_of(heard: bytes, *, speaker: bool = True, audible: bool = True) -> Trial:
    """The microphone hears this from the moment of the burst on."""
    clock, source = VirtualClock(), VirtualSource()
    sink = VirtualSink(clock) if speaker else None
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        trial = group.create_task(tried(source, sink, clock, audible=audible))
        await settle()
        await clock.advance(0.45)
        source.push(heard)
        for _ in range(10):
            await clock.advance(1)
    return trial.result()


async def test_both_work_when_the_burst_was_played_and_somebody_spoke() -> None:
    voice = np.random.default_rng(5).normal(0, 3000, pcm_bytes(300) // 2).astype("<i2").tobytes()
    result = await trial_of(voice)
    assert (result.played_ms, result.heard_ms, result.delay_ms) == (BURST_MS, 300, None)
    assert result.loudest_db == pytest.approx(-20.5, abs=1)


async def test_digital_silence_and_no_sound_at_all_are_told_apart() -> None:
    silence, nothing = await trial_of(bytes(pcm_bytes(100)), speaker=False), await trial_of(b"")
    assert (silence.heard_ms, silence.loudest_db, silence.played_ms) == (100, SILENCE_DB, None)
    assert (nothing.heard_ms, nothing.loudest_db) == (0, SILENCE_DB)


async def test_a_trial_that_may_not_be_heard_plays_nothing() -> None:
    result = await trial_of(bytes(pcm_bytes(100)), audible=False)
    assert result == Trial(heard_ms=100, loudest_db=SILENCE_DB)


async def test_without_a_microphone_the_speaker_is_tried_alone() -> None:
    clock = VirtualClock()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        trial = group.create_task(tried(None, VirtualSink(clock), clock))
        for _ in range(10):
            await clock.advance(1)
    assert trial.result() == Trial(played_ms=BURST_MS)


class Laptop:
    """Its microphone hears its speaker, 50 ms later and at a quarter of its loudness."""

    def __init__(self, reduction: EchoReduction) -> None:
        self.clock = VirtualClock()
        self.reduction = reduction
        self.sink = DeviceSink(self._play, self.clock, reduction.played)
        self.source = MicrophoneSource(self._listen, cleaner=reduction)

    def _play(self, fill: Fill) -> SteppedOutput:
        self.speaker = SteppedOutput(fill)
        return self.speaker

    def _listen(self, on_block: OnBlock, on_end: OnEnd) -> SteppedInput:
        self.microphone = SteppedInput(on_block, on_end)
        return self.microphone

    async def tried(self) -> Trial:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            trial = group.create_task(
                tried(self.source, self.sink, self.clock, reduction=self.reduction), name="trial"
            )
            self.speaker.step(50)
            while not trial.done():
                before = len(self.speaker.sound) - pcm_bytes(50)
                self.speaker.step(20)
                echo = np.frombuffer(self.speaker.sound[before:][: pcm_bytes(20)], "<i2") // 4
                self.microphone.hear(echo.astype("<i2").tobytes())
                await self.clock.advance(0.02)
        return trial.result()


async def test_a_microphone_that_hears_the_speaker_tells_how_late_and_how_much_softer() -> None:
    result = await Laptop(EchoReduction(Softener)).tried()
    assert result.played_ms == BURST_MS
    assert result.delay_ms == pytest.approx(50, abs=25)
    assert result.reduction_db == pytest.approx(20, abs=1)


async def test_where_there_is_no_canceller_the_delay_is_told_all_the_same() -> None:
    def missing() -> Softener:
        raise AudioUnavailable("Echo cancellation is not installed.")

    result = await Laptop(EchoReduction(missing)).tried()
    assert result.delay_ms == pytest.approx(50, abs=25)
    assert result.reduction_db is None


def test_a_burst_is_found_in_noise_and_not_where_it_is_not() -> None:
    noise = np.random.default_rng(1).normal(0, 400, pcm_bytes(1000) // 2)
    assert delay_ms(burst(400), noise.astype("<i2").tobytes()) is None
    noise[2400:12_000] += np.frombuffer(burst(400), "<i2") * 0.3
    assert delay_ms(burst(400), noise.astype("<i2").tobytes()) == 100
