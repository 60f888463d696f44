"""Whether the microphone hears our own voice. Pure.

Two signs, either is enough. The sound: laid over what was played, an echo has one sharp peak at its delay, another
voice has none; this needs less than half a second, as much as an answer gets to say before its echo cuts it. And the
loudness: two people never get loud and quiet together for a second and a half, a voice and its echo do, even in a room
that blurs everything else.
"""

from collections import deque

import numpy as np

from realtime_chat.audio.levels import dbfs
from realtime_chat.audio.overlay import Samples, coarse, overlay, sharpness
from realtime_chat.core.pcm import FRAME_BYTES

#: Quieter is no voice, dBFS.
VOICE_DB = -50.0
#: Frames of 20 ms in which an echo may come later.
LATEST = 25
#: Frames after a find in which none is looked for: one echo is one find.
REST = 25

#: The sound: so many frames are laid over what was played, every so many frames, when so many of them are loud.
LAID = 20
EVERY = 3
LOUD = 7
#: The peak by the effective value of all delays: echoes reach 20 to 45, voices of one synthesiser 12.
SHARP = 16.0

#: The loudness: so many frames are compared, when so many of them are loud.
SPAN = 75
ENOUGH = 35
#: Correlation in dB from which on it is an echo; two voices of one synthesiser reach 0.86.
SURE = 0.92


class SelfEcho:
    """Fed with both sides, frame by frame; counts what it finds."""

    def __init__(self) -> None:
        self.found = 0
        self._far: deque[bytes] = deque([bytes(FRAME_BYTES)] * (LAID + LATEST), maxlen=LAID + LATEST)
        self._near: deque[bytes] = deque([bytes(FRAME_BYTES)] * LAID, maxlen=LAID)
        self._far_db: deque[float] = deque(maxlen=SPAN + LATEST)
        self._near_db: deque[float] = deque(maxlen=SPAN)
        self._frames = 0
        self._resting = 0

    def feed(self, far: bytes, near: bytes) -> bool:
        """One frame of each, of the same time. True when an echo was found now."""
        self._far.append(far)
        self._near.append(near)
        self._far_db.append(max(dbfs(far), -70.0))
        self._near_db.append(max(dbfs(near), -70.0))
        self._frames += 1
        self._resting = max(0, self._resting - 1)
        if self._resting or self._frames % EVERY:
            return False
        if not (self._is_sharp() or self._is_alike()):
            return False
        self.found += 1
        self._resting = REST
        return True

    def _is_sharp(self) -> bool:
        if _loud(self._near_db, LAID) < LOUD or _loud(self._far_db, LAID + LATEST) < LOUD:
            return False
        return _sharpness(coarse(b"".join(self._far)), coarse(b"".join(self._near))) > SHARP

    def _is_alike(self) -> bool:
        if len(self._far_db) < SPAN + LATEST or min(map(_all_loud, (self._near_db, self._far_db))) < ENOUGH:
            return False
        far, near = np.array(self._far_db), np.array(self._near_db)
        spans = np.lib.stride_tricks.sliding_window_view(far, SPAN)
        spans = spans - spans.mean(axis=1, keepdims=True)
        near = near - near.mean()
        scale = np.sqrt((spans**2).sum(axis=1) * (near**2).sum())
        return float((spans @ near / np.maximum(scale, 1e-9)).max()) > SURE


def _sharpness(far: Samples, near: Samples) -> float:
    """Of the best delay of `near` behind `far`, which begins earlier and ends with it."""
    fits = overlay(far, near)
    return sharpness(fits[np.arange(near.size - far.size, 1) % fits.size])


def _loud(levels: deque[float], latest: int) -> int:
    return sum(level > VOICE_DB for level in list(levels)[-latest:])


def _all_loud(levels: deque[float]) -> int:
    return sum(level > VOICE_DB for level in levels)
