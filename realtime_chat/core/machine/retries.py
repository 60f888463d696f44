"""When to try a lost connection again: 1, 2, 4, 8 and 8 seconds, each a little longer by chance (J19).

The chance is there so that a thousand clients of a service that fell over do not come back in the same second.
"""

from collections.abc import Callable

BACKOFF_S = (1.0, 2.0, 4.0, 8.0)
#: At most so much longer, as a part of the wait.
SPREAD = 0.2


class Retries:
    """Counts the tries since the provider last took our configuration."""

    def __init__(self, most: int, chance: Callable[[], float]) -> None:
        """`chance` gives 0 to 1."""
        self.most = most
        self.made = 0
        self._chance = chance

    def next_s(self) -> float | None:
        """Seconds to wait before one more; it counts as made. None: no more."""
        if self.made >= self.most:
            return None
        wait_s = BACKOFF_S[min(self.made, len(BACKOFF_S) - 1)]
        self.made += 1
        return wait_s * (1 + SPREAD * self._chance())

    def forget(self) -> None:
        """The provider took our configuration, or the user wants another round."""
        self.made = 0
