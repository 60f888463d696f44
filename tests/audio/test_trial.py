"""A microphone and a speaker on trial: what works, what does not, and what to do."""

import asyncio

from realtime_chat.audio.levels import SILENCE_DB
from realtime_chat.audio.trial import TONE_MS, tone, tried
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.virtual_audio import VirtualSink, VirtualSource


async def test_both_work_when_the_tone_was_played_and_somebody_spoke() -> None:
    clock, source = VirtualClock(), VirtualSource()
    sink = VirtualSink(clock)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        trial = group.create_task(tried(source, sink, clock))
        await settle()
        source.push(tone(300))
        await clock.advance(1)
        await clock.advance(3)
    result = trial.result()
    assert (result.ok, result.played_ms, result.heard_ms) == (True, TONE_MS, 300)
    assert result.lines()[1].startswith("microphone: ok; loudest -1")
    assert len(sink.heard["tone"]) == pcm_bytes(TONE_MS)


async def test_digital_silence_and_no_sound_at_all_are_told_apart() -> None:
    for pcm, words in ((bytes(pcm_bytes(100)), "digital silence"), (b"", "no sound at all")):
        clock, source = VirtualClock(), VirtualSource()
        source.push(pcm)
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            trial = group.create_task(tried(source, None, clock))
            await settle()
            await clock.advance(3)
        assert not trial.result().ok
        assert trial.result().loudest_db == SILENCE_DB
        assert words in trial.result().lines()[1]
        assert trial.result().lines()[0] == "speaker: none"
