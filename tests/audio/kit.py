"""Sound for tests: tones and WAV files in every shape, written by hand where the stdlib cannot."""

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from realtime_chat.core.pcm import RATE


def level(ms: int, value: int = 1000) -> bytes:
    """`ms` of one sample value, so that its place in what came out is seen."""
    return value.to_bytes(2, "little", signed=True) * (24 * ms)


def sine(seconds: float, rate: int, *, hz: float = 440.0, loud: float = 0.5) -> NDArray[np.float64]:
    """Samples between -1 and 1."""
    return loud * np.sin(2 * math.pi * hz * np.arange(round(seconds * rate)) / rate)


def encoded(samples: NDArray[np.float64], width: int, *, is_float: bool = False) -> bytes:
    """Samples as WAV data of this width in bytes."""
    if is_float:
        return samples.astype(f"<f{width}").tobytes()
    if width == 1:
        return (np.rint(samples * 127) + 128).astype(np.uint8).tobytes()
    whole = np.rint(samples * (2 ** (8 * width - 1) - 1)).astype("<i8")
    return whole.view(np.uint8).reshape(-1, 8)[:, :width].tobytes()


def fmt_chunk(
    rate: int = RATE, channels: int = 1, width: int = 2, *, tag: int = 1, extensible: bool = False
) -> bytes:
    """A `fmt ` chunk with its head."""
    block = width * channels
    head = struct.pack(
        "<HHIIHH", 0xFFFE if extensible else tag, channels, rate, rate * block, block, width * 8
    )
    guid = struct.pack("<H", tag) + bytes.fromhex("000000001000800000aa00389b71")
    body = head + (struct.pack("<HHI", 22, width * 8, 0) + guid if extensible else b"")
    return b"fmt " + struct.pack("<I", len(body)) + body


def wav(data: bytes, fmt: bytes = b"", *, size: int | None = None, extra: bytes = b"") -> bytes:
    """A WAV; `size` is what its data chunk claims, `extra` are chunks before it."""
    body = (
        (fmt or fmt_chunk()) + extra + b"data" + struct.pack("<I", len(data) if size is None else size) + data
    )
    return b"RIFF" + struct.pack("<I", min(4 + len(body), 0xFFFFFFFF)) + b"WAVE" + body


def written(path: Path, content: bytes) -> str:
    """The name of a file with this content."""
    path.write_bytes(content)
    return str(path)


def hz_of(pcm: bytes) -> float:
    """The strongest frequency of 24 kHz mono s16le."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(np.argmax(spectrum)) * RATE / samples.size
