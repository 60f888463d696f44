"""What ends a session by itself: a long quiet, the whole of its time, the whole of its money (T15, T17).

Quiet is when nobody does anything: no turn, no tool, no sound of an answer, nobody who speaks, no word of the provider.
"""

from typing import assert_never

from realtime_chat.core.budget import Budget, BudgetNews
from realtime_chat.core.events import CloseReason, LinkState, Noticed, UsageReported, UserTranscript
from realtime_chat.core.machine.effects import Deadline, Emit, EndSession, NotifyDeadline, StartTimer
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState


class Limits:
    """Each ends the session once; the open turn is cut, but not by the money, which waits for its end."""

    def __init__(self, state: MachineState, speech: SpeechInput, budget: Budget | None) -> None:
        self._state = state
        self._speech = speech
        self._budget = budget
        self._begun = self._waiting = self._ending = False

    def active(self) -> None:
        """Somebody did something: the user, or the provider."""
        self._state.active_at = self._state.now

    def settle(self) -> None:
        """After every input."""
        state = self._state
        if state.link is LinkState.READY and not self._begun:
            self._begun = True
            if state.options.total_timeout_s > 0:
                state.do(StartTimer("total", state.options.total_timeout_s))
        if self._budget is not None:
            self._count(self._budget)
            if self._budget.is_spent and state.turn is None and state.link is LinkState.READY:
                self._end("budget", "The money for this talk is spent: it ends. Resume it to go on.")
        if state.options.idle_timeout_s > 0 and not self._waiting and self._is_quiet():
            self._wait(state.options.idle_timeout_s)

    def idle_over(self) -> None:
        """The quiet that was waited for may be over, or may have begun anew."""
        self._waiting = False
        if not self._is_quiet():
            return
        idle_s = self._state.options.idle_timeout_s
        left_s = self._state.active_at + idle_s - self._state.now
        if left_s > 0:
            self._wait(left_s)
        else:
            text = f"Nothing was said for {idle_s:g} s: the talk ends. Resume it to go on."
            self._end("idle_timeout", text, "idle")

    def total_over(self) -> None:
        """The session's time is up."""
        minutes = self._state.options.total_timeout_s / 60
        text = f"The {minutes:g} minutes of this talk are over. Resume it to go on."
        self._end("session_timeout", text, "total")

    def _is_quiet(self) -> bool:
        state = self._state
        return state.link is LinkState.READY and state.turn is None and not self._speech.user_speaks

    def _wait(self, seconds: float) -> None:
        self._waiting = True
        self._state.do(StartTimer("idle", seconds))

    def _end(self, reason: CloseReason, text: str, deadline: Deadline | None = None) -> None:
        if not self._ending:
            self._ending = True
            if deadline is not None:
                self._state.do(NotifyDeadline(deadline))
            self._state.emit(Noticed(text=text, level="warning"))
            self._state.do(EndSession(reason))

    def _count(self, budget: Budget) -> None:
        for effect in self._state.tray:
            if isinstance(effect, Emit) and isinstance(effect.event, UsageReported | UserTranscript):
                self._tell(budget, budget.take(effect.event))

    def _tell(self, budget: Budget, news: BudgetNews | None) -> None:
        match news:
            case None:
                return
            case BudgetNews.NEARLY_SPENT:
                text = f"Most of the ${budget.limit_usd:.2f} for this talk is spent."
            case BudgetNews.SPENT:
                text = f"The ${budget.limit_usd:.2f} for this talk are spent; it ends with this answer."
            case _:
                assert_never(news)
        self._state.emit(Noticed(text=text, level="warning"))
