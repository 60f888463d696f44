"""Two sounds of one room, which two devices count by clocks of their own, brought to one time. Pure.

Both are held back a little, so that a side that comes late for a moment is not taken for silence. What stays away
for good (a device lost sound, a clock runs slow) is seen after a second, and silence is put in its place.
"""

from collections import deque

from realtime_chat.core.pcm import pcm_bytes

#: Both sides wait so long for each other.
HELD = pcm_bytes(200)
#: One side is short by more than this, in every frame of a second: it will not come any more.
SHORT = pcm_bytes(10)
WINDOW = 50


class Alignment:
    """Fed with frames of the left side, and with what the right side brought meanwhile; 24 kHz mono s16le."""

    def __init__(self) -> None:
        self._left = b""
        self._right = b""
        self._began = False
        self._ahead: deque[int] = deque(maxlen=WINDOW)  # bytes that the right side is ahead, frame by frame

    def feed(self, left: bytes, right: bytes) -> tuple[bytes, bytes]:
        """What is in place now, of each side as much as of the other; the first frame sets the time."""
        self._right += right
        if not self._began:
            self._began = True
            self._right = self._right[-len(left) :].rjust(len(left), b"\x00")
        self._left += left
        self._correct()
        return self._take(len(self._left) - HELD)

    def rest(self) -> tuple[bytes, bytes]:
        """What is held back; the end."""
        return self._take(len(self._left))

    def _correct(self) -> None:
        self._ahead.append(len(self._right) - len(self._left))
        if len(self._ahead) < WINDOW:
            return
        if not (min(self._ahead) > SHORT or max(self._ahead) < -SHORT):
            return
        usual = sorted(self._ahead)[WINDOW // 2]  # the least and the most are what came in a burst
        self._left += bytes(max(0, usual))
        self._right += bytes(max(0, -usual))
        self._ahead.clear()

    def _take(self, size: int) -> tuple[bytes, bytes]:
        if size <= 0:
            return b"", b""
        left, self._left = self._left[:size], self._left[size:]
        right, self._right = self._right[:size], self._right[size:]
        return left, right.ljust(size, b"\x00")
