"""The turn slot: opened by input, closed by exactly one terminal event (P4, P21, P22)."""

from realtime_chat.core.errors import Category, ErrorInfo, SessionBusy
from realtime_chat.core.events import (
    Event,
    LatencyMeasured,
    Source,
    TerminalStatus,
    Truncation,
    TurnCompleted,
    TurnFailed,
    TurnPhase,
    TurnStarted,
)
from realtime_chat.core.machine.answers import message
from realtime_chat.core.machine.batch import ToolBatch, tool_result, unanswered
from realtime_chat.core.machine.effects import (
    CancelTools,
    ForgetPlayback,
    NotifyDeadline,
    StartTimer,
    StopTimer,
    Sync,
)
from realtime_chat.core.machine.state import MachineState, Turn

#: Seconds from a request to the first sign of its answer (T15).
RESPONSE_TIMEOUT_S = 30.0


class TurnSlot:
    """Opens and closes turns; knows nothing of what happens inside them."""

    def __init__(self, state: MachineState) -> None:
        self._state = state
        self._asked_at = 0.0

    def refuse_if_busy(self) -> None:
        """Raises SessionBusy while a turn runs (P4)."""
        turn = self._state.turn
        if turn is not None:
            raise SessionBusy(
                f"The assistant is still busy with turn {turn.turn_id}; wait for it or interrupt it first.",
                turn_id=turn.turn_id,
            )

    def open(self, source: Source) -> Turn:
        """Take the free slot and say so."""
        turn = self._state.new_turn(source)
        self._state.emit(TurnStarted(turn_id=turn.turn_id, source=source))
        return turn

    def think(self, turn: Turn) -> None:
        """An answer was asked for; it has RESPONSE_TIMEOUT_S to show a sign."""
        self._state.enter(turn, TurnPhase.THINKING)
        self._asked_at = self._state.now
        self._state.do(StartTimer("response", RESPONSE_TIMEOUT_S))

    def complete(self, turn: Turn, truncation: Truncation) -> None:
        """The clean end."""
        self.close(
            turn,
            TurnCompleted(turn_id=turn.turn_id, truncation=truncation, duration_ms=self.duration_ms(turn)),
        )

    def fail(self, turn: Turn, error: ErrorInfo, status: TerminalStatus | None = None) -> None:
        """An end without a clean answer: what was said stays as partial evidence (P21)."""
        for item in turn.answers.unlogged():
            self._state.emit(message(item, turn.turn_id, partial=True))
        said = turn.answers.has_text
        self.close(
            turn,
            TurnFailed(
                turn_id=turn.turn_id,
                terminal_status=status or ("partial_failed" if said else "failed"),
                error=error,
                duration_ms=self.duration_ms(turn),
            ),
        )

    def close(self, turn: Turn, terminal: Event) -> None:
        """The one place where a turn ends: terminal event, free slot, in one step (P7)."""
        state = self._state
        if turn.batch is not None:
            self._answer_open_calls(turn.turn_id, turn.batch)
        state.do(StopTimer("response"))
        if turn.source != "announced" and (latency := turn.waits.measured()) is not None:
            state.emit(LatencyMeasured(turn_id=turn.turn_id, latency=latency))
        state.emit(terminal)
        state.do(Sync())
        if state.speaker:
            state.do(ForgetPlayback())
        state.turn = None
        state.enter(turn, TurnPhase.IDLE)

    def _answer_open_calls(self, turn_id: str, batch: ToolBatch) -> None:
        """No call stays without a result, however its turn ends (P20)."""
        self._state.do(StopTimer("tools"))
        self._state.do(CancelTools(batch.batch_id))
        for outcome in unanswered(
            batch.open_calls, kind="cancelled", reason="The turn ended before the tool did."
        ):
            self._state.emit(tool_result(turn_id, outcome))

    def timed_out(self) -> bool:
        """No sign of an answer in time: the turn ends, what may still come is unwanted.

        True when nothing else was heard since it was asked for either, not even that the question came.
        """
        turn = self._state.turn
        if turn is None or turn.phase is not TurnPhase.THINKING:
            return False
        cancel = self._state.sequencer.abandon(provider_cancels=False)
        if cancel is not None:
            self._state.send(cancel)
        error = ErrorInfo(
            kind="timeout",
            message=f"The model gave no sign of an answer within {RESPONSE_TIMEOUT_S:.0f} s. Ask again.",
            category=Category.RETRYABLE,
        )
        self._state.do(NotifyDeadline("response"))
        self.fail(turn, error, "timed_out")
        return self._state.heard_at < self._asked_at

    def duration_ms(self, turn: Turn) -> int:
        """Milliseconds since the turn began."""
        return max(0, int((self._state.now - turn.started_at) * 1000))
