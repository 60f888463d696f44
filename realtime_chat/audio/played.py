"""What the speaker took, for whoever hears it again in the microphone: block by block, each in its place.

Two threads count time: the speaker's, which plays, and the microphone's, which hears. A frame that was heard carries
the mark of what had been played by then, so that its reader, which may be late, sees both in the order of the room.
"""

from collections.abc import Iterator

from realtime_chat.audio.ring import FrameRing
from realtime_chat.core.framing import Framer
from realtime_chat.core.pcm import pcm_bytes

BLOCK_MS = 10
BLOCK = pcm_bytes(BLOCK_MS)
#: Pieces that wait for the microphone: two seconds, as much as waits there. Full: the oldest goes.
WAITING = 200


class PlayedSound:
    """`push` and `mark` in the devices' threads, `until` in the reader's."""

    def __init__(self) -> None:
        self._ring = FrameRing[tuple[int, bytes]](WAITING)
        self._ahead: tuple[int, bytes] | None = None  # played after what is looked at
        self._pushed = 0
        self._blocks = Framer(BLOCK)

    def push(self, piece: bytes) -> None:
        """The speaker took it. Copies nothing, waits for nothing."""
        self._pushed += 1
        self._ring.push((self._pushed, piece))

    def mark(self) -> int:
        """Where the speaker is."""
        return self._pushed

    def until(self, mark: int) -> Iterator[bytes]:
        """What was played up to there and not given yet, in blocks of 10 ms."""
        while True:
            self._ahead = self._ahead or self._ring.pop()
            if self._ahead is None or self._ahead[0] > mark:
                return
            piece, self._ahead = self._ahead[1], None
            yield from self._blocks.feed(piece)
