"""How loud sound leaves: a factor on every block."""

import numpy as np

_FULL = 1.0


class Gain:
    """Set in one thread, applied in another. At full loudness it costs nothing and changes no bit."""

    def __init__(self) -> None:
        self.factor = _FULL  # wanted, 0 to 1
        self._now = _FULL  # of the last sample

    def applied(self, block: bytes) -> bytes:
        """s16le samples times the factor; a new factor is reached on a straight line over the block: no click."""
        before, factor = self._now, self.factor
        if before == factor == _FULL:
            return block
        self._now = factor
        samples = np.frombuffer(block, "<i2")
        ramp = factor if before == factor else np.linspace(before, factor, samples.size)
        return (samples * ramp).astype("<i2").tobytes()
