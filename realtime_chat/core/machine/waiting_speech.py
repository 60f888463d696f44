"""Speech over an answer that may not be cut: it waits, and becomes the next turns."""

from collections import deque
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from realtime_chat.core.messages import AudioCommitted, UserSpeechStarted, UserSpeechStopped

#: Utterances that may wait; nobody says more into one answer and wants each of them answered.
MOST_WAITING = 8

Heard: TypeAlias = UserSpeechStarted | UserSpeechStopped | AudioCommitted


class _Utterance(msgspec.Struct):
    started: UserSpeechStarted
    stopped: UserSpeechStopped | None = None
    committed: AudioCommitted | None = None


class WaitingSpeech:
    """Utterances in the order they were spoken, whatever a server sends how often.

    Bound: MOST_WAITING. Policy: speech that begins anew takes the place of speech that was never committed,
    and the oldest gives way to what is one too many. End: taken when the turn before is settled, forgotten
    with the connection.
    """

    def __init__(self) -> None:
        self._utterances: deque[_Utterance] = deque()

    def __bool__(self) -> bool:
        return bool(self._utterances)

    def begin(self, message: UserSpeechStarted) -> bool:
        """Another utterance; False when the oldest gave way to it."""
        if self._utterances and self._utterances[-1].committed is None:
            self._utterances.pop()
        self._utterances.append(_Utterance(message))
        if len(self._utterances) <= MOST_WAITING:
            return True
        self._utterances.popleft()
        return False

    def stop(self, message: UserSpeechStopped) -> None:
        """The latest one ended; of several ends the last counts."""
        self._utterances[-1].stopped = message

    def commit(self, message: AudioCommitted) -> None:
        """The latest one became an item; of several the first counts."""
        latest = self._utterances[-1]
        latest.committed = latest.committed or message

    def take(self) -> Iterator[Heard]:
        """The oldest one, as it was heard."""
        oldest = self._utterances.popleft()
        yield oldest.started
        if oldest.stopped is not None:
            yield oldest.stopped
        if oldest.committed is not None:
            yield oldest.committed

    def clear(self) -> None:
        """Nothing of it will be answered."""
        self._utterances.clear()
