"""The connection's life as the machine sees it: connected → configuring → ready → closed (T2).

`session.updated` ends the configuration: sound before it would be read in the wrong format (docs/protocol.md).
"""

from msgspec.structs import replace

from realtime_chat.core.classification import category_of_error
from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.events import CloseReason, ErrorOccurred, LinkState, SessionClosed
from realtime_chat.core.images import without_eyes
from realtime_chat.core.machine.effects import Disconnect, Sync
from realtime_chat.core.machine.opaque import OpaqueItems
from realtime_chat.core.machine.outage import Outage
from realtime_chat.core.machine.reports import LinkOpened
from realtime_chat.core.machine.sequencer import Refusal
from realtime_chat.core.machine.state import ENDED, LINKED, MachineState
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import Configure, Item, ProviderError


class Link:
    """From the greeting of one connection to its configuration's end; what it is told, and the close."""

    def __init__(self, state: MachineState, slot: TurnSlot, outage: Outage, opaque: OpaqueItems) -> None:
        self._state = state
        self._slot = slot
        self._outage = outage
        self._opaque = opaque
        self._seed: tuple[Item, ...] = ()
        self._max_session_s: int | None = None

    @property
    def ended(self) -> bool:
        """True when no message may go out any more."""
        return self._state.link in ENDED

    @property
    def is_there(self) -> bool:
        """False where no message can come: before the first connection, between two, and after the last."""
        return self._state.link in LINKED or self._state.link is LinkState.CONNECTING

    def opening(self, seed: tuple[Item, ...]) -> None:
        """A connection is being made, and will be told this."""
        self._seed = seed
        if (turn := self._state.turn) is not None:
            turn.unsent = None  # it was logged: the seed has it
        self._state.move_link(LinkState.CONNECTING)

    def opened(self, report: LinkOpened) -> None:
        """The other side answers."""
        self._max_session_s = report.max_session_s
        self._state.capabilities = report.capabilities
        self._state.adapt()

    def created(self, model: str) -> None:
        """The provider greeted us: configure it, then give it what was said before."""
        if self._state.link is not LinkState.CONNECTING:
            return
        self._state.move_link(LinkState.CONNECTED)
        self._outage.configured()
        self._state.send(Configure(options=self._state.options))
        sees = self._state.capabilities.image_input
        told = self._opaque.told_again(self._seed, model) if self._state.options.answers else ()
        for message in told:
            item = message.item if sees else without_eyes(message.item)
            self._state.send(replace(message, item=item, seed=True))
        self._state.move_link(LinkState.CONFIGURING)

    def updated(self) -> None:
        """A configuration took effect."""
        if self._state.link is LinkState.CONFIGURING:
            self._outage.over(self._max_session_s)

    def error(self, error: ProviderError) -> None:
        """An error event: swallowed, retried, the turn's failure, or news (M14)."""
        if self._opaque.refused(error):
            return
        refusal = self._state.sequencer.refused(error)
        if refusal in (Refusal.BENIGN, Refusal.RETRIED):
            return
        codes = (error.code, error.error_type)
        info = ErrorInfo(
            kind=error.code or error.error_type or "provider_error",
            message=error.message or "The provider reported an error without a text.",
            category=category_of_error(*codes),
            details={"param": error.param} if error.param else {},
        )
        info = self._state.weighed(info)
        recoverable = error.error_type != "session_error" and info.category is not Category.FATAL
        if self._state.link is LinkState.CONFIGURING:
            self._outage.refused(info)
            return
        self._state.emit(ErrorOccurred(error=info, recoverable=recoverable))
        turn = self._state.turn
        lost_commit = error.code == "input_audio_buffer_commit_empty" and turn and not turn.user_logged
        if turn is not None and (refusal is Refusal.FAILED or lost_commit):
            cancel = self._state.sequencer.abandon(provider_cancels=False)
            if cancel is not None:
                self._state.send(cancel)
            self._slot.fail(turn, info)

    def closed(self, reason: CloseReason) -> None:
        """We end it."""
        if self.ended:
            return
        if self._state.link is not LinkState.IDLE:
            self._state.emit(SessionClosed(reason=reason))
            self._state.do(Sync())
        self._state.move_link(LinkState.CLOSED)
        self._state.do(Disconnect(reason))

    def closing(self) -> None:
        """A close began; what is open is being settled."""
        if not self.ended:
            self._state.move_link(LinkState.CLOSING)
