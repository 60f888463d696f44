"""SANS-I/O: one conversation's decisions. No await, no clock, no logging, no socket.

There are three inputs: a user's `command`, a provider's message (`receive`), and a `report` of the world on
what the machine wanted done. Each takes the time it came (`now`, monotonic seconds) and returns the ordered
effects that the session performs. The order of the calls is the one total order of the conversation: a cancel
that is taken before a completion wins (P33).
"""

from collections.abc import Callable
from typing import Any, TypeAlias, assert_never

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.budget import Budget
from realtime_chat.core.errors import AlreadyClosed, Category, ErrorInfo
from realtime_chat.core.events import (
    ErrorOccurred,
    LinkState,
    RateLimited,
    StateChanged,
    TurnPhase,
)
from realtime_chat.core.lifecycle import Lifecycle, State, project, way
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.announcements import Announcements
from realtime_chat.core.machine.auto_mute import AutoMute
from realtime_chat.core.machine.configuration import Configuration
from realtime_chat.core.machine.effects import Effect, NotifyHandlers, TimerName
from realtime_chat.core.machine.hearing import Hearing
from realtime_chat.core.machine.interruption import Interruption
from realtime_chat.core.machine.limits import Limits
from realtime_chat.core.machine.link import Link
from realtime_chat.core.machine.opaque import OpaqueItems
from realtime_chat.core.machine.outage import SILENT, Outage
from realtime_chat.core.machine.responses import Responses
from realtime_chat.core.machine.retries import Retries
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState, Turn
from realtime_chat.core.machine.titles import Titles
from realtime_chat.core.machine.tool_rounds import ToolRounds
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.machine.typed_input import TypedInput
from realtime_chat.core.options import SessionOptions, TurnOptions

_ON_ITS_WAY = frozenset(
    {LinkState.CONNECTING, LinkState.CONNECTED, LinkState.CONFIGURING, LinkState.RECONNECTING}
)


#: Only the raw stream shows these (M12).
_Untold: TypeAlias = (
    wire.InputTimedOut
    | wire.ItemAdded
    | wire.ItemDone
    | wire.ItemRetrieved
    | wire.ItemTruncated
    | wire.ItemDeleted
    | wire.Unrecognised
)


