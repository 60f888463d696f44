"""Laying one sound over another to find the first inside the second. Pure."""

import numpy as np
from numpy.typing import NDArray

#: Between 0 (plain correlation) and 1 (only phases count).
WHITENING = 0.7
#: Of the rate: voices and bursts have nothing above 4 kHz that is needed here.
COARSE = 3

Samples = NDArray[np.float32]


def coarse(pcm: bytes) -> Samples:
    """24 kHz mono s16le at a third of its rate."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32)
    return samples[: samples.size // COARSE * COARSE].reshape(-1, COARSE).mean(axis=1, dtype=np.float32)


def overlay(sound: Samples, other: Samples) -> NDArray[np.float64]:
    """How well `other` fits over `sound` for each shift: index k is `other` k samples later, negative ones wrap."""
    size = 1 << (sound.size + other.size - 1).bit_length()
    cross = np.fft.rfft(other, size) * np.conj(np.fft.rfft(sound, size))
    return np.fft.irfft(cross / np.maximum(np.abs(cross), 1e-9) ** WHITENING, size)


def sharpness(fits: NDArray[np.float64]) -> float:
    """Of the best of these shifts: its peak by their effective value."""
    return float(fits.max() / (np.sqrt((fits**2).mean()) + 1e-12))
