"""Loudness of a frame."""

import math

import pytest

from realtime_chat.audio.levels import CLIPPED, SILENCE_DB, ZEROS, InputHints, dbfs
from tests.audio.kit import encoded, level, sine


def test_full_scale_is_zero_and_a_full_sine_three_below():
    assert dbfs(level(20, -32768)) == pytest.approx(0.0)
    assert dbfs(encoded(sine(0.1, 24_000, hz=500, loud=1.0), 2)) == pytest.approx(-3.01, abs=0.01)


def test_half_the_amplitude_is_six_db_less():
    loud, soft = dbfs(level(20, 16000)), dbfs(level(20, 8000))
    assert loud - soft == pytest.approx(20 * math.log10(2))


@pytest.mark.parametrize("pcm", [b"", b"\0", bytes(960)])
def test_silence_and_nothing_read_the_same(pcm: bytes):
    assert dbfs(pcm) == SILENCE_DB


def test_the_faintest_sound_is_above_silence_and_never_below_the_scale():
    assert SILENCE_DB < dbfs(level(20, 1)) < -90
    assert dbfs(bytes(958) + b"\1\0") == SILENCE_DB


def test_digital_silence_is_told_once_after_five_seconds_and_not_in_a_quiet_room() -> None:
    hints = InputHints(0.02)
    assert not any(hints.feed(SILENCE_DB) for _ in range(249))
    assert hints.feed(SILENCE_DB) == ZEROS
    assert not any(hints.feed(SILENCE_DB) for _ in range(1000))
    quiet = InputHints(0.02)
    assert not any(quiet.feed(-85.0) for _ in range(1000))


def test_one_that_gives_sound_and_then_exact_zeros_has_a_filter_and_is_not_muted() -> None:
    hints = InputHints(0.02)
    hints.feed(-30.0)
    assert not any(hints.feed(SILENCE_DB) for _ in range(1000))
    hints.begin()
    assert ZEROS in [hints.feed(SILENCE_DB) for _ in range(300)]


def test_a_microphone_that_distorts_is_told_once() -> None:
    hints = InputHints(0.02)
    assert [hints.feed(-0.5) for _ in range(40)].count(CLIPPED) == 1
