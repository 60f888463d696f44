"""Whether a stream lives: it says so itself, and its callbacks go on."""

from realtime_chat.audio.streams import Stream

#: Seconds without a callback after which a stream is dead: suspended, or its device is gone without a word.
DEAD_S = 0.5


class Pulse:
    """Felt again and again, with the time of each; pure."""

    def __init__(self, stream: Stream, at: float) -> None:
        self._stream = stream
        self._blocks = stream.blocks
        self._beat_at = at

    def beats(self, at: float) -> bool:
        """False when the stream has ended, or stood still for DEAD_S."""
        if self._stream.blocks != self._blocks:
            self._blocks, self._beat_at = self._stream.blocks, at
        return self._stream.active and at - self._beat_at < DEAD_S
