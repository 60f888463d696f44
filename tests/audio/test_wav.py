"""Any WAV becomes 24 kHz mono; an answer's WAV is whole whenever it is looked at."""

import wave
from pathlib import Path

import numpy as np
import pytest

from realtime_chat.audio.wav import FileSink, frames
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import FRAME_BYTES


def recording(file: Path, *, rate: int, channels: int, width: int = 2, seconds: float = 1.0) -> Path:
    """A 440 Hz tone."""
    tone = np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate) * 0.5
    scaled = np.repeat((tone * (2 ** (8 * width - 1) - 1)).astype(np.int64), channels)
    raw = (scaled + 128).astype(np.uint8).tobytes() if width == 1 else scaled.astype("<i8").tobytes()
    if width > 1:
        raw = np.frombuffer(raw, np.uint8).reshape(-1, 8)[:, :width].tobytes()
    with wave.open(str(file), "wb") as out:
        out.setparams((channels, width, rate, 0, "NONE", ""))
        out.writeframes(raw)
    return file


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_rate_and_channel_count_keeps_its_length_and_tone(
    tmp_path: Path, rate: int, channels: int
) -> None:
    pcm = b"".join(frames(str(recording(tmp_path / "q.wav", rate=rate, channels=channels))))
    samples = np.frombuffer(pcm, np.int16).astype(float)
    assert abs(len(samples) - 24_000) < 100
    loudest = np.argmax(np.abs(np.fft.rfft(samples[:24_000]))) * 24_000 / min(len(samples), 24_000)
    assert abs(loudest - 440) < 2


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_sample_width_keeps_its_level(tmp_path: Path, width: int) -> None:
    pcm = b"".join(frames(str(recording(tmp_path / "q.wav", rate=24_000, channels=1, width=width))))
    assert abs(int(np.abs(np.frombuffer(pcm, np.int16)).max()) - 16_383) < 300


def test_frames_are_20_ms_each_but_the_last(tmp_path: Path) -> None:
    sizes = [
        len(frame)
        for frame in frames(str(recording(tmp_path / "q.wav", rate=24_000, channels=1, seconds=0.05)))
    ]
    assert sizes == [FRAME_BYTES, FRAME_BYTES, FRAME_BYTES // 2]


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(AudioUnavailable, match="is a folder"):
        frames(str(tmp_path))


async def test_an_answers_file_is_whole_after_every_item(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    sink = FileSink(str(file))  # M29
    sink.play("one", bytes(FRAME_BYTES))
    sink.finish("one")
    with wave.open(str(file)) as first:
        assert first.getnframes() == FRAME_BYTES // 2
    sink.play("two", bytes(FRAME_BYTES))
    assert sink.ledger() == {"one": 20, "two": 20}
    await sink.close()
    await sink.close()
    with wave.open(str(file)) as whole:
        assert (whole.getframerate(), whole.getnchannels(), whole.getnframes()) == (24_000, 1, FRAME_BYTES)


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(AudioUnavailable, match="cannot be written"):
        FileSink(str(tmp_path / "missing" / "a.wav"))