class SessionMachine:
    """Decides everything about one conversation; performs nothing."""

    def __init__(
        self,
        options: SessionOptions,
        *,
        speaker: bool = False,
        turns_before: int = 0,
        attended: bool = False,
        now: float = 0.0,
        chance: Callable[[], float] = lambda: 0.0,
        budget: Budget | None = None,
        classify: Callable[[ErrorInfo], Category | None] | None = None,
    ) -> None:
        """`speaker`: answers sound; `attended`: one can be asked; `chance` spreads tries; `classify` weighs errors."""
        self._state = MachineState(options, speaker=speaker, turns_before=turns_before, classify=classify)
        self._slot = TurnSlot(self._state)
        self._speech = SpeechInput(self._state, self._slot)
        self._tools = ToolRounds(self._state, self._slot, attended=attended)
        self._responses = Responses(self._state, self._slot, self._speech, self._tools)
        self._interruption = Interruption(self._state, self._slot)
        self._hearing = Hearing(self._state, self._speech, self._interruption)
        self._announcements = Announcements(self._state, self._slot, self._speech)
        self._outage = Outage(
            self._state,
            self._slot,
            self._speech,
            interruption=self._interruption,
            retries=Retries(options.reconnect_tries, chance),
            attended=attended,
        )
        self._opaque = OpaqueItems(self._state)
        self._link = Link(self._state, self._slot, self._outage, self._opaque)
        self._configuration = Configuration(
            self._state, self._slot, self._speech, renew=self._outage.renewal_due
        )
        self._limits = Limits(self._state, self._speech, budget)
        self._auto_mute = AutoMute(self._state, self._speech)
        self._typing = TypedInput(self._state, self._slot, self._outage)
        self._titles = Titles(self._state, self._speech)
        #: Where the session is (T1): moved here and nowhere else; whoever watches it adds handlers (T3).
        self.lifecycle = Lifecycle(now)

    # ------------------------------------------------------------ what it knows

    @property
    def options(self) -> SessionOptions:
        """The configuration in force."""
        return self._state.options

    @property
    def turn(self) -> Turn | None:
        """The open turn; read only."""
        return self._state.turn

    @property
    def link(self) -> LinkState:
        """The link's state."""
        return self._state.link

    @property
    def comes_back(self) -> bool:
        """True while a connection is being made, or will be by itself."""
        return self._state.link in _ON_ITS_WAY

    @property
    def state(self) -> State:
        """The session's state: a projection of link and turn (T1)."""
        return self.lifecycle.state

    @property
    def user_speaks(self) -> bool:
        """Whether the provider's voice detector hears the user now (T9)."""
        return self._speech.user_speaks

    # ------------------------------------------------------------ the three inputs

    def command(self, command: ask.Command, now: float) -> list[Effect]:
        """What a user asks for. A refused command raises and changes nothing: SessionBusy (a turn runs), NoTurn
        (nothing to interrupt), InvalidArguments (no such call waits), Unreachable (no link), AlreadyClosed.
        """
        self._begin(now)
        self._limits.active()
        if self._link.ended:
            raise AlreadyClosed("This session is closed. Resume it to go on.")
        if isinstance(command, ask.Change):
            self._configuration.change(command)
            return self._settle()
        match command:
            case ask.SendText():
                self._typing.send(command)
            case ask.CommitAudio(held_ms=held_ms):
                self._state.require_link()
                self._speech.commit(held_ms)
            case ask.ClearAudio():
                self._speech.clear()
            case ask.Listen(on=on):
                self._auto_mute.listen(on)
            case ask.Interrupt(reason=reason):
                self._interruption.begin(reason)
                self._hearing.overlap.silenced()
            case ask.Answer(call_id=call_id, verdict=verdict):
                self._tools.answer(call_id, verdict)
            case ask.Announce():
                self._announcements.add(command)
            case ask.Pause():
                self._pause()
            case ask.Resume():
                self._outage.resume()
            case ask.Close():
                self._close()
            case _:
                assert_never(command)
        return self._settle()

    def receive(self, message: wire.Incoming, now: float) -> list[Effect]:
        """What the provider says."""
        state = self._begin(now)
        state.heard_at = now
        if type(message) is wire.AudioDelta:  # nine of ten; there is nothing to settle after it
            self._responses.audio(message)
            return state.take()
        if self._link.is_there:
            self._limits.active()
            self._dispatch(message)
        return self._settle()

    def report(self, report: reports.Report, now: float) -> list[Effect]:
        """What became of an effect."""
        self._begin(now)
        match report:
            case reports.LinkOpening(seed=seed):
                self._link.opening(seed)
            case reports.LinkOpened():
                self._link.opened(report)
            case reports.LinkLost(error=error):
                self._hearing.forget()
                self._outage.lost(self._state.weighed(error))
            case reports.LinkReleased(reason=reason):
                self._link.closed(reason)
            case reports.PlaybackReached(ledger=ledger):
                self._responses.heard(ledger)
            case reports.PlaybackFlushed(ledger=ledger):
                self._responses.heard(ledger)
                self._interruption.flushed(ledger)
            case reports.PlaybackEnded(turn_id=turn_id, cut=True) if self._responses.speaks(turn_id):
                self._interruption.begin("device_lost")
            case reports.PlaybackEnded(turn_id=turn_id):
                self._responses.playback_ended(turn_id)
            case (
                reports.ToolFinished()
                | reports.ApprovalWanted()
                | reports.PermissionSettled()
                | reports.BatchFinished()
            ):
                self._tools.take(report)
            case reports.VoiceHeard(speaking=speaking):
                self._hearing.overlap.voice(speaking)
            case reports.TimerFired(name=name):
                self._timer_fired(name)
            case _:
                assert_never(report)
        return self._settle()

    def audio_appended(self, size: int) -> None:
        """`size` bytes of the user's sound go to the provider; counts, decides nothing."""
        self._speech.appended(size)

    # ------------------------------------------------------------ inside

    def _dispatch(self, message: wire.Incoming) -> None:
        if isinstance(message, wire.ItemDone | wire.OutputItemDone) and self._opaque.keep(message.item):
            return
        if isinstance(message, _Untold):
            return
        match message:
            case wire.SessionCreated(model=model):
                self._link.created(model)
            case wire.SessionUpdated():
                self._link.updated()
            case wire.ProviderError():
                self._link.error(message)
            case (
                wire.UserSpeechStarted()
                | wire.UserSpeechStopped()
                | wire.AudioCommitted()
                | wire.InputTranscriptDelta()
                | wire.InputTranscript()
                | wire.InputTranscriptFailed()
            ):
                self._hearing.take(message)
            case wire.RateLimits(limits=limits):
                self._rate_limits(limits)
            case wire.Malformed(detail=detail):
                info = ErrorInfo(kind="parse_error", message=f"The server sent an unreadable frame: {detail}")
                self._state.emit(ErrorOccurred(error=info, recoverable=True))
            case wire.AudioCleared():
                self._speech.cleared()
            case wire.CallsCancelled(call_ids=call_ids):
                self._interruption.take_back(call_ids)
            case wire.RenewalDue(why=why):
                self._outage.renewal_due(why)
            case wire.ResponseDone() if self._titles.take(message):
                pass
            case _:
                self._responses.receive(message)

    def _close(self) -> None:
        self._link.closing()
        self._hearing.forget()
        if self._state.turn is not None:
            self._interruption.begin("close")

    def _pause(self) -> None:
        if self._state.turn is not None:
            self._interruption.begin("manual")
        self._hearing.forget()
        self._outage.pause()

    def _timer_fired(self, name: TimerName) -> None:
        match name:
            case "response":
                if self._slot.timed_out():
                    self._outage.renewal_due(SILENT)
            case "overlap":
                self._hearing.overlap.timed_out()
            case "tools":
                self._tools.run_for_long()
            case "announcement":
                self._announcements.pause_over()
            case "idle":
                self._limits.idle_over()
            case "total":
                self._limits.total_over()
            case "mute":
                self._auto_mute.look()
            case "rollover":
                self._outage.renewal_due()
            case _:
                assert_never(name)

    def _rate_limits(self, limits: tuple[dict[str, Any], ...]) -> None:
        """News only when something is nearly used up: providers tell their limits after every response."""
        for limit in limits:
            whole, rest = limit.get("limit"), limit.get("remaining")
            if isinstance(whole, int) and isinstance(rest, int) and rest <= whole // 20:
                reset_ms = int(float(limit.get("reset_seconds") or 0) * 1000)
                self._state.emit(RateLimited(reset_ms=reset_ms, details=[dict(limit)]))

    def _begin(self, now: float) -> MachineState:
        self._state.now = now
        return self._state

    def _settle(self) -> list[Effect]:
        """After every input: speech that cut in, what is to be told, the one request that may go, the state's name."""
        state = self._state
        self._hearing.settle()
        self._announcements.settle()
        self._outage.settle()
        self._limits.settle()
        self._auto_mute.settle()
        self._titles.settle()
        if state.link is LinkState.READY:
            wanted = state.turn.options if state.turn is not None else TurnOptions()
            request = state.sequencer.next_request(
                tools=state.tools_spent is None, instructions=wanted.instructions
            )
            if request is not None:
                state.send(request)
        phase = state.turn.phase if state.turn is not None else TurnPhase.IDLE
        goal = project(state.link, phase, interrupted=state.interrupted)
        for step in way(self.lifecycle.state, goal):
            self._move(step)
        return state.take()

    def _move(self, step: State) -> None:
        move = self.lifecycle.enter(step, at=self._state.now)
        if move is None:
            return
        self._state.emit(StateChanged(old=move.old, new=move.new))
        if self.lifecycle.watched(move):
            self._state.do(NotifyHandlers(move))
