"""How much sound must wait before it is played: as much as the network's gaps have taught, no more. Pure.

An answer whose sound comes faster than it is heard waits for LEAST_MS. One that runs dry in its middle lets the next
piece wait longer, by the gap that was heard; answers that come without a gap take that back, bit by bit.
"""

#: What a device takes at a time, a few times over: less would run dry at the first hiccup.
LEAST_MS = 40
#: A pause of this length is heard as a pause for thought; more waiting would only make answers late.
MOST_MS = 400
#: Of what lies above the least, kept after an answer without a gap.
KEPT = 0.75


class JitterBuffer:
    """Told what happened; says how much must wait, and for how long at most. One thread."""

    def __init__(self) -> None:
        self.target_ms = float(LEAST_MS)
        self._began_with_ms = 0.0
        self._had_gap = False  # this answer

    def began(self, waiting_ms: float) -> None:
        """The speaker begins with so much."""
        self._began_with_ms = waiting_ms

    def ran_dry(self, gap_ms: float) -> None:
        """Sound of an answer came `gap_ms` after the speaker had run out of it: so much more was needed before."""
        self.target_ms = min(MOST_MS, max(self.target_ms, self._began_with_ms) + gap_ms)
        self._had_gap = True

    def ended(self) -> None:
        """An answer was heard to its end."""
        if not self._had_gap:
            self.target_ms = LEAST_MS + (self.target_ms - LEAST_MS) * KEPT
        self._had_gap = False
