"""The WAV format: headers read from any stream, samples of any width to 24 kHz mono s16le. Opens nothing."""

import struct
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from realtime_chat.audio.resample import Resampler, mono
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import RATE

RATES = range(8_000, 192_001)
CHANNELS = range(1, 9)

#: How a WAV begins; RF64 is the variant for more than 4 GiB.
WAV_MAGIC = (b"RIFF", b"RF64")

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_COMPRESSED = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "ADPCM", 0x50: "MPEG", 0x55: "MP3", 0xFF: "AAC"}
#: Sizes that mean "until the end": left by a recorder that was killed, or written to a pipe.
_UNKNOWN_SIZES = (0, 0xFFFFFFFF, 0x7FFFFFFF)
_FMT_MOST = 4096  # the longest `fmt ` chunk that makes sense, bytes
_SKIP = 65_536


class ByteStream(Protocol):
    """What a header is read from; it need not be seekable, and may give less than was asked for."""

    def read(self, size: int, /) -> bytes | None:
        """Up to `size` bytes; b"" or None at the end."""
        ...


@dataclass(frozen=True, slots=True)
class WavFormat:
    """What a header says; `size` is the data's length in bytes, None when only its end will tell."""

    rate: int
    channels: int
    width: int
    is_float: bool
    size: int | None = None

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample over all channels."""
        return self.width * self.channels

    @property
    def bytes_per_second(self) -> int:
        """Bytes of a second."""
        return self.rate * self.frame_bytes


def read_header(file: ByteStream, name: str) -> WavFormat:
    """The format, with `file` left at its first sample. Raises AudioUnavailable naming `name`."""
    riff = read_exactly(file, 12)
    if riff[:4] not in WAV_MAGIC or not b"WAVE".startswith(riff[8:]):
        raise AudioUnavailable(f"{name} is not a WAV file; convert it, for example with ffmpeg.")
    found: WavFormat | None = None
    while True:
        chunk = read_exactly(file, 8)
        if len(chunk) < 8:
            raise AudioUnavailable(f"{name} ends within its header; record or copy it again.")
        kind, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        if kind == b"data":
            if found is None:
                raise AudioUnavailable(f"{name} does not say what its samples are; record it again.")
            known = None if size in _UNKNOWN_SIZES else size
            return WavFormat(found.rate, found.channels, found.width, found.is_float, known)
        if kind == b"fmt ":
            found = _format(read_exactly(file, min(size, _FMT_MOST)), name)
            _skip(file, max(0, size - _FMT_MOST) + size % 2)
        else:
            _skip(file, size + size % 2)


def read_exactly(file: ByteStream, size: int) -> bytes:
    """`size` bytes, or fewer at the end of the stream."""
    data = b""
    while len(data) < size and (more := file.read(size - len(data))):
        data += more
    return data


def header(size: int, channels: int = 1) -> bytes:
    """The 44 bytes in front of `size` bytes of 24 kHz s16le; 0xFFFFFFFF where the size is not known, or above 4 GiB."""
    riff_size, data_size = min(36 + size, 0xFFFFFFFF), min(size, 0xFFFFFFFF)
    frame = 2 * channels
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, channels, RATE, RATE * frame, frame, 16)
    return struct.pack("<4sI4s", b"RIFF", riff_size, b"WAVE") + fmt + struct.pack("<4sI", b"data", data_size)


class Converter:
    """Samples of one format to 24 kHz mono s16le, chunk by chunk; chunks may end within a sample."""

    def __init__(self, source: WavFormat) -> None:
        self._source = source
        self._held = b""
        self._resampler = Resampler(source.rate, RATE)

    def feed(self, raw: bytes) -> bytes:
        """The sound that is ready after `raw`."""
        data = self._held + raw
        whole = len(data) - len(data) % self._source.frame_bytes
        self._held = data[whole:]
        pcm = to_s16(data[:whole], self._source)
        return self._resampler.feed(mono(pcm, self._source.channels))

    def flush(self) -> bytes:
        """The end of the sound; part of a sample is dropped."""
        self._held = b""
        return self._resampler.flush()


def to_s16(raw: bytes, source: WavFormat) -> bytes:
    """Whole samples of `source`'s width as s16le, channels as they are. What is too loud is clipped."""
    if source.is_float:
        return _float_to_s16(np.frombuffer(raw, f"<f{source.width}"))
    match source.width:
        case 1:
            return ((np.frombuffer(raw, np.uint8).astype(np.int16) - 128) << 8).astype("<i2").tobytes()
        case 2:
            return raw
        case width:
            octets = np.frombuffer(raw, np.uint8).reshape(-1, width)
            return octets[:, width - 2 :].tobytes()


def _float_to_s16(values: NDArray[np.floating]) -> bytes:
    usable = np.nan_to_num(cast("NDArray[np.float64]", values), nan=0.0)
    return np.rint(np.clip(usable, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def _format(fmt: bytes, name: str) -> WavFormat:
    if len(fmt) < 16:
        raise AudioUnavailable(f"{name} ends within its header; record or copy it again.")
    tag, channels, rate, _, block, _ = struct.unpack("<HHIIHH", fmt[:16])
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = int.from_bytes(fmt[24:26], "little")
    if tag not in (_PCM, _FLOAT):
        what = _COMPRESSED.get(tag, f"format {tag:#06x}")
        raise AudioUnavailable(f"{name} holds compressed sound ({what}); convert it to a WAV of plain PCM.")
    if rate not in RATES or channels not in CHANNELS:
        raise AudioUnavailable(
            f"{name} has {rate} Hz and {channels} channels; usable are 8 to 192 kHz and 1 to 8 channels."
        )
    width = block // channels
    if width not in ((4, 8) if tag == _FLOAT else (1, 2, 3, 4)) or width * channels != block:
        raise AudioUnavailable(f"{name} has samples of an unusual size; convert it to 16-bit PCM.")
    return WavFormat(rate, channels, width, tag == _FLOAT)


def _skip(file: ByteStream, size: int) -> None:
    while size and (part := file.read(min(size, _SKIP))):
        size -= len(part)
