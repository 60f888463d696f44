"""A microphone's own ear: how soon it knows that a voice began, and that it paused."""

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_chat.audio.vad import Ear
from realtime_chat.core.pcm import FRAME_BYTES, FRAME_MS, RATE


def heard(sound: NDArray[np.float64], noise: float = 0) -> list[tuple[int, bool]]:
    """The changes with the ms at which they were known."""
    noisy = sound + np.random.default_rng(7).normal(0, noise, sound.size)
    pcm = noisy.astype("<i2").tobytes()
    ear = Ear()
    frames = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
    return [
        ((n + 1) * FRAME_MS, change) for n, change in enumerate(map(ear.feed, frames)) if change is not None
    ]


def voice(*parts: tuple[int, bool]) -> NDArray[np.float64]:
    """Milliseconds of a buzz, or of none; three seconds of the room come first."""
    time = np.arange(RATE * 3)
    buzz = 6000 * np.sign(np.sin(2 * np.pi * 140 * time / RATE))
    return np.concatenate([np.zeros(RATE * 3), *(buzz[: RATE * ms // 1000] * speaks for ms, speaks in parts)])


@pytest.mark.parametrize("noise", [0, 60, 150])
def test_a_voice_is_known_within_160_ms_and_its_end_within_120(noise: float) -> None:
    (began, first), (paused, second) = heard(voice((400, True), (500, False)), noise)
    assert (first, second) == (True, False)
    assert 0 < began - 3000 <= 160
    assert 0 < paused - 3400 <= 120


def test_the_gap_between_two_sounds_of_a_word_is_no_pause() -> None:
    changes = heard(voice((200, True), (40, False), (200, True), (300, False)), 60)
    assert [change for _, change in changes] == [True, False]


def test_a_click_and_a_steady_noise_are_no_voice() -> None:
    assert heard(voice((30, True), (500, False)), 60) == []
