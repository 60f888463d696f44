"""Recordings of every shape become 24 kHz mono frames; what cannot is refused in one line, before a session."""

import os
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_chat.audio.sound_file import SoundFile, frames
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import FRAME_BYTES, RATE, pcm_ms
from tests.audio.kit import encoded, fmt_chunk, hz_of, level, sine, wav, written

# M29: a recording is the portable microphone. M21: 24 kHz mono s16le is all that comes out of it.


def sound_of(name: str) -> bytes:
    return b"".join(frames(name))


def refusal(name: str) -> str:
    with pytest.raises(AudioUnavailable) as caught:
        frames(name)
    message = caught.value.message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000, 192_000])
def test_every_usual_rate_keeps_its_length_and_its_pitch(tmp_path: Path, rate: int):
    data = encoded(sine(0.5, rate), 2)
    pcm = sound_of(written(tmp_path / "q.wav", wav(data, fmt_chunk(rate))))
    assert abs(pcm_ms(len(pcm)) - 500) <= 1
    assert abs(hz_of(pcm) - 440) < 3


@pytest.mark.parametrize(
    ("width", "is_float"), [(1, False), (2, False), (3, False), (4, False), (4, True), (8, True)]
)
@pytest.mark.parametrize("extensible", [False, True])
def test_every_usual_width_gives_the_same_sound(
    tmp_path: Path, width: int, *, is_float: bool, extensible: bool
):
    tone = sine(0.1, RATE)
    fmt = fmt_chunk(width=width, tag=3 if is_float else 1, extensible=extensible)
    pcm = sound_of(written(tmp_path / "q.wav", wav(encoded(tone, width, is_float=is_float), fmt)))
    error = np.frombuffer(pcm, "<i2") / 32767 - tone
    assert float(np.abs(error).max()) < (0.01 if width == 1 else 0.0001)


@pytest.mark.parametrize("channels", range(1, 9))
def test_channels_are_mixed(tmp_path: Path, channels: int):
    one = np.zeros((RATE // 10, channels))
    one[:, 0] = sine(0.1, RATE)
    data = encoded(one.reshape(-1), 2)
    pcm = sound_of(written(tmp_path / "q.wav", wav(data, fmt_chunk(channels=channels))))
    assert abs(float(np.abs(np.frombuffer(pcm, "<i2")).max()) - 0.5 * 32767 / channels) < 3


def test_too_loud_floats_are_clipped_and_what_is_no_number_is_silent(tmp_path: Path):
    data = struct.pack("<6f", 2.0, -2.0, float("nan"), float("inf"), float("-inf"), 0.0)
    pcm = sound_of(written(tmp_path / "q.wav", wav(data, fmt_chunk(width=4, tag=3))))
    assert struct.unpack("<6h", pcm) == (32767, -32767, 0, 32767, -32767, 0)


def test_frames_are_20_ms_and_only_the_last_is_shorter(tmp_path: Path):
    sizes = [len(frame) for frame in frames(written(tmp_path / "q.wav", wav(level(1010))))]
    assert sizes == [FRAME_BYTES] * 50 + [FRAME_BYTES // 2]


def test_chunks_that_are_not_sound_are_passed_over(tmp_path: Path):
    extra = b"LIST" + struct.pack("<I", 5) + b"hello\0" + b"fact" + struct.pack("<I", 4) + bytes(4)
    name = written(tmp_path / "q.wav", wav(level(40), extra=extra) + b"id3 junk behind the sound")
    assert sound_of(name) == level(40)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 4000, 3_000_000_000])
def test_a_recorder_that_was_killed_leaves_what_it_recorded(tmp_path: Path, size: int):
    assert sound_of(written(tmp_path / "q.wav", wav(level(40), size=size)))[:1920] == level(40)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"RIFF", "ends within its header"),
        (wav(level(20))[:30], "ends within its header"),
        (wav(level(20))[:36], "ends within its header"),
        (b"ID3\x04 some music" * 40, "is not a WAV file"),
        (b"what is the time?\n", "is not a WAV file"),
        (b"RIFF\0\0\0\0AVI LIST" * 9, "is not a WAV file"),
        (wav(b""), "holds no sound"),
        (wav(b"\0"), "holds no sound"),
        (wav(b"", size=9600), "holds no sound"),
        (wav(level(20), fmt_chunk(tag=0x55)), "compressed sound (MP3)"),
        (wav(level(20), fmt_chunk(tag=7, width=1)), "compressed sound (µ-law)"),
        (wav(level(20), fmt_chunk(tag=0x1234)), "compressed sound (format 0x1234)"),
        (wav(level(20), fmt_chunk(4_000)), "4000 Hz"),
        (wav(level(20), fmt_chunk(400_000)), "400000 Hz"),
        (wav(level(20), fmt_chunk(channels=9)), "9 channels"),
        (wav(level(20), fmt_chunk(channels=0)), "0 channels"),
        (wav(level(20), fmt_chunk(width=5)), "unusual size"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "does not say what its samples are"),
        (wav(level(20), b"fmt \x04\0\0\0abcd"), "ends within its header"),
    ],
)
def test_a_file_that_cannot_serve_is_refused_with_the_reason(tmp_path: Path, content: bytes, words: str):
    name = written(tmp_path / "q.wav", content)
    assert words in refusal(name)
    assert name in refusal(name)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path):
    assert "There is no file" in refusal(str(tmp_path / "missing.wav"))
    assert "is a folder" in refusal(str(tmp_path))
    assert "cannot be a name" in refusal("a\0b.wav")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path):
    name = written(tmp_path / "q.wav", wav(level(20)))
    Path(name).chmod(0)
    assert "Permission denied" in refusal(name)


