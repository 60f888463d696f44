"""The connection's life as the machine sees it: connected → configuring → ready → closed (T2).

`session.updated` ends the configuration: sound before it would be read in the wrong format (PROTOCOL §1.1).
"""

from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.events import CloseReason, ErrorOccurred, LinkChanged, LinkState, SessionClosed
from realtime_chat.core.machine.effects import Disconnect, Ready, Sync
from realtime_chat.core.machine.responses import fatal_or_retryable
from realtime_chat.core.machine.sequencer import Refusal, ResponseSequencer
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import Configure, CreateItem, Item, ProviderError

_ENDED = (LinkState.CLOSED, LinkState.ERROR)


class Link:
    """Moves the link state; the only place that does."""

    def __init__(
        self, state: MachineState, slot: TurnSlot, speech: SpeechInput, seed: tuple[Item, ...]
    ) -> None:
        self._state = state
        self._slot = slot
        self._speech = speech
        self._seed = seed

    @property
    def ended(self) -> bool:
        """True when no message may go out any more."""
        return self._state.link in _ENDED

    def opening(self) -> None:
        """A connection is being made."""
        self._enter(LinkState.CONNECTING)

    def created(self) -> None:
        """The provider greeted us: configure it, then give it what was said before."""
        if self._state.link is not LinkState.CONNECTING:
            return
        self._enter(LinkState.CONNECTED)
        self._state.send(Configure(options=self._state.options))
        for item in self._seed:
            self._state.send(CreateItem(item=item))
        self._enter(LinkState.CONFIGURING)

    def updated(self) -> None:
        """A configuration took effect."""
        if self._state.link is LinkState.CONFIGURING:
            self._enter(LinkState.READY)
            self._state.do(Ready())

    def error(self, error: ProviderError) -> None:
        """An error event: swallowed, retried, the turn's failure, or news (M14)."""
        refusal = self._state.sequencer.refused(error)
        if refusal in (Refusal.BENIGN, Refusal.RETRIED):
            return
        codes = (error.code, error.error_type)
        info = ErrorInfo(
            kind=error.code or error.error_type or "provider_error",
            message=error.message or "The provider reported an error without a text.",
            category=fatal_or_retryable(*codes),
            details={"param": error.param} if error.param else {},
        )
        recoverable = error.error_type != "session_error" and info.category is not Category.FATAL
        if self._state.link is LinkState.CONFIGURING:
            self.lost(info)
            return
        self._state.emit(ErrorOccurred(error=info, recoverable=recoverable))
        turn = self._state.turn
        lost_commit = error.code == "input_audio_buffer_commit_empty" and turn and not turn.user_logged
        if turn is not None and (refusal is Refusal.FAILED or lost_commit):
            cancel = self._state.sequencer.abandon(provider_cancels=False)
            if cancel is not None:
                self._state.send(cancel)
            self._slot.fail(turn, info)

    def lost(self, info: ErrorInfo) -> None:
        """The other side ended the connection: the open turn ends honestly, the session with it (M28).

        A connection that never was ready leaves no trace in the log: nothing was said on it.
        """
        if self.ended:
            return
        state = self._state
        was_ready = state.link in (LinkState.READY, LinkState.CLOSING)
        state.sequencer = ResponseSequencer()
        state.dead.clear()
        self._speech.forget()
        if state.turn is not None:
            self._slot.fail(state.turn, info)
        state.emit(ErrorOccurred(error=info, recoverable=info.recoverable))
        if was_ready:
            state.emit(SessionClosed(reason="server"))
            state.do(Sync())
        self._enter(LinkState.ERROR, info.message)
        state.do(Disconnect("server", info))

    def closed(self, reason: CloseReason) -> None:
        """We end it."""
        if self.ended:
            return
        if self._state.link is not LinkState.IDLE:
            self._state.emit(SessionClosed(reason=reason))
            self._state.do(Sync())
        self._enter(LinkState.CLOSED)
        self._state.do(Disconnect(reason))

    def closing(self) -> None:
        """A close began; what is open is being settled."""
        if not self.ended:
            self._enter(LinkState.CLOSING)

    def _enter(self, link: LinkState, detail: str = "") -> None:
        old = self._state.link
        if old is not link:
            self._state.link = link
            self._state.emit(LinkChanged(old=old, new=link, detail=detail))
