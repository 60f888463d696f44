"""Two sounds of one room, which two devices count by clocks of their own, brought to one time. Pure.

The microphone's frames are the clock. What the speaker took is put where it was heard, by the device's word: how much
sound waits in the device changes by itself, so that the moment at which it took a block says little. Both sides are
held back a little, so that one that comes late for a moment is not taken for silence. What stays away for good (a
device lost sound, a clock runs slow) is seen after a second, and silence is put in its place.
"""

from collections import deque
from collections.abc import Iterable
from typing import TypeAlias

from realtime_chat.core.pcm import RATE, pcm_bytes

#: What the speaker took, and the second of a steady clock at which its first sample is heard.
Played: TypeAlias = tuple[bytes, float]

#: Both sides wait so long for each other.
HELD = pcm_bytes(200)
#: Frames or blocks that must agree before a side is believed to have moved: a second, or half of one.
WINDOW = 50
#: The speaker's side has moved by more than this; it is told exactly.
SHORT = pcm_bytes(5)
#: The microphone has lost sound, or its clock is slow; below this its frames were late, by which it is told.
LOST = pcm_bytes(20)
#: A microphone that was away for longer begins anew: the time between is in no recording.
AWAY = pcm_bytes(2000)


class Alignment:
    """Fed with frames of the left side, and with what the right side brought meanwhile; 24 kHz mono s16le."""

    def __init__(self) -> None:
        self._left = b""
        self._right = b""
        self._taken = 0  # bytes of each side that are out
        self._zero_s: float | None = None  # when the first sample of the recording was heard
        self._placed = False  # the right side goes on without a gap
        self._left_late: deque[int] = deque(maxlen=WINDOW)
        self._right_late: deque[int] = deque(maxlen=WINDOW)

    def feed(self, left: bytes, at_s: float, right: Iterable[Played]) -> tuple[bytes, bytes]:
        """What is in place now, of each side as much as of the other.

        `at_s`: when the frame came, on the clock that places the right side, too; the first frame sets the time.
        """
        late = self._late(at_s, self._taken + len(self._left) + len(left))
        if self._zero_s is None or late > AWAY:
            self._begin(at_s, self._taken + len(self._left) + len(left))
        else:
            self._follow(late)
        self._left += left
        for block, heard_s in right:
            self._put(block, heard_s)
        return self._take(len(self._left) - HELD)

    def rest(self) -> tuple[bytes, bytes]:
        """What is held back; the end."""
        return self._take(len(self._left))

    def _late(self, at_s: float, position: int) -> int:
        """By how many bytes something is later than its place says."""
        return 0 if self._zero_s is None else 2 * round((at_s - self._zero_s) * RATE) - position

    def _begin(self, at_s: float, position: int) -> None:
        self._zero_s = at_s - position / 2 / RATE
        self._placed = False
        self._left_late.clear()

    def _follow(self, late: int) -> None:
        """Keep the time: a frame may come late, but none comes before it was heard."""
        assert self._zero_s is not None
        self._left_late.append(late)
        if len(self._left_late) < WINDOW and late >= 0:
            return
        least = min(self._left_late)
        self._left_late.clear()
        if least > LOST:
            self._left += bytes(least)
        elif least < 0:
            self._zero_s += least / 2 / RATE
            self._placed = self._placed and least >= -SHORT

    def _put(self, block: bytes, heard_s: float) -> None:
        late = self._late(heard_s, self._taken + len(self._right))
        if not self._placed:
            self._placed = late + len(block) > 0
            self._right_late.clear()
            self._right += bytes(max(0, late)) + block[max(0, -late) :]
            return
        self._right_late.append(late)
        if len(self._right_late) == WINDOW and (
            min(self._right_late) > SHORT or max(self._right_late) < -SHORT
        ):
            usual = sorted(self._right_late)[WINDOW // 2]
            self._right_late.clear()
            self._right = self._right[: max(0, len(self._right) + min(0, usual))] + bytes(max(0, usual))
        self._right += block

    def _take(self, size: int) -> tuple[bytes, bytes]:
        if size <= 0:
            return b"", b""
        self._taken += size
        left, self._left = self._left[:size], self._left[size:]
        right, self._right = self._right[:size], self._right[size:]
        self._placed = self._placed and len(right) == size
        return left, right.ljust(size, b"\x00")
