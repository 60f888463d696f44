"""How long a turn lets its user wait: marks on the way from the end of the input to the first sound that is heard.

Time zero is the end of the user's speech, or the sending of what was typed. A provider's detector tells the end of
speech only after the silence that it waits for; that silence is a part of the wait, so it is taken off the zero.
"""

import msgspec

from realtime_chat.core.event_parts import Latency
from realtime_chat.core.options import ServerVad, TurnDetection
from realtime_chat.core.ports import Ledger

#: The silence that ends a turn where nobody said otherwise: the protocol's own.
USUAL_SILENCE_MS = 500


class Marks(msgspec.Struct):
    """One turn's; seconds of the machine's clock, None: it has not come to that. Each mark is set once."""

    zero: float
    committed: float | None = None
    token: float | None = None
    audio: float | None = None
    audible: float | None = None

    def speech_ended(self, now: float, detection: TurnDetection | None, began: float) -> None:
        """A detector told it; of several ends the last counts, and none is before the turn `began`."""
        silence_ms = 0
        if isinstance(detection, ServerVad):
            silence_ms = USUAL_SILENCE_MS
            if detection.silence_duration_ms is not None:
                silence_ms = detection.silence_duration_ms
        self.zero = max(began, now - silence_ms / 1000)

    def word(self, now: float) -> None:
        """Words of the answer came."""
        self.token = now if self.token is None else self.token

    def heard(self, now: float, items: list[str], ledger: Ledger) -> None:
        """So much of the turn's items has been heard by now, without a gap: that far back it began."""
        played_ms = sum(ledger.get(item_id, 0) for item_id in items)
        if self.audible is None and self.audio is not None and played_ms:
            self.audible = max(self.audio, now - played_ms / 1000)

    def measured(self) -> Latency | None:
        """In ms from zero; None when nothing of it happened."""
        marks = (self.committed, self.token, self.audio, self.audible)
        if marks == (None,) * len(marks):
            return None
        commit, token, audio, audible = (
            None if mark is None else max(0, round((mark - self.zero) * 1000)) for mark in marks
        )
        return Latency(commit_ms=commit, first_token_ms=token, first_audio_ms=audio, first_audible_ms=audible)
