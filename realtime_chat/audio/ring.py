"""From a device's callback to the session: a bounded row of frames that forgets the oldest first."""

from collections import deque
from typing import Generic, TypeVar

Frame = TypeVar("Frame")


class FrameRing(Generic[Frame]):
    """One thread pushes, one pops; neither waits for the other.

    Full means that nobody listens: what was said last matters more, so the oldest frame goes, and is counted.
    """

    def __init__(self, capacity: int) -> None:
        self.dropped = 0
        self._frames: deque[Frame] = deque(maxlen=capacity)

    def push(self, frame: Frame) -> None:
        """Add the newest."""
        # The reader may take one in between; then a frame too many is counted, none is lost.
        self.dropped += len(self._frames) == self._frames.maxlen
        self._frames.append(frame)

    def pop(self) -> Frame | None:
        """The oldest; None when there is none."""
        try:
            return self._frames.popleft()
        except IndexError:
            return None

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
