"""What waits for the wire: one order for everything, two bounds.

Control messages are few and must never be lost: at CONTROL_BOUND the connection counts as stalled. Sound is
plenty and comes from a source that can wait: its producer waits at AUDIO_BOUND, so control always finds room.
The end: `clear`, when the wire is gone.
"""

import asyncio
from collections import deque

from realtime_chat.core.errors import ConnectionLost
from realtime_chat.core.messages import AppendAudio, Outgoing

AUDIO_BOUND = 128  # 2.5 s of 20 ms frames
CONTROL_BOUND = 4096


class Outbox:
    """Single consumer; producers on the same loop."""

    def __init__(self) -> None:
        self._waiting: deque[Outgoing] = deque()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._empty = asyncio.Event()
        self.clear()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Outgoing) -> None:
        """Queue a control message. Raises ConnectionLost when the wire has not moved for thousands."""
        if len(self._waiting) >= CONTROL_BOUND:
            raise ConnectionLost("The server takes no more messages; the connection is stalled.")
        self._append(message)

    async def put_audio(self, message: AppendAudio) -> None:
        """Queue sound, after room was made for it."""
        await self._room.wait()
        self._append(message)

    async def get(self) -> Outgoing:
        """The next message; it counts as in hand until the next `get`."""
        while not self._waiting:
            self._empty.set()
            self._wake.clear()
            await self._wake.wait()
        message = self._waiting.popleft()
        if len(self._waiting) < AUDIO_BOUND:
            self._room.set()
        return message

    async def drained(self) -> None:
        """Return when everything queued so far was handed to the wire."""
        await self._empty.wait()

    def clear(self) -> None:
        """Forget everything: the wire is gone."""
        self._waiting.clear()
        self._room.set()
        self._empty.set()

    def _append(self, message: Outgoing) -> None:
        self._waiting.append(message)
        self._wake.set()
        self._empty.clear()
        if len(self._waiting) >= AUDIO_BOUND:
            self._room.clear()
