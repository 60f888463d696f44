"""Two sides of a talk stay beside each other, whatever their devices do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.alignment import Alignment, Played
from realtime_chat.core.pcm import FRAME_BYTES, RATE, pcm_bytes

FRAME = FRAME_BYTES // 2
#: Seconds of a device's own sound in one step of a talk.
FRAME_S, BLOCK_S = 0.02, 0.01
QUEUE_S = 0.05


class Device:
    """Hears or plays its samples one after another: each tells the moment of that, ms modulo 10,000, plus one."""

    def __init__(self, rate: float = RATE) -> None:
        self.count = 0
        self.lost_s = 0.0
        self._rate = rate

    @property
    def at_s(self) -> float:
        """When its next sample is heard."""
        return self.count / self._rate + self.lost_s

    def piece(self, seconds: float) -> bytes:
        """The next samples."""
        size = round(seconds * RATE)
        moments = (np.arange(self.count, self.count + size) / self._rate + self.lost_s) * 1000
        self.count += size
        return (moments % 10_000 + 1).astype("<i2").tobytes()


class Room:
    """A microphone left, a speaker right, and how they are brought to one time."""

    def __init__(self, left_rate: float = RATE, right_rate: float = RATE) -> None:
        self.now = 0.0
        self.left, self.right = Device(left_rate), Device(right_rate)
        self.alignment = Alignment()
        self._played: list[Played] = []

    def talk(self, seconds: float, *, late: list[int] = [0], queued: list[int] = [0]) -> tuple[bytes, bytes]:  # noqa: B006
        """`late`: how late frames of the microphone come, ms; `queued`: how much more waits in the speaker."""
        ready: list[tuple[bytes, bytes]] = []
        for number in range(int(seconds / FRAME_S)):
            self.now += FRAME_S
            until = self.now + QUEUE_S + queued[number % len(queued)] / 1000
            while (at_s := self.right.at_s) + BLOCK_S <= until:
                self._played.append((self.right.piece(BLOCK_S), at_s))
            while self.left.at_s + FRAME_S <= self.now + 1e-9:
                frame = self.left.piece(FRAME_S)
                arrived = self.left.at_s + late[number % len(late)] / 1000
                ready.append(self.alignment.feed(frame, arrived, self._played))
                self._played = []
        left, right = zip(*ready, strict=True)
        return b"".join(left), b"".join(right)


def apart_ms(left: bytes, right: bytes) -> np.ndarray:
    """How far apart what stands beside each other was heard; where both sides sound."""
    one, other = (np.frombuffer(side, "<i2").astype(int) for side in (left, right))
    both = (one > 0) & (other > 0)
    return (one[both] - other[both] + 5000) % 10_000 - 5000


def gaps_ms(side: bytes) -> float:
    """How much of it is silence that nobody heard."""
    return float((np.frombuffer(side, "<i2") == 0).sum()) * 1000 / RATE


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=7), st.lists(st.integers(0, 60), min_size=1, max_size=7)
)
def test_neither_late_frames_nor_a_queue_that_grows_and_shrinks_move_a_side(
    late: list[int], queued: list[int]
) -> None:
    room = Room()
    room.talk(1, late=late, queued=queued)
    left, right = room.talk(4, late=late, queued=queued)
    assert len(left) == len(right) == 4 * 2 * RATE
    assert gaps_ms(left) == gaps_ms(right) == 0
    assert np.abs(apart_ms(left, right)).max() <= max(late) + 2  # a moment is told in whole ms


def test_a_queue_that_stays_shorter_from_some_moment_on_moves_nothing() -> None:
    room = Room()
    room.talk(3, queued=[60])
    left, right = room.talk(5, queued=[0])
    assert gaps_ms(right) == 0
    assert np.abs(apart_ms(left, right)).max() <= 2


@pytest.mark.parametrize("ratio", [1.0001, 0.9999])
@pytest.mark.parametrize("side", ["left_rate", "right_rate"])
def test_a_clock_that_runs_ahead_is_followed(side: str, ratio: float) -> None:
    room = Room(**{side: RATE * ratio})
    for _ in range(300):  # ten minutes would be 60 ms
        left, right = room.talk(2)
        assert np.abs(apart_ms(left, right)).max() <= 22


@pytest.mark.parametrize("side", ["left", "right"])
def test_sound_that_a_device_lost_is_silence_where_it_is_missing(side: str) -> None:
    room = Room()
    room.talk(3)
    getattr(room, side).lost_s += 0.5
    room.now += 0.5 if side == "left" else 0
    sounds = room.talk(3)
    assert gaps_ms(sounds[side == "right"]) == pytest.approx(500, abs=5)
    left, right = room.talk(3)
    assert gaps_ms(left) == gaps_ms(right) == 0
    assert np.abs(apart_ms(left, right)).max() <= 3


def test_sound_that_a_speaker_took_and_threw_away_is_taken_out() -> None:
    room = Room()
    room.talk(3)
    room.right.lost_s -= 0.05
    room.talk(2)
    left, right = room.talk(3)
    assert np.abs(apart_ms(left, right)).max() <= 3


def test_a_microphone_that_was_away_for_long_begins_anew_at_its_time() -> None:
    room = Room()
    room.talk(3)
    for device in (room.left, room.right):
        device.lost_s += 30
    room.now += 30
    left, right = room.talk(3)
    assert gaps_ms(left) == 0
    left, right = room.talk(3)
    assert gaps_ms(left) == gaps_ms(right) == 0
    assert np.abs(apart_ms(left, right)).max() <= 3


def test_what_the_speaker_took_stands_where_it_was_heard() -> None:
    alignment = Alignment()
    frame, block = b"\x01\x00" * FRAME, b"\x02\x00" * FRAME
    alignment.feed(frame, 0.02, [])
    alignment.feed(frame, 0.04, [(block, 0.05)])
    alignment.feed(frame, 0.06, [])
    alignment.feed(frame, 0.08, [])
    _, right = alignment.rest()
    assert right == bytes(pcm_bytes(50)) + block + bytes(pcm_bytes(10))


def test_the_end_brings_what_was_held_back() -> None:
    alignment = Alignment()
    assert alignment.feed(b"\x01\x00" * FRAME, 0.02, [(b"\x02\x00" * FRAME, 0.0)]) == (b"", b"")
    assert alignment.feed(b"\x03\x00" * FRAME, 0.04, [(b"\x04\x00" * (FRAME // 2), 0.02)]) == (b"", b"")
    left, right = alignment.rest()
    assert left == b"\x01\x00" * FRAME + b"\x03\x00" * FRAME
    assert right == b"\x02\x00" * FRAME + b"\x04\x00" * (FRAME // 2) + bytes(FRAME)
