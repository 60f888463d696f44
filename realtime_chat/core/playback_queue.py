"""Sound that waits to be heard: order, what was taken of each item, silence at once. Pure; one lock.

Two threads may use a queue: the session's (push, finish, flush, taken) and a device's callback (pull), which
never waits. A number has one writer: `queued` the session's thread, `taken` the other.
"""

import struct
import threading
from collections import deque
from typing import NamedTuple

from realtime_chat.core.jitter import JitterBuffer
from realtime_chat.core.pcm import pcm_bytes, pcm_ms

#: More bytes of silence than anybody waits for.
FOREVER = 1 << 62


class Taken(NamedTuple):
    """Bytes of one item: how many left the queue, how many had come."""

    taken: int
    queued: int


class _Track:
    """One item's sound. Bounded by the answer's own length; ends with `finished`, or a flush drops it."""

    __slots__ = ("at", "chunks", "finished", "head", "item_id", "queued", "taken")

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        self.chunks: deque[bytes] = deque()
        self.head = b""
        self.at = 0  # what of `head` is taken
        self.queued = 0
        self.taken = 0
        self.finished = False

    def take(self, size: int) -> list[bytes]:
        parts: list[bytes] = []
        while size:
            if self.at == len(self.head):
                if not self.chunks:
                    break
                self.head, self.at = self.chunks.popleft(), 0
            part = self.head[self.at : self.at + size]
            parts.append(part)
            self.at += len(part)
            self.taken += len(part)
            size -= len(part)
        return parts


class PlaybackQueue:
    """Items in the order of their first sound; 24 kHz mono s16le.

    Sound that comes late for an item plays before the rest of the items after it. Sound that comes after an
    item's `finish` is queued behind all the others, under the same id.
    """

    def __init__(self, fade_ms: int = 0, jitter: JitterBuffer | None = None) -> None:
        """`fade_ms` of the sound that a flush cuts still come out, fading, and count as not heard.

        `jitter` says how much must wait before `pull` gives any; without it, whatever there is.
        """
        self.underruns = 0  # dry spells in the middle of an item
        self._jitter = jitter
        self._filling = True  # nothing sounds: what comes waits for more, or for its end
        self._waited = 0  # bytes of silence that were given while sound waited
        self._dry: _Track | None = None  # ran out of sound without an end
        self.silent_bytes = FOREVER  # pulled since the last sound that was not flushed
        self._fade_bytes = pcm_bytes(fade_ms)
        self._fade = b""
        self._tracks: list[_Track] = []
        self._first = 0  # tracks before this one are over
        self._sounding: _Track | None = None
        # Held while sound is taken, and by a flush. The callback only tries it.
        self._gate = threading.Lock()

    @property
    def pending(self) -> int:
        """Bytes that nobody has taken yet."""
        return sum(track.queued - track.taken for track in self._tracks)

    def push(self, item_id: str, pcm: bytes) -> None:
        """Queue sound; half a sample at the end is dropped. Thread: the session's."""
        track = self._open(item_id)
        whole = pcm[: len(pcm) // 2 * 2]
        if whole:
            track.queued += len(whole)
            track.chunks.append(whole)

    def finish(self, item_id: str) -> None:
        """No more sound of this item: running dry is no underrun any more. Thread: the session's."""
        for track in self._tracks:
            if track.item_id == item_id:
                track.finished = True

    def flush(self) -> dict[str, Taken]:
        """Drop all that waits; what was taken of every item since the last flush. Thread: the session's.

        Waits for a block that is being taken this moment (microseconds), so the numbers are final.
        """
        with self._gate:
            report = self.taken()
            self._fade = _faded(b"".join(self._next(self._fade_bytes)))
            self._tracks, self._first, self._sounding = [], 0, None
            self._filling, self._waited, self._dry = True, 0, None
            self.silent_bytes = FOREVER
        return report

    def forget(self) -> None:
        """Drop the items that were wholly taken. Thread: the session's; waits as a flush does."""
        with self._gate:
            waiting = {track.item_id for track in self._tracks if track.taken < track.queued}
            self._tracks = [track for track in self._tracks if track.item_id in waiting]
            self._first, self._sounding = 0, None
            self._dry = self._dry if self._dry in self._tracks else None

    def taken(self) -> dict[str, Taken]:
        """Of every item since the last flush, in item order."""
        report: dict[str, Taken] = {}
        for track in self._tracks:
            taken, queued = report.get(track.item_id, Taken(0, 0))
            report[track.item_id] = Taken(taken + track.taken, queued + track.queued)
        return report

    def take(self, size: int) -> bytes:
        """Up to `size` bytes of what waits; b"" when nothing does."""
        with self._gate:
            return b"".join(self._next(size))

    def pull(self, size: int) -> bytes:
        """Exactly `size` bytes for a device: sound, then silence. Never waits. Thread: the callback's."""
        if not self._gate.acquire(blocking=False):
            return bytes(size)  # a flush is under way, and silence is what it wants
        try:
            sound = b"".join(self._next(size)) if self._may_sound(size) else self._fading(size)
            self._count(len(sound), size)
        finally:
            self._gate.release()
        return sound if len(sound) == size else sound + bytes(size - len(sound))

    def _open(self, item_id: str) -> _Track:
        for track in reversed(self._tracks):
            if track.item_id == item_id and not track.finished:
                return track
        track = _Track(item_id)
        self._tracks.append(track)
        return track

    def _next(self, size: int) -> list[bytes]:
        parts: list[bytes] = []
        if self._fade:
            parts.append(self._fading(size))
            size -= len(parts[0])
        index = self._first
        while size and index < len(self._tracks):
            track = self._tracks[index]
            for part in track.take(size):
                parts.append(part)
                size -= len(part)
                self._sounding = track
            if index == self._first and track.finished and track.taken == track.queued:
                self._first += 1
            index += 1
        return parts

    def _fading(self, size: int) -> bytes:
        part, self._fade = self._fade[:size], self._fade[size:]
        return part

    def _may_sound(self, size: int) -> bool:
        if self._dry is not None and self._dry.taken < self._dry.queued:
            self._dry = None
            self.underruns += 1
            if self._jitter is not None:
                self._jitter.ran_dry(pcm_ms(self.silent_bytes))
        if self._filling and self._jitter is not None:
            self._fill(self._jitter, size)
        return not self._filling or self._jitter is None

    def _fill(self, jitter: JitterBuffer, size: int) -> None:
        """Begin when enough waits, when no more comes, or when it has waited for as long."""
        pending, enough = self.pending, pcm_bytes(int(jitter.target_ms))
        if not pending:
            return
        if pending >= enough or self._waited >= enough or self._has_whole():
            self._filling, self._waited = False, 0
            jitter.began(pcm_ms(pending))
        else:
            self._waited += size

    def _has_whole(self) -> bool:
        """Whether there is an item to sound of which no more comes."""
        return any(track.finished and track.taken < track.queued for track in self._tracks)

    def _count(self, sound: int, size: int) -> None:
        self.silent_bytes = size - sound if sound else self.silent_bytes + size
        track = self._sounding
        if sound < size and track is not None:
            self._sounding, self._filling = None, True
            if not track.finished:
                self._dry = track
            elif self._jitter is not None:
                self._jitter.ended()


def _faded(pcm: bytes) -> bytes:
    """`pcm` on a straight line down to silence, so that a cut does not click."""
    count = len(pcm) // 2
    values = struct.unpack(f"<{count}h", pcm)
    return struct.pack(f"<{count}h", *(value * (count - n - 1) // count for n, value in enumerate(values)))
