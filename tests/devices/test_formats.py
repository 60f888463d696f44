"""A card that is opened as one that speaks no 24 kHz mono, through the real PortAudio.

PulseAudio itself takes any rate, and ALSA's plugins that take one only crash below PortAudio: so the first format that
the card is asked for is one that nothing speaks, and the second a common card's.
"""

import asyncio
import itertools
import time
from pathlib import Path

import numpy as np
import pytest

from realtime_chat.audio.capture import MicrophoneSource
from realtime_chat.audio.converting import HELD_S
from realtime_chat.audio.devices import device_input, device_output
from realtime_chat.audio.overlay import coarse, overlay, sharpness
from realtime_chat.audio.playback import DeviceSink
from realtime_chat.audio.trial import SHARP, burst
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.pcm import PcmFormat
from tests.devices.card import Listener, missing, say

pytestmark = [
    pytest.mark.device,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
CARD = PcmFormat(48_000, 2)
KNOWN = [PcmFormat(10_000_000), CARD]


def fits(sound: bytes, heard: bytes) -> bool:
    """Whether the one is in the other."""
    return sharpness(overlay(coarse(sound), coarse(heard))) > SHARP


async def test_an_answer_is_heard_from_a_speaker_of_another_format() -> None:
    sink = DeviceSink(device_output(known=KNOWN), SystemClock())
    assert sink.stream.spoken == CARD
    assert sink.stream.latency_s > HELD_S
    with Listener() as listener:
        sink.play("a", burst(600))
        sink.finish("a")
        async with asyncio.timeout(10):
            await sink.drained()
        assert sink.flush() == {"a": 600}
    await sink.close()
    assert fits(burst(600), listener.heard)


async def test_a_voice_is_heard_by_a_microphone_of_another_format(tmp_path: Path) -> None:
    source = MicrophoneSource(device_input(known=KNOWN))
    assert source.stream.spoken == CARD
    frames: list[bytes] = []
    async with asyncio.timeout(15), asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(say, burst(600), tmp_path)).add_done_callback(
            lambda _: group.create_task(source.close())
        )
        async for frame in source.frames():
            frames.append(frame)  # noqa: PERF401 - it ends when the voice has
    assert fits(burst(600), b"".join(frames))
    assert np.abs(np.frombuffer(b"".join(frames), "<i2")).max() > 1000


def test_a_callback_that_comes_too_late_is_counted() -> None:
    calls = itertools.count()

    def fill(size: int, _: float) -> bytes:
        if next(calls) % 50 == 49:
            time.sleep(0.3)
        return bytes(size)

    stream = device_output()(fill)
    deadline = time.monotonic() + 8
    while not stream.xruns and time.monotonic() < deadline:
        time.sleep(0.02)
    counted = stream.xruns
    stream.abort()
    assert counted > 0
