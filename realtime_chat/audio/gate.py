"""Hands-free, but only speech is sent: for providers that bill sound by the minute."""

from collections import deque
from collections.abc import Callable

from realtime_chat.audio.vad import SpeechLikelihood, best_likelihood
from realtime_chat.core.pcm import FRAME_MS

#: Of what was heard before the gate opened: what the detector needs to be sure, and the provider before speech.
PREROLL_MS = 400
#: Low: a gate that misses a word is worse than one that lets a cough through.
THRESHOLD = 0.3
#: After the silence that ends a turn: the provider decides, and it hears nothing but what passes here.
MARGIN_MS = 1000
#: What providers wait for at the end of a turn when they are not told.
USUAL_SILENCE_MS = 500


class VoiceGate:
    """A SpeechGate by the local voice detector; its network runs where it is fed, about 0.5 ms for each 32 ms."""

    def __init__(self, silence_ms: int, likelihood: Callable[[], SpeechLikelihood] = best_likelihood) -> None:
        """`silence_ms`: the longest silence within a turn. The detector is loaded with the first frame."""
        self._open_frames = (silence_ms + MARGIN_MS) // FRAME_MS
        self._make = likelihood
        self._likelihood: SpeechLikelihood | None = None
        self._held: deque[bytes] = deque(maxlen=PREROLL_MS // FRAME_MS)
        self._left = 0  # frames that pass whatever they hold

    def passed(self, frame: bytes) -> bytes:
        """See SpeechGate; frames of 20 ms."""
        if self._likelihood is None:
            self._likelihood = self._make()
        if any(likely >= THRESHOLD for likely in self._likelihood.feed(frame)):
            self._left = self._open_frames
        self._held.append(frame)
        if not self._left:
            return b""
        self._left -= 1
        sound = b"".join(self._held)
        self._held.clear()
        return sound
