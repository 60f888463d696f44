"""How much an echo loses in a canceller whose worth is known."""

import numpy as np
import pytest

from realtime_chat.audio.echo_reduction import ENOUGH, LEARNING, MOST_DB, EchoReduction
from realtime_chat.audio.trial import syllables
from realtime_chat.core.pcm import FRAME_BYTES, pcm_bytes


class Softener:
    """Leaves a tenth (20 dB less) of what it hears, once it has been told what was played."""

    def __init__(self, share: float = 0.1) -> None:
        self.share = share
        self.told = b""

    def far(self, block: bytes) -> None:
        self.told += block

    def near(self, block: bytes) -> bytes:
        return (np.frombuffer(block, "<i2") * self.share).astype("<i2").tobytes()


def measured(softener: Softener, sound: bytes) -> EchoReduction:
    reduction = EchoReduction(lambda: softener)
    reduction.begin()
    for at in range(0, len(sound), FRAME_BYTES):
        reduction.played(sound[at : at + FRAME_BYTES // 2])
        reduction.played(sound[at + FRAME_BYTES // 2 : at + FRAME_BYTES])
        assert len(reduction.cleaned(sound[at : at + FRAME_BYTES], reduction.mark())) == FRAME_BYTES
    return reduction


def test_it_is_the_loss_in_db_after_a_time_to_learn() -> None:
    sound = syllables(3500)
    softener = Softener()
    assert measured(softener, sound).db == pytest.approx(20, abs=0.5)
    assert softener.told == sound


def test_a_canceller_that_leaves_nothing_is_as_good_as_can_be_told() -> None:
    assert measured(Softener(0.0), syllables(3500)).db == pytest.approx(MOST_DB, abs=6)


@pytest.mark.parametrize(
    "sound",
    [bytes(pcm_bytes(3500)), syllables(20 * (LEARNING + ENOUGH - 1))],
    ids=["silence", "not long enough"],
)
def test_without_an_echo_there_is_nothing_to_measure(sound: bytes) -> None:
    assert measured(Softener(), sound).db is None


def test_before_the_beginning_frames_pass_untouched() -> None:
    softener = Softener()
    reduction = EchoReduction(lambda: softener)
    frame = syllables(20)
    reduction.played(frame)
    assert reduction.cleaned(frame, reduction.mark()) == frame
    assert softener.told == b""
