"""Trying a microphone and a speaker: a burst of noise out, two seconds in, and what that tells."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from realtime_chat.audio.levels import SILENCE_DB, dbfs
from realtime_chat.audio.overlay import COARSE, coarse, overlay, sharpness
from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.pcm import RATE, pcm_ms
from realtime_chat.core.ports import AudioSink, AudioSource, Clock

BURST_MS = 400
#: Before the burst: what the microphone had heard already is read away.
SETTLE_S = 0.3
LISTEN_S = 2.0
#: Louder than a quiet room: somebody spoke, or the burst was heard.
HEARD_DB = -50.0
#: The burst is found again where its peak stands out as much; see self_echo.
SHARP = 16.0
LATEST_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it; None: there was no such device. Levels in dBFS.

    `delay_ms`: from the speaker's queue to the microphone's reader; None when the burst was not heard.
    """

    played_ms: int | None
    heard_ms: int | None
    loudest_db: float | None
    delay_ms: int | None = None

    @property
    def ok(self) -> bool:
        """Whether both work, as far as one can tell."""
        return self.played_ms == BURST_MS and bool(self.heard_ms) and self.loudest_db != SILENCE_DB

    def lines(self) -> list[str]:
        """For a reader, each with what to do."""
        return [self._speaker(), self._microphone(), *self._path()]

    def _speaker(self) -> str:
        if self.played_ms is None:
            return "speaker: none"
        if self.played_ms < BURST_MS:
            return f"speaker: FAILED; it took {self.played_ms} of {BURST_MS} ms. Choose another with --output-device."
        return "speaker: ok; if you heard nothing, raise the volume or choose another with --output-device."

    def _microphone(self) -> str:
        if self.heard_ms is None or self.loudest_db is None:
            return "microphone: none"
        if not self.heard_ms:
            return "microphone: FAILED; it gives no sound at all. Choose another with --input-device."
        if self.loudest_db == SILENCE_DB:
            return (
                "microphone: FAILED; it gives digital silence: it is muted, or this terminal may not use it."
            )
        word = "ok" if self.loudest_db > HEARD_DB else "quiet; speak up or raise its level"
        return f"microphone: {word}; loudest {self.loudest_db:.0f} dB"

    def _path(self) -> list[str]:
        if self.delay_ms is not None:
            return [
                f"echo: the microphone hears the speaker {self.delay_ms} ms later; headphones cure it for good."
            ]
        both = self.played_ms is not None and bool(self.heard_ms)
        return ["echo: the microphone does not hear the speaker."] if both else []


async def tried(source: AudioSource | None, sink: AudioSink | None, clock: Clock) -> Trial:
    """Try both and close them."""
    sound = burst(BURST_MS)
    frames: list[bytes] = []
    try:
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(_listen(source, frames)) if source is not None else None
            await clock.sleep(SETTLE_S)
            before = len(frames)
            played = await _played(sink, sound, clock) if sink is not None else None
            await clock.sleep(LISTEN_S)
            if listening is not None:
                listening.cancel()
    finally:
        for port in (source, sink):
            if port is not None:
                await port.close()
    return Trial(
        played_ms=played,
        heard_ms=pcm_ms(len(b"".join(frames))) if source is not None else None,
        loudest_db=max(map(dbfs, frames), default=SILENCE_DB) if source is not None else None,
        delay_ms=delay_ms(sound, b"".join(frames[before:])) if sink is not None else None,
    )


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


async def _listen(source: AudioSource, frames: list[bytes]) -> None:
    async for frame in source.frames():
        frames.append(frame)  # noqa: PERF401 - it is read while it grows, and listening is cut


async def _played(sink: AudioSink, sound: bytes, clock: Clock) -> int:
    sink.play("burst", sound)
    sink.finish("burst")
    with suppress(TimedOut):
        await within(clock, BURST_MS / 1000 + 2, sink.drained(), "The burst")
    return sink.flush().get("burst", 0)
