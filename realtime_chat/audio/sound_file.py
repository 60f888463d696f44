"""A recording, open and checked: any WAV, or raw PCM from stdin, read bit by bit as 24 kHz mono s16le."""

import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from realtime_chat.audio.wav import WAV_MAGIC, ByteStream, Converter, WavFormat, read_exactly, read_header
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.framing import Framer
from realtime_chat.core.pcm import RATE

#: A question of more than half an hour is a mistake; a service would refuse it after it was sent.
LONGEST_S = 1800
#: Frames in one read: a third of a second at 24 kHz.
READ_FRAMES = 8192

_RAW = WavFormat(RATE, 1, 2, is_float=False)
_OTHER_FORMATS = {b"OggS": "Ogg", b"fLaC": "FLAC", b"ID3\x03": "MP3", b"ID3\x04": "MP3", b"caff": "CAF"}


class SoundFile:
    """A WAV file by its path, or stdin (`-`): a WAV too, or raw 24 kHz mono s16le.

    Raises AudioUnavailable, in one line, when it cannot serve. One reader.
    """

    def __init__(self, name: str) -> None:
        self.name = "stdin" if name == "-" else name
        self.may_wait = name == "-"  # a read may take as long as somebody speaks
        self._file = _standard_input() if name == "-" else _open(Path(name))
        try:
            self._format, self._first = self._begin()
            self._check_length()
        except OSError as error:
            self.close()
            raise self._unreadable(error) from error
        except BaseException:
            self.close()
            raise

    def chunks(self) -> Iterator[bytes]:
        """The sound, bit by bit; once. Raises AudioUnavailable where it gets too long or unreadable."""
        converter = Converter(self._format)
        left = LONGEST_S * self._format.bytes_per_second
        for raw in self._raw():
            left -= len(raw)
            if left < 0:
                raise self._too_long()
            yield converter.feed(raw)
        yield converter.flush()

    def close(self) -> None:
        """Let go of the file; idempotent."""
        self._file.close()

    def _begin(self) -> tuple[WavFormat, bytes]:
        """The format, and samples that were read in finding it out."""
        if not self.may_wait:
            return read_header(self._file, self.name), b""
        first = read_exactly(self._file, 4)
        if first in WAV_MAGIC:
            return read_header(_Prefixed(first, self._file), self.name), b""
        if (kind := _OTHER_FORMATS.get(first)) is not None:
            raise AudioUnavailable(f"stdin is {kind}; convert it to WAV, for example with ffmpeg.")
        if not first:
            raise AudioUnavailable("stdin is empty; send a WAV or raw 24 kHz mono s16le.")
        return _RAW, first

    def _check_length(self) -> None:
        size = self._format.size
        status = os.fstat(self._file.fileno())
        if stat.S_ISREG(status.st_mode) and not self._first:
            present = max(0, status.st_size - self._file.tell())
            size = present if size is None else min(size, present)
        else:
            self.may_wait = True
        if size is None:
            return
        if size < self._format.frame_bytes:
            raise AudioUnavailable(f"{self.name} holds no sound; record a question first.")
        if size > LONGEST_S * self._format.bytes_per_second:
            raise self._too_long(size // self._format.bytes_per_second)

    def _too_long(self, seconds: int | None = None) -> AudioUnavailable:
        lasts = "lasts too long" if seconds is None else f"lasts {seconds // 60} minutes"
        return AudioUnavailable(f"{self.name} {lasts}; a recording may last {LONGEST_S // 60}. Cut it.")

    def _unreadable(self, error: OSError) -> AudioUnavailable:
        return AudioUnavailable(f"{self.name} cannot be read ({error.strerror}).")

    def _raw(self) -> Iterator[bytes]:
        if self._first:
            yield self._first
        left = self._format.size
        step = READ_FRAMES * self._format.frame_bytes
        while left is None or left > 0:
            try:
                raw = self._file.read(step if left is None else min(step, left))
            except OSError as error:
                raise self._unreadable(error) from error
            if not raw:
                return
            left = None if left is None else left - len(raw)
            yield raw


def frames(name: str) -> Iterator[bytes]:
    """20 ms frames of a recording (`-`: stdin), the last one shorter; a read may wait.

    Raises AudioUnavailable before the first frame when the recording cannot serve.
    """
    return _frames(SoundFile(name))


def _frames(sound: SoundFile) -> Iterator[bytes]:
    framer = Framer()
    try:
        for chunk in sound.chunks():
            yield from framer.feed(chunk)
        if rest := framer.rest():
            yield rest
    finally:
        sound.close()


class _Prefixed:
    """Gives bytes back to a stream that cannot seek."""

    def __init__(self, first: bytes, file: ByteStream) -> None:
        self._first = first
        self._file = file

    def read(self, size: int, /) -> bytes | None:
        if not self._first:
            return self._file.read(size)
        part, self._first = self._first[:size], self._first[size:]
        return part


def _open(path: Path) -> FileIO:
    try:
        if path.is_dir():
            raise AudioUnavailable(f"{path} is a folder; name a WAV file.")
        file = FileIO(path, "rb")
    except FileNotFoundError:
        raise AudioUnavailable(f"There is no file {path}; check its name.") from None
    except OSError as error:
        raise AudioUnavailable(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:  # a null character in the name
        raise AudioUnavailable("The name of the sound file cannot be a name; check it.") from error
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size == 0:
        file.close()
        raise AudioUnavailable(f"{path} is empty; record a question first.")
    return file


def _standard_input() -> FileIO:
    """Without Python's buffer: a read gives what is there, and a thread left in it blocks no exit."""
    try:
        return FileIO(0, "rb", closefd=False)
    except OSError as error:
        raise AudioUnavailable(
            f"stdin cannot be read ({error.strerror}); send a WAV or raw 24 kHz mono s16le."
        ) from error
