"""How loud a frame is."""

import math

import numpy as np

#: What digital silence reads, dBFS.
SILENCE_DB = -96.0


def dbfs(pcm: bytes) -> float:
    """RMS level of s16le samples in dB below full scale (0 = a square wave at full scale, a sine reads -3).

    At least SILENCE_DB, also for no samples; half a sample at the end is dropped. About 5 µs for 20 ms.
    """
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2").astype(np.float32)
    if not samples.size:
        return SILENCE_DB
    power = float(np.dot(samples, samples)) / samples.size / 32768.0**2
    return max(SILENCE_DB, 10 * math.log10(power)) if power else SILENCE_DB


#: Seconds of exact zeros after which a microphone is not just in a quiet room: no room is that quiet.
ZEROS_S = 5.0
ZEROS = (
    "The microphone gives digital silence: it is muted, or this terminal may not use it. "
    "Check the system's sound settings and privacy permissions."
)
#: The loudest samples; a microphone that reaches them for so many frames is too loud to be understood.
CLIPPED_DB = -1.0
CLIPPED_FRAMES = 25
CLIPPED = "The microphone is too loud and distorts; lower its level in the system's sound settings."


class InputHints:
    """What a microphone's loudness tells a user, each once. Fed frame by frame. Pure.

    One that has given any sound is neither muted nor forbidden: zeros after that are a filter's, between words.
    """

    def __init__(self, frame_s: float) -> None:
        self._patience = round(ZEROS_S / frame_s)
        self._zeros: int | None = 0  # frames from the beginning on; None: it has given sound
        self._clipped = 0
        self._told: set[str] = set()

    def feed(self, db: float) -> str | None:
        """One frame's level; a line for the user when there is something to tell."""
        self._clipped += db > CLIPPED_DB
        if self._zeros is not None:
            self._zeros = self._zeros + 1 if db <= SILENCE_DB else None
        if self._zeros is not None and self._zeros >= self._patience:
            return self._once(ZEROS)
        return self._once(CLIPPED) if self._clipped >= CLIPPED_FRAMES else None

    def begin(self) -> None:
        """Another device is heard from here on."""
        self._zeros = 0

    def _once(self, text: str) -> str | None:
        if text in self._told:
            return None
        self._told.add(text)
        return text
