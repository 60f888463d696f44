"""Between sample rates and channel counts, on linear PCM (s16le). Keeps state across chunks; no I/O."""

from typing import Any, Literal, cast

import numpy as np
import soxr
from numpy.typing import NDArray

from realtime_chat.core.errors import InvalidArguments

#: LQ holds back 5 ms and is meant for a live microphone; HQ holds back 25 ms and is meant for files.
Quality = Literal["QQ", "LQ", "MQ", "HQ", "VHQ"]
Samples = NDArray[np.int16]


class Resampler:
    """A mono s16le stream from one rate (Hz) to another, chunk by chunk.

    Chunks may have any size, also an odd number of bytes; what comes out of one call varies, the sum over the
    stream is the input's duration. `flush` ends the stream, after which a new one may begin.
    Raises InvalidArguments for a rate that is not positive.
    """

    def __init__(self, from_rate: int, to_rate: int, quality: Quality = "HQ") -> None:
        if from_rate <= 0 or to_rate <= 0:
            raise InvalidArguments("A sample rate must be above 0 Hz; give one such as 24000.")
        self._half = b""
        # soxr is typed only in part.
        self._soxr: Any = (
            None
            if from_rate == to_rate
            else soxr.ResampleStream(from_rate, to_rate, 1, dtype="int16", quality=quality)
        )

    def feed(self, pcm: bytes) -> bytes:
        """The samples that are ready after `pcm`."""
        return self._process(pcm, last=False)

    def flush(self) -> bytes:
        """The samples still held back; half a sample at the end is dropped."""
        rest = self._process(b"", last=True)
        self._half = b""
        if self._soxr is not None:
            self._soxr.clear()
        return rest

    def _process(self, pcm: bytes, *, last: bool) -> bytes:
        data = self._half + pcm
        whole = len(data) - len(data) % 2
        self._half = data[whole:]
        if self._soxr is None:
            return data[:whole]
        chunk = np.frombuffer(data[:whole], dtype="<i2").astype(np.int16, copy=False)
        return cast("Samples", self._soxr.resample_chunk(chunk, last=last)).astype("<i2").tobytes()


def resampled(pcm: bytes, from_rate: int, to_rate: int) -> bytes:
    """A whole mono recording at another rate."""
    resampler = Resampler(from_rate, to_rate)
    return resampler.feed(pcm) + resampler.flush()


def mono(pcm: bytes, channels: int) -> bytes:
    """The mean of interleaved channels; an incomplete last frame is dropped.

    Raises InvalidArguments for less than one channel.
    """
    if channels < 1:
        raise InvalidArguments("Sound has at least one channel; give the number of channels in the data.")
    if channels == 1:
        return pcm[: len(pcm) - len(pcm) % 2]
    whole = len(pcm) - len(pcm) % (2 * channels)
    frames = np.frombuffer(pcm[:whole], dtype="<i2").reshape(-1, channels)
    return np.rint(frames.mean(axis=1)).astype("<i2").tobytes()
