"""A microphone and a speaker on trial: what works, what does not, and what to do."""

import asyncio

import numpy as np
import pytest

from realtime_chat.audio.levels import SILENCE_DB
from realtime_chat.audio.trial import BURST_MS, Trial, burst, delay_ms, tried
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.virtual_audio import VirtualSink, VirtualSource


async def trial_of(heard: bytes, *, speaker: bool = True) -> Trial:
    """The microphone hears this from the moment of the burst on."""
    clock, source = VirtualClock(), VirtualSource()
    sink = VirtualSink(clock) if speaker else None
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        trial = group.create_task(tried(source, sink, clock))
        await settle()
        await clock.advance(0.35)
        source.push(heard)
        await clock.advance(1)
        await clock.advance(3)
    return trial.result()


async def test_both_work_when_the_burst_was_played_and_somebody_spoke() -> None:
    voice = np.random.default_rng(5).normal(0, 3000, pcm_bytes(300) // 2).astype("<i2").tobytes()
    result = await trial_of(voice)
    assert (result.ok, result.played_ms, result.heard_ms, result.delay_ms) == (True, BURST_MS, 300, None)
    assert result.lines()[1].startswith("microphone: ok; loudest -2")


async def test_a_microphone_that_hears_the_speaker_tells_how_late() -> None:
    quieter = (np.frombuffer(burst(BURST_MS), "<i2") // 4).astype("<i2").tobytes()
    result = await trial_of(bytes(pcm_bytes(90)) + quieter + bytes(pcm_bytes(500)))
    assert result.delay_ms == 90
    assert "hears the speaker 90 ms later" in result.lines()[2]


@pytest.mark.parametrize(
    ("heard", "words"), [(bytes(pcm_bytes(100)), "digital silence"), (b"", "no sound at all")]
)
async def test_digital_silence_and_no_sound_at_all_are_told_apart(heard: bytes, words: str) -> None:
    result = await trial_of(heard, speaker=False)
    assert not result.ok
    assert result.loudest_db == SILENCE_DB
    assert words in result.lines()[1]
    assert result.lines()[0] == "speaker: none"


def test_a_burst_is_found_in_noise_and_not_where_it_is_not() -> None:
    noise = np.random.default_rng(1).normal(0, 400, pcm_bytes(1000) // 2)
    assert delay_ms(burst(400), noise.astype("<i2").tobytes()) is None
    noise[2400:12_000] += np.frombuffer(burst(400), "<i2") * 0.3
    assert delay_ms(burst(400), noise.astype("<i2").tobytes()) == 100