def test_a_recording_of_hours_is_refused_before_any_of_it_is_read(tmp_path: Path):
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(wav(b"", size=0xFFFFFFFF))
        file.truncate(44 + 48_000 * 3600 * 10)  # sparse: takes no room
    assert "lasts 600 minutes; a recording may last 30" in refusal(str(path))


def test_a_file_is_read_bit_by_bit(tmp_path: Path):
    path = tmp_path / "half_an_hour.wav"
    with path.open("wb") as file:
        file.write(wav(b"", size=0xFFFFFFFF))
        file.truncate(44 + 48_000 * 1800)
    sound = SoundFile(str(path))
    assert max(len(chunk) for _, chunk in zip(range(50), sound.chunks(), strict=False)) < 100_000
    sound.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(cut=st.integers(0, 300), noise=st.binary(max_size=60), at=st.integers(0, 60))
def test_a_broken_file_is_sound_or_a_refusal_and_nothing_else(
    tmp_path: Path, cut: int, noise: bytes, at: int
):
    whole = wav(level(5), fmt_chunk(channels=2, extensible=True), extra=b"LIST\x03\0\0\0abc\0")
    broken = (whole[:at] + noise + whole[at + len(noise) :])[:cut]
    with suppress(AudioUnavailable):
        sound_of(written(tmp_path / "broken.wav", broken))


@pytest.fixture
def stdin() -> Iterator[Callable[[bytes], None]]:
    """Puts bytes, and an end after them, into this process's standard input."""
    kept = os.dup(0)
    writers: list[threading.Thread] = []

    def write(fd: int, content: bytes) -> None:
        with os.fdopen(fd, "wb") as file:
            file.write(content)

    def give(content: bytes) -> None:
        reader, writer = os.pipe()
        os.dup2(reader, 0)
        os.close(reader)
        writers.append(threading.Thread(target=write, args=(writer, content)))
        writers[-1].start()

    yield give
    os.dup2(kept, 0)
    os.close(kept)
    for thread in writers:
        thread.join(5)


def test_stdin_may_be_raw_pcm(stdin: Callable[[bytes], None]):
    stdin(level(150))
    assert sound_of("-") == level(150)


def test_stdin_may_be_a_wav_of_any_rate_though_it_cannot_be_rewound(stdin: Callable[[bytes], None]):
    data = encoded(sine(0.5, 16_000), 2)
    stdin(wav(data, fmt_chunk(16_000), size=0xFFFFFFFF))
    pcm = sound_of("-")
    assert abs(pcm_ms(len(pcm)) - 500) <= 1
    assert abs(hz_of(pcm) - 440) < 3


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "stdin is empty"), (b"OggS and so on", "stdin is Ogg"), (b"RIFF....nope", "is not a WAV")],
)
def test_stdin_that_cannot_serve_is_refused(stdin: Callable[[bytes], None], content: bytes, words: str):
    stdin(content)
    assert words in refusal("-")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless file here")
def test_stdin_that_does_not_end_is_cut_off_at_half_an_hour():
    kept = os.dup(0)
    try:
        with Path("/dev/zero").open("rb") as endless:
            os.dup2(endless.fileno(), 0)
        sizes = map(len, SoundFile("-").chunks())
        with pytest.raises(AudioUnavailable, match="a recording may last 30"):
            sum(sizes)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
