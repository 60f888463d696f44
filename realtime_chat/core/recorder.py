"""Record = stamp seq → append → publish, in that order (P13): the log is upstream of the bus.

The one place where events get their identity.
"""

from realtime_chat.core.bus import Bus
from realtime_chat.core.events import DURABLE_TYPES, Envelope, Event, SaveStateChanged
from realtime_chat.core.ports import Clock
from realtime_chat.core.store.log import SessionLog


class Recorder:
    """Writes and publishes one session's events."""

    def __init__(self, log: SessionLog, bus: Bus, clock: Clock) -> None:
        self._log = log
        self.bus = bus
        self._clock = clock
        self._live = 0
        self._unsaved = False

    def record(self, event: Event) -> Envelope:
        """Give the event its identity; a durable one is in the log before anybody sees it.

        Raises LogWriteFailed when the log refuses it for good; nothing was published then.
        """
        if event.type in DURABLE_TYPES:
            envelope = self._log.append(event)
            self.bus.publish(envelope)
            self._announce_save_state()
            return envelope
        self._live += 1
        envelope = Envelope(
            id=f"live-{self._live}",
            session_id=self._log.session_id,
            seq=None,
            ts=self._clock.wall().isoformat(),
            data=event,
        )
        self.bus.publish(envelope)
        return envelope

    def _announce_save_state(self) -> None:
        pending = self._log.pending
        if self._unsaved != bool(pending):
            self._unsaved = bool(pending)
            self.record(SaveStateChanged(saved=not pending, pending=pending))
