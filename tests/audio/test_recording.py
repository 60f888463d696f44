"""A talk as one file: the user left, the assistant right, each at its time."""

import stat
import wave
from pathlib import Path

import numpy as np
import pytest

from realtime_chat.audio.recording import CORRECT_EVERY, TalkRecording
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import FRAME_BYTES, pcm_bytes
from tests.audio.kit import level


def channels(path: Path) -> tuple[list[int], list[int]]:
    """The first sample of each 10 ms, left and right."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 24_000, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[::240, 0].tolist(), both[::240, 1].tolist()


def test_both_sides_stand_beside_each_other_at_their_time(tmp_path: Path) -> None:
    recording = TalkRecording(str(tmp_path / "talk.wav"))
    recording.heard(level(20, 100))
    recording.played(level(10, 200))
    recording.played(level(10, 300))
    recording.heard(bytes(FRAME_BYTES))
    recording.played(level(10, 400))
    recording.heard(level(20, 500))
    recording.close()
    recording.close()
    assert channels(tmp_path / "talk.wav") == ([100, 100, 0, 0, 500, 500], [0, 0, 200, 300, 400, 0])
    assert stat.S_IMODE((tmp_path / "talk.wav").stat().st_mode) == 0o600


def test_a_kill_costs_a_second_at_most(tmp_path: Path) -> None:
    recording = TalkRecording(str(tmp_path / "talk.wav"))
    for _ in range(CORRECT_EVERY * 2 + 10):
        recording.heard(level(20, 7))
    killed = (tmp_path / "talk.wav").read_bytes()
    recording.close()
    (tmp_path / "killed.wav").write_bytes(killed)
    assert len(channels(tmp_path / "killed.wav")[0]) >= CORRECT_EVERY * 2 * 2


def test_a_clock_that_runs_ahead_moves_the_sides_apart_by_a_fifth_of_a_second_at_most(tmp_path: Path) -> None:
    recording = TalkRecording(str(tmp_path / "talk.wav"))
    for number in range(100):
        recording.played(level(30, number))
        recording.heard(bytes(FRAME_BYTES))
    recording.close()
    assert channels(tmp_path / "talk.wav")[1][-1] >= 100 - pcm_bytes(230) // pcm_bytes(30) - 1


def test_what_cannot_be_written_is_refused_before_the_talk(tmp_path: Path) -> None:
    with pytest.raises(AudioUnavailable, match="cannot be written"):
        TalkRecording(str(tmp_path / "no" / "talk.wav"))
