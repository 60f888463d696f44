"""Formats of sound, and the arithmetic between bytes, samples and milliseconds.

The whole program speaks one format inside: 24,000 Hz, one channel, signed 16-bit little endian (M21).
Milliseconds are whole and rounded DOWN: a position may never claim more than was there (M5 of interruption
arithmetic: `audio_end_ms` beyond what exists is refused by the service).
"""

from dataclasses import dataclass

RATE = 24_000
FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """A layout of linear PCM: `rate` in Hz, `channels`, always signed 16-bit little endian samples."""

    rate: int = RATE
    channels: int = 1

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample over all channels."""
        return 2 * self.channels

    def ms(self, size: int) -> int:
        """Whole milliseconds that `size` bytes last, rounded down."""
        return size * 1000 // (self.rate * self.frame_bytes)

    def size(self, ms: int) -> int:
        """Bytes that last `ms` milliseconds, a whole number of samples, rounded down."""
        return ms * self.rate // 1000 * self.frame_bytes


#: What sessions, transports, sources and sinks exchange.
PCM16_24K = PcmFormat()
#: Bytes of one 20 ms frame at 24 kHz mono.
FRAME_BYTES = PCM16_24K.size(FRAME_MS)


def pcm_ms(size: int) -> int:
    """Whole milliseconds of `size` bytes at 24 kHz mono s16."""
    return size // 48


def pcm_bytes(ms: int) -> int:
    """Bytes of `ms` milliseconds at 24 kHz mono s16."""
    return ms * 48
