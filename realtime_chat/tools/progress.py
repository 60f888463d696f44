"""From a tool's `ctx.progress(text)`, on whatever thread, to the session's loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

#: Progress is a line on the screen.
TEXT_CHARS = 500


class Progress:
    """The progress of one call. Bound: one text waits; policy: the newest wins; end: `close`.

    `deliver` is called on the loop, in order, never after `close` (J25: an ended call is heard no more).
    """

    def __init__(self, deliver: Callable[[str], None]) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: str | None = None
        self._closed = False

    def report(self, text: str) -> None:
        """Take a text from any thread; never blocks, never raises for a closed loop."""
        with self._lock:
            scheduled = self._waiting is not None
            self._waiting = str(text)[:TEXT_CHARS]
        if not scheduled:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._pass_on)

    def close(self) -> None:
        """End it; what still waits is dropped."""
        self._closed = True

    def _pass_on(self) -> None:
        with self._lock:
            text, self._waiting = self._waiting, None
        if text is not None and not self._closed:
            self._deliver(text)
