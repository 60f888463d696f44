"""The time between two connections: why there is none, what becomes of the open turn, and when another is made (J19).

The talk is on our disk, and each new connection is told of it; so a lost one is a pause, and one that the provider
would end is renewed before, when nobody would notice.
"""

from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.events import ErrorOccurred, LinkState, SessionClosed, TurnPhase
from realtime_chat.core.machine.effects import (
    Disconnect,
    HangUp,
    NotifyDeadline,
    Ready,
    Reconnect,
    StartTimer,
    StopTimer,
    Sync,
)
from realtime_chat.core.machine.interruption import Interruption
from realtime_chat.core.machine.retries import Retries
from realtime_chat.core.machine.sequencer import ResponseSequencer
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import ENDED, MachineState
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import CreateItem

#: Seconds before a provider ends a connection from which on a quiet moment is used to renew it.
RENEW_BEFORE_S = 300.0
BACK = "Connected again."
WAITING = "There is no connection. Say something, and it is tried again."
#: Behind a gateway that answers every ping the service itself may be gone.
SILENT = "The server says nothing any more, so another connection is made."
PAUSED = "Paused: nothing is heard or sent."


class Outage:
    """Decides whether a connection comes back; `over` is told that it did."""

    def __init__(
        self,
        state: MachineState,
        slot: TurnSlot,
        speech: SpeechInput,
        *,
        interruption: Interruption,
        retries: Retries,
        attended: bool,
    ) -> None:
        """`attended`: somebody is there, who may want to try again."""
        self._state = state
        self._slot = slot
        self._speech = speech
        self._interruption = interruption
        self._retries = retries
        self._renewal_due = False
        self._why = ""
        self._attended = attended

    @property
    def _was_ready(self) -> bool:
        return self._state.connection > 0

    @property
    def away(self) -> bool:
        """True while a connection that was ready is gone, and comes back or may come back."""
        return (
            self._was_ready
            and self._state.link not in ENDED
            and self._state.link not in (LinkState.READY, LinkState.CLOSING)
        )

    def lost(self, info: ErrorInfo) -> None:
        """The other side ended the connection, or could not be reached: it is tried again, if that can help.

        An error that another try cannot cure, and the end of the tries with nobody there, end the session (M28).
        """
        if self._state.link in ENDED:
            return
        if info.kind == "timeout":
            self._state.do(NotifyDeadline("connection"))
        wait_s = self._retries.next_s() if self.away or self._state.link is LinkState.READY else None
        if wait_s is None or info.category is Category.FATAL:
            self._give_up(info)
            return
        self._let_go(info, comes_back=True)
        tries = f"try {self._retries.made} of {self._retries.most}"
        detail = f"{info.message} Connecting again in {wait_s:.0f} s ({tries})."
        self._state.move_link(LinkState.RECONNECTING, detail, retry_in_s=wait_s)
        self._state.do(Reconnect(wait_s))

    def refused(self, info: ErrorInfo) -> None:
        """An error in place of a configuration that is taken: the first one ends it, a later one may pass."""
        if self.away:
            self._state.do(HangUp())
            self.lost(info)
        else:
            self.end(info)

    def over(self, max_session_s: int | None) -> None:
        """The provider took our configuration, and keeps a connection for so many seconds."""
        state = self._state
        state.connection += 1
        state.move_link(LinkState.READY, BACK if self._retries.made else "")
        self._retries.forget()
        state.do(Ready())
        if max_session_s is not None:
            state.do(StartTimer("rollover", max(max_session_s - RENEW_BEFORE_S, max_session_s / 2)))
        self._ask_again()

    def renewal_due(self, why: str = "") -> None:
        """The provider will end this connection, or cannot do what is wanted now on it; `why` is for the user."""
        self._renewal_due, self._why = True, why

    def configured(self) -> None:
        """A connection is being told all that is wanted now; it need not be renewed for that."""
        self._renewal_due = False

    def settle(self) -> None:
        """After every input: a connection that is to be renewed is, when nobody would notice."""
        state, speech = self._state, self._speech
        held = state.options.push_to_talk and speech.pending_ms  # hands-free, sound never ends
        quiet = state.turn is None and not speech.user_speaks and not held
        if self._renewal_due and quiet and state.link is LinkState.READY:
            self._leave(LinkState.RECONNECTING, self._why)
            self._state.do(Reconnect(0))

    def pause(self) -> None:
        """Let go of the connection and keep the talk (J16); the caller has cut the open turn."""
        if self._state.link is not LinkState.PAUSED:
            self._leave(LinkState.PAUSED, PAUSED)

    def resume(self) -> None:
        """End a pause: connect now."""
        if self._state.link is LinkState.PAUSED:
            self._retries.forget()
            self._state.move_link(LinkState.RECONNECTING)
            self._state.do(Reconnect(0))

    def _leave(self, link: LinkState, detail: str = "") -> None:
        self._forget()
        self._state.move_link(link, detail)
        self._state.do(HangUp())

    def _ask_again(self) -> None:
        """What the user asked while there was no connection, or what came to nothing with the old one."""
        turn = self._state.turn
        if turn is None or not turn.may_be_asked_again:
            return
        turn.connection = self._state.connection
        if turn.unsent is not None:
            self._state.send(CreateItem(item=turn.unsent))
            turn.unsent = None
        self._state.sequencer.wish()
        self._slot.think(turn)

    def _let_go(self, info: ErrorInfo, *, comes_back: bool) -> None:
        """Of what the old connection had to do with: the open turn ends honestly, or waits to be asked again."""
        turn = self._state.turn
        self._forget()
        if turn is None or (comes_back and turn.phase is TurnPhase.SPEAKING and turn.cut is None):
            return  # all of the answer is here, and plays on
        asked = self._state.link is LinkState.READY
        if comes_back and turn.may_be_asked_again and not (asked and turn.again):
            turn.again = turn.again or asked
            self._state.do(StopTimer("response"))
            return
        self._interruption.lose(turn, info)

    def _forget(self) -> None:
        state = self._state
        state.sequencer = ResponseSequencer()
        state.dead.clear()
        self._renewal_due = False
        state.do(StopTimer("rollover"))
        self._speech.forget()

    def _give_up(self, info: ErrorInfo) -> None:
        """Of trying: somebody who is there may want another round later."""
        if self.away and self._attended and info.category is not Category.FATAL:
            self._let_go(info, comes_back=False)
            self._state.emit(ErrorOccurred(error=info, recoverable=True))
            self._state.move_link(LinkState.PAUSED, WAITING)
            return
        self.end(info)

    def end(self, info: ErrorInfo) -> None:
        """The session ends. One that never was ready leaves no trace in the log: nothing was said on it."""
        state = self._state
        self._let_go(info, comes_back=False)
        state.emit(ErrorOccurred(error=info, recoverable=info.recoverable))
        if self._was_ready:
            state.emit(SessionClosed(reason="server"))
            state.do(Sync())
        self._state.move_link(LinkState.ERROR, info.message)
        state.do(Disconnect("server", info))
