"""An answer does not interrupt itself: its echo is taken out, or the microphone is closed to it, and the user told."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_chat.audio.echo import HALF_DUPLEX, LEARNING, EchoCanceller, EchoPath, WebRtcCanceller
from realtime_chat.audio.levels import SILENCE_DB, dbfs
from realtime_chat.audio.played import BLOCK
from realtime_chat.audio.self_echo import SelfEcho
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import FRAME_BYTES, RATE, pcm_bytes
from tests.local.engines.voices import say

Sound = NDArray[np.float64]
installed = pytest.mark.skipif(
    importlib.util.find_spec("livekit") is None, reason="the aec extra is not installed"
)


ANSWER = (
    "I can do sums, tell the time and the date, set timers, and keep notes.",
    "Ask me what you like to know.",
)
QUESTIONS = (
    "What is on my shopping list?",
    "Please set a timer for five minutes.",
    "I would like to buy a new car.",
)


@cache
def voice(which: str, texts: tuple[str, ...] = ANSWER) -> Sound:
    """About eight seconds of somebody talking."""
    pcm = b"".join(say(text, which) for text in texts * 3)
    return np.frombuffer(pcm, np.int16).astype(float)[: 8 * RATE]


def echo_of(sound: Sound, *, later_ms: int = 100, loud: float = 0.25) -> Sound:
    late = np.concatenate([np.zeros(RATE * later_ms // 1000), sound])[: sound.size] * loud
    return late + np.random.default_rng(0).normal(0, 20, sound.size)


def pcm(sound: Sound) -> bytes:
    return np.clip(sound, -32768, 32767).astype("<i2").tobytes()


def active(make: Callable[[], EchoCanceller] | None = None) -> EchoPath:
    path = EchoPath(make)
    path.hands_free(True)
    return path


def heard(path: EchoPath, far: Sound, near: Sound) -> bytes:
    """What the model gets of it."""
    played, caught, out = pcm(far), pcm(near), b""
    for at in range(0, min(len(played), len(caught)) - FRAME_BYTES, FRAME_BYTES):
        for half in (at, at + BLOCK):
            path.played(played[half : half + BLOCK])
        out += path.cleaned(caught[at : at + FRAME_BYTES], path.mark())
    return out


def after(sound: bytes, ms: int) -> float:
    return dbfs(sound[pcm_bytes(ms) :])


class Subtracting:
    """A canceller that keeps what it was given."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    def far(self, block: bytes) -> None:
        self.calls.append(("far", len(block)))

    def near(self, block: bytes) -> bytes:
        self.calls.append(("near", len(block)))
        return bytes(len(block))


