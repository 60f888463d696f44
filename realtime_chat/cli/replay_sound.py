"""A replay's sound: what was recorded, through a speaker, at the time of the log that is shown."""

from realtime_chat.audio.recorded import RecordedTalk
from realtime_chat.core.ports import AudioSink

#: Queued beyond the next event, so that a speaker does not run dry between two of them.
AHEAD_S = 0.25
#: A smaller difference is no jump.
SAME_S = 0.02
_ITEM = "replay"


class ReplaySound:
    """An Accompaniment. It owns neither the files nor the speaker."""

    def __init__(self, recorded: RecordedTalk, sink: AudioSink) -> None:
        self._recorded = recorded
        self._sink = sink
        self._expected_s: float | None = None  # where the next piece begins if nothing jumps
        self._queued_s = 0.0

    def during(self, at_s: float, for_s: float) -> None:
        """This piece, without a gap after the one before."""
        if self._expected_s is None or abs(at_s - self._expected_s) > SAME_S:
            self._sink.flush()
            self._queued_s = at_s
        until_s = at_s + for_s + AHEAD_S
        if until_s > self._queued_s:
            self._sink.play(_ITEM, self._recorded.sound(self._queued_s, until_s - self._queued_s))
            self._queued_s = until_s
        self._expected_s = at_s + for_s

    def hush(self) -> None:
        """Silence."""
        self._sink.flush()
        self._expected_s = None
