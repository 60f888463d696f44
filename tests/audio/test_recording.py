"""A talk as one file: the user left, the assistant right, each at its time."""

import stat
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from realtime_chat.audio.recording import CORRECT_EVERY, TalkRecording
from realtime_chat.audio.wav import WavFormat, header, read_header
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.errors import AudioUnavailable, InvalidArguments
from realtime_chat.core.events import RecordingStarted
from realtime_chat.core.pcm import FRAME_BYTES
from tests.audio.kit import level


def channels(path: Path) -> tuple[list[int], list[int]]:
    """The first sample of each 10 ms, left and right."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 24_000, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[::240, 0].tolist(), both[::240, 1].tolist()


def begun(path: Path) -> TalkRecording:
    recording = TalkRecording(str(path), VirtualClock())
    recording.begin()
    return recording


async def test_both_sides_stand_beside_each_other_at_the_time_they_were_heard(tmp_path: Path) -> None:
    clock = VirtualClock()
    recording = TalkRecording(str(tmp_path / "talk.wav"), clock)
    recording.begin()
    for frame, blocks in (
        (level(20, 100), ()),
        (bytes(FRAME_BYTES), (200, 300)),
        (level(20, 500), (400,)),
        (level(20, 600), ()),
    ):
        await clock.advance(0.02)
        for number, value in enumerate(blocks):
            recording.played(level(10, value), 0.01 * number)
        recording.heard(frame)
    recording.close()
    recording.close()
    expected = [100, 100, 0, 0, 500, 500, 600, 600], [0, 0, 0, 0, 200, 300, 400, 0]
    assert channels(tmp_path / "talk.wav") == expected
    assert stat.S_IMODE((tmp_path / "talk.wav").stat().st_mode) == 0o600


def test_a_kill_costs_a_second_at_most(tmp_path: Path) -> None:
    recording = begun(tmp_path / "talk.wav")
    for _ in range(CORRECT_EVERY * 3):
        recording.heard(level(20, 7))
    killed = (tmp_path / "talk.wav").read_bytes()
    recording.close()
    (tmp_path / "killed.wav").write_bytes(killed)
    assert len(channels(tmp_path / "killed.wav")[0]) * 10 >= CORRECT_EVERY * 3 * 20 - 1000


def test_what_cannot_be_written_is_refused_before_the_talk(tmp_path: Path) -> None:
    with pytest.raises(AudioUnavailable, match="cannot be written"):
        TalkRecording(str(tmp_path / "no" / "talk.wav"), VirtualClock())


def test_without_a_microphone_the_speaker_sets_the_pace(tmp_path: Path) -> None:
    recording = begun(tmp_path / "talk.wav")
    for value in (100, 200):
        recording.played(level(10, value), 0.03)
        recording.played(level(10, value + 1), 0.03)
        recording.only_played()
    recording.only_played()
    recording.close()
    assert channels(tmp_path / "talk.wav") == ([0, 0, 0, 0], [100, 101, 200, 201])


def test_what_came_before_the_talk_began_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recording = TalkRecording("talk.wav", VirtualClock())
    recording.played(level(30, 1), 0.03)
    recording.heard(level(20, 2))
    assert recording.begin() == RecordingStarted(path=str(tmp_path / "talk.wav"), rate=24_000, channels=2)
    recording.heard(level(20, 3))
    recording.close()
    assert channels(tmp_path / "talk.wav") == ([3, 3], [0, 0])


def test_a_talk_that_never_began_leaves_no_file_and_an_empty_one_may_be_used(tmp_path: Path) -> None:
    file = tmp_path / "talk.wav"
    TalkRecording(str(file), VirtualClock()).close()
    assert not file.exists()
    file.touch()
    TalkRecording(str(file), VirtualClock()).close()
    assert file.read_bytes() == b""
    begun(file).close()
    assert channels(file) == ([], [])


def test_what_was_recorded_before_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(b"precious")
    with pytest.raises(InvalidArguments, match="is there already"):
        TalkRecording(str(file), VirtualClock())
    assert file.read_bytes() == b"precious"


def test_after_four_gib_the_header_says_until_the_end() -> None:
    for size in (2**32 - 1, 2**33):
        assert read_header(BytesIO(header(size, 2)), "talk.wav") == WavFormat(24_000, 2, 2, False, None)


def test_a_disk_that_refuses_ends_the_recording_with_one_line(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no full device on this system")
    recording = begun(full)
    news = recording.take_news()
    assert news is not None
    assert "stopped" in news
    recording.heard(level(20, 1))
    recording.close()
    assert recording.take_news() is None
