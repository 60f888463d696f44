"""The speaker and the microphone that need no hardware."""

import asyncio

import pytest

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.pcm import FRAME_BYTES, pcm_bytes
from realtime_chat.core.virtual_audio import VirtualSink, VirtualSource
from tests.audio.kit import level

# M29: what a speaker does is proven without one.


async def test_after_one_and_a_half_seconds_exactly_1500_ms_were_heard():
    clock = VirtualClock()
    sink = VirtualSink(clock)
    sink.play("a", level(4000))
    await clock.advance(1.5)
    assert sink.ledger() == {"a": 1500}
    assert sink.flush() == {"a": 1500}


@pytest.mark.parametrize("step", [0.1, 0.001, 0.3, 1 / 3])
async def test_the_steps_in_which_time_passes_do_not_change_what_was_heard(step: float):
    clock = VirtualClock()
    await clock.advance(0.7)
    sink = VirtualSink(clock)
    sink.play("a", level(4000))
    for _ in range(round(3 / step)):
        await clock.advance(step)
    assert sink.ledger() == {"a": 3000}


async def test_a_millisecond_counts_when_it_is_over():
    clock = VirtualClock()
    sink = VirtualSink(clock)
    sink.play("a", level(100))
    await clock.advance(0.0129)
    assert sink.ledger() == {"a": 12}


async def test_a_pause_between_two_sounds_is_not_heard_as_sound():
    clock = VirtualClock()
    sink = VirtualSink(clock)
    sink.play("a", level(200))
    await clock.advance(5)
    sink.play("a", level(200))
    await clock.advance(0.05)
    assert sink.ledger() == {"a": 250}


async def test_what_was_heard_and_what_was_thrown_away_can_be_listened_to():
    clock = VirtualClock()
    sink = VirtualSink(clock)
    sink.play("a", level(100, 1))
    sink.play("b", level(100, 2))
    await clock.advance(0.13)
    assert sink.heard == {"a": level(100, 1), "b": level(30, 2)}
    sink.flush()
    sink.play("c", level(50, 3))
    await clock.advance(1)
    assert sink.heard == {"a": level(100, 1), "b": level(30, 2), "c": level(50, 3)}
    assert sink.thrown_away == {"b": level(70, 2)}


async def test_the_end_of_playback_is_told_when_the_clock_comes_to_it():
    clock = VirtualClock()
    sink = VirtualSink(clock)
    sink.play("a", level(300))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        end = group.create_task(sink.drained())
        await clock.advance(0.2)
        sink.play("a", level(100))
        await clock.advance(0.199)
        assert not end.done()
        await clock.advance(0.001)
        assert end.done()


async def test_a_source_says_what_it_was_told_in_frames_of_20_ms():
    source = VirtualSource()
    source.push(level(30))
    source.push(level(15))
    source.end()
    frames = [frame async for frame in source.frames()]
    assert [len(frame) for frame in frames] == [FRAME_BYTES, FRAME_BYTES, pcm_bytes(5)]
    assert b"".join(frames) == level(45)


async def test_a_source_waits_for_more_until_it_is_ended():
    source = VirtualSource()
    heard: list[bytes] = []

    async def listen() -> None:
        heard.extend([frame async for frame in source.frames()])

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(listen())
        await asyncio.sleep(0)
        source.push(level(20))
        await asyncio.sleep(0)
        source.end()
        source.push(level(20))
    assert heard == [level(20)]
