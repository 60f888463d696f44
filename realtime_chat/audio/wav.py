"""Sound in files: any WAV in, 24 kHz mono s16le frames out, and the answer's WAV (M29).

Everything is checked before a session begins, and each refusal is one line that says what to do.
"""

import os
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from realtime_chat.audio.resample import Resampler, mono
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import FRAME_BYTES, RATE, pcm_ms
from realtime_chat.core.ports import Ledger

#: A question of half an hour is a mistake; a service would refuse it after sending all of it.
LONGEST_S = 1800
CHUNK_FRAMES = 8192


def frames(name: str) -> Iterator[bytes]:
    """20 ms frames of a WAV file, or of raw 24 kHz mono s16le from stdin (`-`); streaming.

    Raises AudioUnavailable before the first frame when the file cannot serve.
    """
    if name == "-":
        return _cut(iter(lambda: sys.stdin.buffer.read(FRAME_BYTES), b""))
    return _cut(_converted(_opened(Path(name))))


def _opened(path: Path) -> wave.Wave_read:
    try:
        if path.is_dir():
            raise AudioUnavailable(f"{path} is a folder; name a WAV file.")
        if path.stat().st_size == 0:
            raise AudioUnavailable(f"{path} is empty; record a question first.")
        file = wave.open(str(path), "rb")  # noqa: SIM115 - lives as long as its frames are read
    except FileNotFoundError:
        raise AudioUnavailable(f"There is no file {path}.") from None
    except OSError as error:
        raise AudioUnavailable(f"{path} cannot be read ({error.strerror}).") from error
    except (wave.Error, EOFError) as error:
        raise AudioUnavailable(
            f"{path} is not a WAV file of plain PCM ({error}); convert it, for example with ffmpeg."
        ) from error
    _check(file, path)
    return file


def _check(file: wave.Wave_read, path: Path) -> None:
    seconds = file.getnframes() / max(1, file.getframerate())
    if file.getnframes() == 0:
        raise AudioUnavailable(f"{path} holds no sound.")
    if seconds > LONGEST_S:
        raise AudioUnavailable(f"{path} lasts {seconds / 60:.0f} minutes; a question may last 30. Cut it.")
    if not 4000 <= file.getframerate() <= 384_000 or not 1 <= file.getnchannels() <= 32:
        raise AudioUnavailable(
            f"{path} has an unusual rate or number of channels; convert it to 24 kHz mono."
        )


def _converted(file: wave.Wave_read) -> Iterator[bytes]:
    resampler = Resampler(file.getframerate(), RATE) if file.getframerate() != RATE else None
    with file:
        while raw := file.readframes(CHUNK_FRAMES):
            pcm = mono(_s16(raw, file.getsampwidth()), file.getnchannels())
            yield resampler.feed(pcm) if resampler is not None else pcm
    if resampler is not None:
        yield resampler.flush()


def _s16(raw: bytes, width: int) -> bytes:
    match width:
        case 2:
            return raw
        case 1:
            return ((np.frombuffer(raw, np.uint8).astype(np.int16) - 128) << 8).astype("<i2").tobytes()
        case 3:
            wide = np.frombuffer(raw[: len(raw) // 3 * 3], np.uint8).reshape(-1, 3)
            return wide[:, 1:].copy().view("<i2").tobytes()
        case _:
            return (np.frombuffer(raw[: len(raw) // 4 * 4], "<i4") >> 16).astype("<i2").tobytes()


def _cut(chunks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in chunks:
        held += chunk
        whole = len(held) // FRAME_BYTES * FRAME_BYTES
        for start in range(0, whole, FRAME_BYTES):
            yield held[start : start + FRAME_BYTES]
        held = held[whole:]
    if len(held) >= 2:
        yield held[: len(held) // 2 * 2]


class FileSink:
    """An AudioSink that writes: what was written counts as heard. `-` is raw PCM on stdout."""

    def __init__(self, name: str) -> None:
        """Open at once, so that an unwritable place is told before anything is said."""
        self._played: dict[str, int] = {}
        self._bytes = 0
        self._raw = name == "-"
        try:
            self._file: BinaryIO = sys.stdout.buffer if self._raw else open(name, "wb")  # noqa: SIM115
        except OSError as error:
            raise AudioUnavailable(f"{name} cannot be written ({error.strerror}).") from error
        if not self._raw:
            self._file.write(_header(0))

    def play(self, item_id: str, pcm: bytes) -> None:
        """Write it."""
        self._file.write(pcm)
        self._bytes += len(pcm)
        self._played[item_id] = self._played.get(item_id, 0) + len(pcm)

    def finish(self, item_id: str) -> None:
        """Make the file whole up to here: a kill after this leaves a readable WAV."""
        self._file.flush()
        if not self._raw:
            self._file.seek(0)
            self._file.write(_header(self._bytes))
            self._file.seek(0, os.SEEK_END)
            self._file.flush()

    def flush(self) -> Ledger:
        """Nothing is queued: all that came was written."""
        ledger = self.ledger()
        self._played.clear()
        return ledger

    def ledger(self) -> Ledger:
        """Milliseconds written of each item."""
        return {item_id: pcm_ms(size) for item_id, size in self._played.items()}

    async def drained(self) -> None:
        """At once."""

    async def close(self) -> None:
        """Write the final header; idempotent."""
        if self._raw:
            self._file.flush()
        elif not self._file.closed:
            self.finish("")
            self._file.close()


def _header(size: int) -> bytes:
    """A WAV header of 24 kHz mono s16le for `size` bytes of sound."""
    return b"".join(
        (
            b"RIFF",
            (36 + size).to_bytes(4, "little"),
            b"WAVEfmt ",
            (16).to_bytes(4, "little"),
            (1).to_bytes(2, "little"),
            (1).to_bytes(2, "little"),
            RATE.to_bytes(4, "little"),
            (RATE * 2).to_bytes(4, "little"),
            (2).to_bytes(2, "little"),
            (16).to_bytes(2, "little"),
            b"data",
            size.to_bytes(4, "little"),
        )
    )
