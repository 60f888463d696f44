"""Trying a microphone and a speaker: a tone out, two seconds in, and what that tells."""

import math
import struct
from contextlib import suppress
from dataclasses import dataclass

from realtime_chat.audio.levels import SILENCE_DB, dbfs
from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.pcm import RATE, pcm_ms
from realtime_chat.core.ports import AudioSink, AudioSource, Clock

TONE_MS = 400
LISTEN_S = 2.0
#: Louder than a quiet room: somebody spoke, or the tone was heard.
HEARD_DB = -50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it; None: there was no such device. Levels in dBFS."""

    played_ms: int | None
    heard_ms: int | None
    loudest_db: float | None

    @property
    def ok(self) -> bool:
        """Whether both work, as far as one can tell."""
        return self.played_ms == TONE_MS and bool(self.heard_ms) and self.loudest_db != SILENCE_DB

    def lines(self) -> list[str]:
        """For a reader, each with what to do."""
        return [self._speaker(), self._microphone()]

    def _speaker(self) -> str:
        if self.played_ms is None:
            return "speaker: none"
        if self.played_ms < TONE_MS:
            return f"speaker: FAILED; it took {self.played_ms} of {TONE_MS} ms. Choose another with --output-device."
        return "speaker: ok; if you heard no tone, raise the volume or choose another with --output-device."

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


async def tried(source: AudioSource | None, sink: AudioSink | None, clock: Clock) -> Trial:
    """Try both and close them."""
    try:
        played = await _played(sink, clock) if sink is not None else None
        heard, loudest = await _heard(source, clock) if source is not None else (None, None)
        return Trial(played_ms=played, heard_ms=heard, loudest_db=loudest)
    finally:
        for port in (source, sink):
            if port is not None:
                await port.close()


async def _played(sink: AudioSink, clock: Clock) -> int:
    sink.play("tone", tone(TONE_MS))
    sink.finish("tone")
    with suppress(TimedOut):
        await within(clock, TONE_MS / 1000 + 2, sink.drained(), "The tone")
    return sink.flush().get("tone", 0)


async def _heard(source: AudioSource, clock: Clock) -> tuple[int, float]:
    levels: list[float] = []
    size = 0

    async def listen() -> None:
        nonlocal size
        async for frame in source.frames():
            size += len(frame)
            levels.append(dbfs(frame))

    with suppress(TimedOut):
        await within(clock, LISTEN_S, listen(), "Listening")
    return pcm_ms(size), max(levels, default=SILENCE_DB)


def tone(ms: int, hz: float = 660.0) -> bytes:
    """A soft sine, faded at both ends."""
    count = RATE * ms // 1000
    edge = RATE // 50
    values = (
        int(6000 * min(1.0, n / edge, (count - n) / edge) * math.sin(2 * math.pi * hz * n / RATE))
        for n in range(count)
    )
    return struct.pack(f"<{count}h", *values)
