"""Two sides of a talk stay beside each other, whatever their devices do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.alignment import Alignment
from realtime_chat.core.pcm import FRAME_BYTES, RATE, pcm_bytes

FRAME = FRAME_BYTES // 2


class Room:
    """Where both sides hear the same: each sample tells the moment it was heard at, ms modulo 10,000, plus one."""

    def __init__(self, left_rate: float = RATE, right_rate: float = RATE) -> None:
        self.now = 0.0
        self._rates = {"left": left_rate, "right": right_rate}
        self._taken = {"left": 0, "right": 0}
        self._lost = {"left": 0.0, "right": 0.0}

    def lose(self, side: str, seconds: float) -> None:
        """The device is deaf for so long."""
        self._lost[side] += seconds

    def heard(self, side: str) -> bytes:
        """What its device brings until now."""
        rate, first = self._rates[side], self._taken[side]
        last = int((self.now - self._lost[side]) * rate)
        self._taken[side] = max(first, last)
        moments = (np.arange(first, last) / rate + self._lost[side]) * 1000
        return (moments % 10_000 + 1).astype("<i2").tobytes()


def apart_ms(left: bytes, right: bytes) -> np.ndarray:
    """How far apart what stands beside each other was heard; where both sides sound."""
    one, other = (np.frombuffer(side, "<i2").astype(int) for side in (left, right))
    both = (one > 0) & (other > 0)
    return (one[both] - other[both] + 5000) % 10_000 - 5000


def talk(room: Room, alignment: Alignment, seconds: float, jitter: list[int]) -> tuple[bytes, bytes]:
    """Both sides bring their sound every 20 ms, the right one sometimes later."""
    late = b""
    ready: list[tuple[bytes, bytes]] = []
    for number in range(int(seconds * 50)):
        room.now += 0.02
        late += room.heard("right")
        keep = pcm_bytes(jitter[number % len(jitter)])
        now, late = late[: max(0, len(late) - keep)], late[max(0, len(late) - keep) :]
        frame = room.heard("left")
        if frame:
            ready.append(alignment.feed(frame, now))
    left, right = zip(*ready, strict=True)
    return b"".join(left), b"".join(right)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=7))
def test_what_comes_late_for_a_moment_is_not_taken_for_silence(jitter: list[int]) -> None:
    left, right = talk(Room(), Alignment(), 3, jitter)
    assert len(left) == len(right)
    moments = apart_ms(left, right)
    assert moments.size > 2.5 * RATE
    assert np.abs(moments).max() <= max(jitter) + 22  # a frame, and a moment is told in whole ms


@pytest.mark.parametrize("ratio", [1.002, 0.998])
def test_a_clock_that_runs_ahead_is_followed(ratio: float) -> None:
    room, alignment = Room(RATE, RATE * ratio), Alignment()
    for _ in range(15):  # half a minute would be 60 ms
        left, right = talk(room, alignment, 2, [0])
        assert np.abs(apart_ms(left, right)).max() <= 20


def test_sound_that_a_device_lost_is_silence_where_it_is_missing() -> None:
    for side in ("left", "right"):
        room, alignment = Room(), Alignment()
        talk(room, alignment, 3, [0])
        room.lose(side, 0.5)
        talk(room, alignment, 3, [0])
        left, right = talk(room, alignment, 3, [0])
        assert np.abs(apart_ms(left, right)).max() <= 21


def test_the_end_brings_what_was_held_back() -> None:
    alignment = Alignment()
    assert alignment.feed(b"\x01\x00" * FRAME, b"\x02\x00" * FRAME) == (b"", b"")
    assert alignment.feed(b"\x03\x00" * FRAME, b"\x04\x00" * (FRAME // 2)) == (b"", b"")
    left, right = alignment.rest()
    assert left == b"\x01\x00" * FRAME + b"\x03\x00" * FRAME
    assert right == b"\x02\x00" * FRAME + b"\x04\x00" * (FRAME // 2) + bytes(FRAME)
