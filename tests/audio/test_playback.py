"""The speaker on a device that is moved block by block."""

import asyncio
import struct
from itertools import pairwise

import pytest

from realtime_chat.audio.playback import FADE_MS, DeviceSink, Tap
from realtime_chat.audio.streams import Fill, SteppedOutput
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import pcm_bytes
from tests.audio.kit import level


class Speaker:
    def __init__(self, *, block_ms: int = 10, latency_s: float = 0.03, tap: Tap | None = None) -> None:
        self._block_ms, self._latency_s = block_ms, latency_s
        self.clock = VirtualClock()
        self.sink = DeviceSink(self._open, self.clock, tap)

    def _open(self, fill: Fill) -> SteppedOutput:
        self.stream = SteppedOutput(fill, block_ms=self._block_ms, latency_s=self._latency_s)
        return self.stream

    async def run(self, ms: int) -> None:
        for _ in range(0, ms, self._block_ms):
            self.stream.step(self._block_ms)
            await self.clock.advance(self._block_ms / 1000)


@pytest.mark.parametrize("block_ms", [5, 10, 20, 40])
async def test_heard_is_what_the_device_took_to_the_frame(block_ms: int):
    speaker = Speaker(block_ms=block_ms)
    speaker.sink.play("a", level(500, 9))
    await speaker.run(200)
    assert speaker.sink.ledger() == {"a": 200}
    assert speaker.stream.sound == level(200, 9)


@pytest.mark.parametrize("block_ms", [5, 10, 20, 40])
async def test_after_an_interruption_only_a_short_fade_follows_then_silence(block_ms: int):
    speaker = Speaker(block_ms=block_ms)
    speaker.sink.play("a", level(500, 9000))
    await speaker.run(200)
    assert speaker.sink.flush() == {"a": 200}
    await speaker.run(200)
    after = struct.unpack("<4800h", speaker.stream.sound[pcm_bytes(200) :])
    assert FADE_MS <= 12
    assert set(after[24 * FADE_MS :]) == {0}
    assert all(9000 > value >= 0 for value in after)
    assert sorted(after[: 24 * FADE_MS], reverse=True) == list(after[: 24 * FADE_MS])


def samples(pcm: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(pcm) // 2}h", pcm))


async def test_the_volume_changes_within_one_block_on_a_straight_line():
    speaker = Speaker()
    speaker.sink.play("a", level(500, 8000))
    await speaker.run(50)
    speaker.sink.gain(0.25)
    await speaker.run(50)
    speaker.sink.gain(1.0)
    await speaker.run(50)
    sound = samples(speaker.stream.sound)
    steps = [abs(after - before) for before, after in pairwise(sound)]
    assert max(steps) <= 8000 * 0.75 / 239 + 1, "a jump clicks"
    assert sound[: 24 * 50] == [8000] * 24 * 50
    assert sound[24 * 60 : 24 * 100] == [2000] * 24 * 40
    assert sound[24 * 110 :] == [8000] * 24 * 40
    assert speaker.sink.ledger() == {"a": 150}


async def test_at_full_volume_no_bit_is_changed():
    speaker = Speaker()
    noise = bytes(range(256)) * 15
    speaker.sink.play("a", noise)
    await speaker.run(80)
    assert speaker.stream.sound == noise


async def test_the_echo_canceller_sees_what_the_device_took_at_its_volume():
    seen: list[bytes] = []
    speaker = Speaker(tap=lambda block, _: seen.append(block))
    speaker.sink.gain(0.5)
    speaker.sink.play("a", level(100, 8000))
    await speaker.run(100)
    assert b"".join(seen) == speaker.stream.sound
    assert samples(seen[-1]) == [4000] * 240


async def test_a_flush_of_turned_down_sound_fades_from_where_it_was():
    speaker = Speaker()
    speaker.sink.gain(0.25)
    speaker.sink.play("a", level(500, 8000))
    await speaker.run(100)
    speaker.sink.flush()
    speaker.sink.gain(1.0)
    await speaker.run(20)
    assert max(samples(speaker.stream.sound)[24 * 100 :]) <= 8000 * 0.5, (
        "no louder than before, but for the ramp"
    )


async def test_the_stream_stays_open_and_silent_between_answers():
    speaker = Speaker()
    await speaker.run(50)
    speaker.sink.play("a", level(20, 9))
    speaker.sink.finish("a")
    await speaker.run(50)
    assert speaker.stream.sound == bytes(pcm_bytes(50)) + level(20, 9) + bytes(pcm_bytes(30))
    assert speaker.stream.active
    assert speaker.sink.underruns == 0


async def test_playback_ends_when_the_devices_own_queue_is_empty_too():
    speaker = Speaker(latency_s=0.03)
    speaker.sink.play("a", level(100))
    speaker.sink.finish("a")
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        end = group.create_task(speaker.sink.drained())
        await speaker.run(100)
        assert speaker.sink.ledger() == {"a": 100}
        await speaker.run(20)
        assert not end.done()
        await speaker.run(20)
        assert end.done()


async def test_sound_that_runs_dry_within_an_answer_is_counted():
    speaker = Speaker()
    speaker.sink.play("a", level(55))
    await speaker.run(100)
    speaker.sink.play("a", level(15))
    speaker.sink.finish("a")
    await speaker.run(40)
    assert speaker.sink.underruns == 1
    assert speaker.sink.ledger() == {"a": 70}


async def test_a_device_that_goes_away_lets_nobody_wait_for_its_end():
    speaker = Speaker()
    speaker.sink.play("a", level(500))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(speaker.sink.drained())
        await speaker.run(100)
        speaker.stream.abort()
        await speaker.clock.advance(1)
    assert speaker.sink.flush() == {"a": 100}


async def test_a_close_does_not_wait_for_the_sound():
    speaker = Speaker()
    speaker.sink.play("a", level(500))
    await speaker.sink.close()
    assert not speaker.stream.active
    await speaker.sink.drained()


def test_without_a_device_there_is_no_speaker():
    def open_stream(_: Fill) -> SteppedOutput:
        raise AudioUnavailable("No speaker was found.")

    with pytest.raises(AudioUnavailable, match="No speaker"):
        DeviceSink(open_stream, VirtualClock())
