"""How fast a server may speak: who floods is read slowly, and so waits for us, not we for it."""

import asyncio
import time

MESSAGES_AT_ONCE = 1000
MESSAGES_PER_S = 300
BYTES_AT_ONCE = 16_000_000
BYTES_PER_S = 4_000_000
#: A longer message ends the connection: it would have to be read as a whole.
MESSAGE_BYTES = 16_000_000


class Pace:
    """Two buckets that fill again with time, one of messages and one of bytes; one reader."""

    def __init__(self) -> None:
        self._messages: float = MESSAGES_AT_ONCE
        self._bytes: float = BYTES_AT_ONCE
        self._then = time.monotonic()

    async def take(self, size: int, *, messages: int = 1) -> None:
        """So many more messages, `size` bytes together, were read; returns when the next ones may be."""
        now = time.monotonic()
        passed, self._then = now - self._then, now
        self._messages = min(MESSAGES_AT_ONCE, self._messages + passed * MESSAGES_PER_S) - messages
        self._bytes = min(BYTES_AT_ONCE, self._bytes + passed * BYTES_PER_S) - size
        debt = max(-self._messages / MESSAGES_PER_S, -self._bytes / BYTES_PER_S)
        if debt > 0:
            await asyncio.sleep(debt)
