"""How much softer echo cancellation makes what comes back from the speaker: measured on the devices themselves."""

import math
from collections.abc import Callable

from realtime_chat.audio.echo import EchoCanceller
from realtime_chat.audio.levels import dbfs
from realtime_chat.audio.played import BLOCK, PlayedSound
from realtime_chat.core.pcm import FRAME_MS

#: Frames of 20 ms that the canceller gets to find the echo's way.
LEARNING = 2000 // FRAME_MS
#: So many frames must be as loud as an echo.
ENOUGH = 10
SOUNDS_DB = -60.0
#: Nothing is left of it: more cannot be told on 16 bits.
MOST_DB = 60.0


class EchoReduction:
    """Stands between the devices from `begin` on: `played` by the speaker's callback, `cleaned` by the reader."""

    def __init__(self, make: Callable[[], EchoCanceller]) -> None:
        """`make` the canceller at `begin`; it may raise AudioUnavailable."""
        self._make = make
        self._canceller: EchoCanceller | None = None
        self._played = PlayedSound()
        self._frames = 0
        self._loud = 0
        self._before = self._after = 0.0  # energies

    def begin(self) -> None:
        """The speaker begins to play."""
        self._canceller = self._make()

    def played(self, block: bytes, _delay_s: float = 0.0) -> None:
        """In the speaker's thread: copy, nothing else."""
        if self._canceller is not None:
            self._played.push(block)

    def mark(self) -> int:
        """Where the speaker is. In the microphone's thread."""
        return self._played.mark()

    def cleaned(self, frame: bytes, mark: int) -> bytes:
        """A frame of the microphone without the echo."""
        canceller = self._canceller
        if canceller is None:
            return frame
        for block in self._played.until(mark):
            canceller.far(block)
        near = canceller.near
        clean = b"".join(near(frame[at : at + BLOCK]) for at in range(0, len(frame), BLOCK))
        self._measure(dbfs(frame), dbfs(clean))
        return clean

    @property
    def db(self) -> float | None:
        """So much softer the echo became; None when there was none to measure."""
        if self._loud < ENOUGH:
            return None
        return min(MOST_DB, 10 * math.log10(self._before / self._after))

    def _measure(self, before_db: float, after_db: float) -> None:
        self._frames += 1
        if self._frames > LEARNING and before_db > SOUNDS_DB:
            self._loud += 1
            self._before += 10 ** (before_db / 10)
            self._after += 10 ** (after_db / 10)
