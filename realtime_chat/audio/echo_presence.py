"""Whether the microphone hears the speaker at all. Pure.

With headphones, or a microphone that cancels by itself, there is no echo, and a canceller that looks for one takes the
first word of whoever answers at once for what it could not find. So where there is none, it is passed by.
"""

from collections import deque

#: Quieter is no sound, dBFS.
SOUNDS_DB = -60.0
#: Louder than the room by so much, while an answer sounds, is an echo (or somebody who speaks over it).
OVER_ROOM_DB = 6.0
#: The quietest room that counts, dBFS.
QUIETEST_DB = -75.0
#: Frames of 20 ms with an answer in them: without echo for so many, there is none;
ABSENT = 75
#: with it in so many of the latest, there is one.
LATEST, LOUD = 10, 4
#: Frames without an answer from which the room is known.
ROOM = 100


class EchoPresence:
    """Fed with the levels of both sides, frame by frame; an echo is assumed until none was heard for a while."""

    def __init__(self) -> None:
        self.present = True
        self._room: deque[float] = deque(maxlen=ROOM)
        self._over: deque[bool] = deque(maxlen=ABSENT)  # of frames with an answer: louder than the room

    def feed(self, far_db: float, near_db: float) -> None:
        """What the speaker took, and what the microphone heard as it came, dBFS."""
        if far_db <= SOUNDS_DB:
            self._room.append(near_db)
            return
        self._over.append(near_db > self._quiet_db() + OVER_ROOM_DB)
        if sum(list(self._over)[-LATEST:]) >= LOUD:
            self.present = True
        elif len(self._over) == ABSENT and sum(self._over) <= ABSENT // 20:
            self.present = False

    def forget(self) -> None:
        """Other devices, or another path between them."""
        self.present = True
        self._over.clear()

    def _quiet_db(self) -> float:
        """Most of what the room gives while nothing is played; speech in it is not most."""
        quiet = sorted(self._room)[len(self._room) // 4] if self._room else QUIETEST_DB
        return max(QUIETEST_DB, quiet)
