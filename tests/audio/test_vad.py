"""Turns of speech in sound: where they begin and end, and what begins none."""

import numpy as np

from realtime_chat.audio.vad import HOP_BYTES, HOP_MS, Change, Started, Stopped, TurnDetector


class Given:
    """A likelihood for each hop, as told."""

    def __init__(self, values: list[float]) -> None:
        self._values = iter(values)
        self._held = 0

    def feed(self, pcm: bytes) -> list[float]:
        self._held += len(pcm)
        count, self._held = divmod(self._held, HOP_BYTES)
        return [next(self._values) for _ in range(count)]


def turns(values: list[float]) -> list[Change]:
    detector = TurnDetector(prefix_padding_ms=64, silence_duration_ms=320, likelihood=lambda: Given(values))
    return detector.feed(bytes(HOP_BYTES * len(values)))


def test_speech_begins_before_its_first_sure_hop_and_ends_at_its_last() -> None:
    assert turns([0.0] * 10 + [0.9] * 20 + [0.0] * 10) == [Started(8 * HOP_MS), Stopped(30 * HOP_MS)]


def test_a_click_begins_no_turn() -> None:
    assert turns([0.0] * 5 + [0.9] * 2 + [0.0] * 20) == []


def test_a_breath_ends_no_turn() -> None:
    assert turns([0.9] * 10 + [0.1] * 5 + [0.9] * 10 + [0.0] * 12)[1:] == [Stopped(25 * HOP_MS)]


def test_steady_noise_is_no_speech_for_the_network() -> None:
    noise = np.random.default_rng(1).normal(0, 300, 24_000 * 2).astype(np.int16).tobytes()
    assert TurnDetector().feed(noise) == []