def test_the_canceller_sees_what_was_played_before_what_was_heard_in_blocks_of_10_ms() -> None:
    canceller = Subtracting()
    checked: EchoCanceller = canceller
    path = active(lambda: checked)
    path.played(bytes(BLOCK))
    path.played(bytes(BLOCK))
    assert path.cleaned(b"\x01\x00" * (FRAME_BYTES // 2), path.mark()) == bytes(FRAME_BYTES)
    assert canceller.calls == [("far", BLOCK), ("far", BLOCK), ("near", BLOCK), ("near", BLOCK)]


def test_a_reader_that_is_late_tells_the_canceller_the_same_story() -> None:
    canceller = Subtracting()
    checked: EchoCanceller = canceller
    path = active(lambda: checked)
    caught: list[tuple[bytes, int]] = []
    for _ in range(3):
        path.played(bytes(BLOCK))
        path.played(bytes(BLOCK))
        caught.append((bytes(FRAME_BYTES), path.mark()))
    path.played(bytes(BLOCK))
    for frame, mark in caught:
        path.cleaned(frame, mark)
    assert [what for what, _ in canceller.calls] == ["far", "far", "near", "near"] * 3


def test_after_a_device_lost_sound_the_microphone_is_closed_to_an_answer_for_a_moment() -> None:
    losses = 0
    path = active()
    path.watch(lambda: losses)
    far, near = pcm(voice("en-us")), pcm(voice("en-gb+f3"))

    def frames(first: int, count: int) -> list[bool]:
        out: list[bool] = []
        for at in range(first * FRAME_BYTES, (first + count) * FRAME_BYTES, FRAME_BYTES):
            path.played(far[at : at + FRAME_BYTES])
            out.append(any(path.cleaned(near[at : at + FRAME_BYTES], path.mark())))
        return out

    assert all(frames(20, 20))
    losses = 1
    assert not any(frames(40, LEARNING))
    assert all(frames(40 + LEARNING, 20))


@installed
def test_an_echo_is_taken_out_and_a_voice_over_it_stays() -> None:
    far = voice("en-us")
    alone = echo_of(far)
    assert after(heard(active(WebRtcCanceller), far, alone), 2000) < after(pcm(alone), 2000) - 30  # ERLE, dB
    both = echo_of(far) + np.roll(voice("en-gb+f3"), 3 * RATE)
    assert after(heard(active(WebRtcCanceller), far, both), 2000) > after(pcm(both), 2000) - 8


def test_where_the_echo_stays_the_microphone_is_closed_while_an_answer_sounds() -> None:
    far = voice("en-us")
    path = active()
    first = heard(path, far, echo_of(far))
    assert path.half_duplex
    assert path.take_news() == HALF_DUPLEX
    assert path.take_news() is None
    assert after(first, 7500) == SILENCE_DB  # closed: an answer sounds
    quiet = np.zeros(2 * RATE)
    assert after(heard(path, quiet, voice("en-gb+f3")[: 2 * RATE]), 500) > -40  # open: nothing sounds


def test_half_duplex_may_be_wanted_from_the_start() -> None:
    path = EchoPath(half_duplex=True)
    path.hands_free(True)
    far, near = voice("en-us"), voice("en-gb+f3")
    assert after(heard(path, far, near), 500) == SILENCE_DB
    quiet = np.zeros(2 * RATE)
    assert after(heard(path, quiet, near[: 2 * RATE]), 500) > -40
    assert path.take_news() is None


@pytest.mark.parametrize("which", ["en-gb", "en-gb+f3", "en-us+m3"])
@pytest.mark.parametrize("shift", [0, 5000, 25_000])
def test_somebody_elses_voice_is_no_echo(which: str, shift: int) -> None:
    path = active()
    heard(path, voice("en-us"), np.roll(voice(which, QUESTIONS), shift))
    assert not path.half_duplex


def test_an_echo_that_cuts_the_answer_again_and_again_is_found_all_the_same() -> None:
    burst, pause = voice("en-us")[: RATE * 2 // 5], np.zeros(RATE)
    far = np.concatenate([burst, pause, burst, pause])  # cut after 400 ms, as a barge-in does
    path = active()
    heard(path, far, echo_of(far))
    assert path.half_duplex


@pytest.mark.parametrize(("answers", "closed"), [(1, True), (3, False)])
def test_an_echo_that_was_found_once_is_forgotten_after_some_answers_without_one(
    answers: int, closed: bool
) -> None:
    burst, pause = voice("en-us")[: RATE * 2 // 5], np.zeros(RATE)
    once = np.concatenate([burst, pause])
    path = active()
    heard(path, once, echo_of(once))
    for _ in range(answers):
        heard(path, voice("en-us"), np.zeros(8 * RATE))
    heard(path, once, echo_of(once))
    assert path.half_duplex is closed


def test_with_push_to_talk_nothing_is_done_and_no_canceller_is_made() -> None:
    def make() -> EchoCanceller:
        raise AssertionError("not needed")

    far = voice("en-us")
    path = EchoPath(make)
    path.hands_free(False)
    assert heard(path, far, far)[:FRAME_BYTES] == pcm(far)[:FRAME_BYTES]
    assert not path.half_duplex


def test_where_there_is_no_canceller_the_user_is_told_and_the_guard_stays() -> None:
    def missing() -> EchoCanceller:
        raise AudioUnavailable("not installed")

    path = active(missing)
    assert path.take_news() == "not installed"
    far = voice("en-us")
    heard(path, far, echo_of(far))
    assert path.half_duplex


def test_silence_on_either_side_tells_nothing() -> None:
    played, heard_only = SelfEcho(), SelfEcho()
    sound, silence = pcm(voice("en-us")), bytes(FRAME_BYTES)
    frames = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES, FRAME_BYTES)]
    assert not any(played.feed(frame, silence) for frame in frames)
    assert not any(heard_only.feed(silence, frame) for frame in frames)


@installed
def test_a_program_that_cancelled_echo_ends_without_a_word() -> None:
    program = "from realtime_chat.audio.echo import WebRtcCanceller; WebRtcCanceller().near(bytes(480))"
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
