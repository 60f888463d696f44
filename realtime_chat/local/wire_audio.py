"""Between the session's 24 kHz PCM and the formats of the wire: the same, or G.711 at 8 kHz."""

import numpy as np
from numpy.typing import NDArray

from realtime_chat.audio.resample import Resampler
from realtime_chat.core.pcm import RATE

_TELEPHONE_RATE = 8_000


class WireDecoder:
    """The client's sound in, 24 kHz PCM out; keeps the resampler's state from append to append."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._table = _TABLES.get(kind)
        self._resampler = Resampler(_TELEPHONE_RATE, RATE, "LQ")

    def decode(self, sound: bytes) -> bytes:
        if self._table is None:
            return sound
        samples = self._table[np.frombuffer(sound, dtype=np.uint8)]
        return self._resampler.feed(samples.astype("<i2").tobytes())


class WireEncoder:
    """24 kHz PCM in, the client's format out, for one answer."""

    def __init__(self, kind: str) -> None:
        self._table = _TABLES.get(kind)
        self._resampler = Resampler(RATE, _TELEPHONE_RATE)

    def encode(self, pcm: bytes) -> bytes:
        return pcm if self._table is None else _nearest(self._table, self._resampler.feed(pcm))

    def finish(self) -> bytes:
        """What the resampler still holds; nothing may follow."""
        return b"" if self._table is None else _nearest(self._table, self._resampler.flush())


def _mu_law() -> NDArray[np.int16]:
    """The 256 sample values of G.711 µ-law."""
    code = ~np.arange(256, dtype=np.uint8)
    magnitude = (((code & 0x0F).astype(np.int32) * 2 + 33) << ((code >> 4) & 7)) - 33
    return (np.where(code & 0x80, -magnitude, magnitude) * 4).astype(np.int16)


def _a_law() -> NDArray[np.int16]:
    """The 256 sample values of G.711 A-law."""
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = ((code >> 4) & 7).astype(np.int32), (code & 0x0F).astype(np.int32)
    linear = np.where(exponent == 0, mantissa * 2 + 1, (mantissa * 2 + 33) << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, linear, -linear) * 8).astype(np.int16)


_TABLES = {"audio/pcmu": _mu_law(), "audio/pcma": _a_law()}


def _nearest(table: NDArray[np.int16], pcm: bytes) -> bytes:
    """For each sample the code whose value lies nearest to it."""
    order = np.argsort(table, kind="stable")
    values = table[order].astype(np.int32)
    wanted = np.frombuffer(pcm, dtype="<i2").astype(np.int32)
    above = np.clip(np.searchsorted(values, wanted), 1, len(values) - 1)
    lower_is_nearer = wanted - values[above - 1] <= values[above] - wanted
    return order[above - lower_is_nearer].astype(np.uint8).tobytes()
