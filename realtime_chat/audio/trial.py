"""Trying a microphone and a speaker: noise out, sound in, and what that tells. Numbers only; others find words."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from realtime_chat.audio.echo_reduction import EchoReduction
from realtime_chat.audio.levels import SILENCE_DB, dbfs
from realtime_chat.audio.overlay import COARSE, coarse, overlay, sharpness
from realtime_chat.core.clock import within
from realtime_chat.core.errors import AudioUnavailable, TimedOut
from realtime_chat.core.pcm import RATE, pcm_ms
from realtime_chat.core.ports import AudioSink, AudioSource, Clock

BURST_MS = 400
#: Before the burst: what the microphone had heard already is read away. Without a burst, this is the trial.
SETTLE_S = 0.5
#: After it, for the burst to come back and for a voice.
LISTEN_S = 2.0
#: The whole of an audible trial, when no echo is measured.
WATCH_S = 5.0
#: The burst is found again where its peak stands out as much; see self_echo.
SHARP = 16.0
LATEST_S = 1.0
#: Noise for the canceller: it learns for two seconds, and is measured in the rest.
NOISE_MS = 3500
SYLLABLES_HZ = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it; levels in dBFS. None: there was no such device, or nothing was played.

    `played_ms` of BURST_MS. `delay_ms`: from the speaker's queue to the microphone's reader; None when the burst was
    not heard. `reduction_db`: so much softer echo cancellation makes it; None where it was not measured.
    """

    played_ms: int | None = None
    heard_ms: int | None = None
    loudest_db: float | None = None
    delay_ms: int | None = None
    reduction_db: float | None = None


async def tried(
    source: AudioSource | None,
    sink: AudioSink | None,
    clock: Clock,
    *,
    audible: bool = True,
    reduction: EchoReduction | None = None,
) -> Trial:
    """Try both and close them. Not `audible`: only listen, for a moment.

    `reduction` is measured where the microphone hears the speaker; it must stand between the two already.
    """
    frames: list[bytes] = []
    try:
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(_listen(source, frames)) if source is not None else None
            await clock.sleep(SETTLE_S)
            played, delay = await _burst_tried(sink, frames, clock) if audible else (None, None)
            heard = len(frames)
            softer = await _measured(sink, reduction, clock) if delay is not None else None
            if audible and softer is None:
                await clock.sleep(WATCH_S - LISTEN_S)
                heard = len(frames)
            if listening is not None:
                listening.cancel()
    finally:
        for port in (source, sink):
            if port is not None:
                await port.close()
    return Trial(
        played_ms=played,
        heard_ms=pcm_ms(len(b"".join(frames[:heard]))) if source is not None else None,
        loudest_db=max(map(dbfs, frames[:heard]), default=SILENCE_DB) if source is not None else None,
        delay_ms=delay,
        reduction_db=softer,
    )


async def _burst_tried(
    sink: AudioSink | None, frames: list[bytes], clock: Clock
) -> tuple[int | None, int | None]:
    """How much of a burst was played, and how late it was heard."""
    sound = burst(BURST_MS)
    before = len(frames)
    played = await _played(sink, sound, clock) if sink is not None else None
    await clock.sleep(LISTEN_S)
    return played, delay_ms(sound, b"".join(frames[before:])) if sink is not None else None


async def _measured(sink: AudioSink | None, reduction: EchoReduction | None, clock: Clock) -> float | None:
    if sink is None or reduction is None:
        return None
    try:
        reduction.begin()
    except AudioUnavailable:
        return None
    await _played(sink, syllables(NOISE_MS), clock)
    return reduction.db


def delay_ms(played: bytes, heard: bytes) -> int | None:
    """Where the one begins in the other; None when it is not in it."""
    if len(heard) < len(played):
        return None
    fits = overlay(coarse(played), coarse(heard))[: int(LATEST_S * RATE / COARSE)]
    return round(int(fits.argmax()) * COARSE * 1000 / RATE) if sharpness(fits) > SHARP else None


def burst(ms: int) -> bytes:
    """Soft noise, faded at both ends: unlike a tone it fits over itself at one place only."""
    count = RATE * ms // 1000
    edge = RATE // 50
    steps = np.arange(count)
    shape = np.minimum(1.0, np.minimum(steps, count - steps) / edge)
    noise = np.random.default_rng(0).normal(0, 2500, count)
    return (shape * noise).astype("<i2").tobytes()


def syllables(ms: int) -> bytes:
    """Noise that comes and goes as speech does."""
    noise = np.frombuffer(burst(ms), "<i2")
    swing = 0.5 - 0.5 * np.cos(2 * np.pi * SYLLABLES_HZ * np.arange(noise.size) / RATE)
    return (noise * swing).astype("<i2").tobytes()


async def _listen(source: AudioSource, frames: list[bytes]) -> None:
    async for frame in source.frames():
        frames.append(frame)  # noqa: PERF401 - it is read while it grows, and listening is cut


async def _played(sink: AudioSink, sound: bytes, clock: Clock) -> int:
    sink.play("trial", sound)
    sink.finish("trial")
    with suppress(TimedOut):
        await within(clock, pcm_ms(len(sound)) / 1000 + 2, sink.drained(), "The noise")
    return sink.flush().get("trial", 0)
