"""What the user says while a connection is gone, or said to one that took it along: for the next one."""

from collections import deque

from realtime_chat.core.pcm import pcm_bytes

#: Push-to-talk: all of an utterance so far; of a longer one, its end.
UTTERANCE = pcm_bytes(120_000)
#: Hands-free a detector of the provider's listens: only what it could not hear is told later.
MEANWHILE = pcm_bytes(10_000)
#: One message carries so much of it.
PIECE = pcm_bytes(1000)


class KeptSound:
    """Bounded, the oldest goes first; `lost_bytes` counts what went."""

    def __init__(self) -> None:
        self.lost_bytes = 0
        self._frames: deque[bytes] = deque()
        self._size = 0

    def keep(self, pcm: bytes, *, most: int) -> None:
        """One more frame; `most` bytes altogether."""
        self._frames.append(pcm)
        self._size += len(pcm)
        while self._size > most:
            gone = len(self._frames.popleft())
            self._size -= gone
            self.lost_bytes += gone

    def pieces(self) -> list[bytes]:
        """All of it, in order; it stays kept."""
        sound = b"".join(self._frames)
        return [sound[at : at + PIECE] for at in range(0, len(sound), PIECE)]

    def clear(self) -> None:
        """Somebody has it, or nobody wants it any more."""
        self._frames.clear()
        self._size = self.lost_bytes = 0
