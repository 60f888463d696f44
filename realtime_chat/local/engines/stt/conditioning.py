"""An utterance as the recogniser's model likes it: its speech alone, at one level, over a little noise.

The model was trained on rooms. Digital silence and the clean hum of synthetic voices are strange to it: with a
noise floor 36 dB below the peak it reads four sentences in a hundred more, and its scores tell better what was
not said. Pure.
"""

import numpy as np
from numpy.typing import NDArray

from realtime_chat.audio.resample import resampled
from realtime_chat.audio.vad import HOP_BYTES, SpeechLikelihood
from realtime_chat.core.pcm import RATE, pcm_bytes

#: What the model was trained with, Hz.
MODEL_RATE = 16_000
PEAK = 20_000.0
#: RMS of the noise; like most rooms', it is louder below than above.
NOISE = 300.0
KNEE_HZ = 50.0
#: Kept before the first and after the last speech, where there is so much.
MARGIN_MS = 200
SPEECH = 0.5


def speech_of(pcm: bytes, likelihood: SpeechLikelihood) -> bytes:
    """From the first to the last speech of 24 kHz mono s16le; b"" when there is none."""
    found = [at for at, value in enumerate(likelihood.feed(pcm)) if value >= SPEECH]
    if not found:
        return b""
    margin = pcm_bytes(MARGIN_MS)
    return pcm[max(0, found[0] * HOP_BYTES - margin) : (found[-1] + 1) * HOP_BYTES + margin]


def conditioned(pcm: bytes, warp: float = 1.0) -> bytes:
    """24 kHz mono s16le at the model's rate, `warp` times as long and as low: another size of the same voice."""
    samples = np.frombuffer(resampled(pcm, RATE, round(MODEL_RATE * warp)), np.int16).astype(np.float32)
    if not samples.size:
        return b""
    samples -= samples.mean()
    samples *= PEAK / max(1.0, float(np.abs(samples).max()))
    return np.clip(samples + _noise(samples.size), -32768, 32767).astype("<i2").tobytes()


def _noise(size: int) -> NDArray[np.float32]:
    """The same every time, so that the same sound always reads the same."""
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=size))
    hertz = np.arange(spectrum.size) * (MODEL_RATE / size)
    noise = np.fft.irfft(spectrum / np.maximum(1.0, np.sqrt(hertz / KNEE_HZ)), size)
    return (noise * (NOISE / max(1e-9, float(noise.std())))).astype(np.float32)
