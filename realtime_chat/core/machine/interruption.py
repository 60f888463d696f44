"""One interruption, whoever causes it: Esc, speech over the answer, a spoken stop, close (PROMISES §3.2).

Two steps around the speaker: `begin` decides and asks for silence; `flushed` gets the frozen ledger and does
the rest in order: cancel, truncate to what was heard, evidence of every call, the terminal event. Works also
when generation ended long ago and only the sound goes on (docs/protocol.md).
"""

from collections.abc import Iterable
from typing import assert_never

from realtime_chat.core.errors import ErrorInfo, NoTurn
from realtime_chat.core.events import (
    AnswerHeard,
    InterruptReason,
    ToolBatchSubmitted,
    TurnInterrupted,
    TurnPhase,
)
from realtime_chat.core.heard import heard_text
from realtime_chat.core.interrupts import DeleteItem, Nothing, Truncate, decide_truncation
from realtime_chat.core.machine import answers
from realtime_chat.core.machine.batch import output_item, tool_result, unanswered
from realtime_chat.core.machine.effects import FlushPlayback
from realtime_chat.core.machine.state import MachineState, Turn
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import ClearAudio, CreateItem, TruncateItem
from realtime_chat.core.messages import DeleteItem as DeleteMessage
from realtime_chat.core.ports import Ledger


class Interruption:
    """Cuts the open turn."""

    def __init__(self, state: MachineState, slot: TurnSlot) -> None:
        self._state = state
        self._slot = slot

    def begin(self, reason: InterruptReason) -> str:
        """Cut the open turn and return its id; a second cut of it changes nothing (M16).

        Raises NoTurn when nothing runs (P8).
        """
        state = self._state
        turn = state.turn
        if turn is None:
            raise NoTurn("Nothing is running that could be interrupted.")
        if turn.cut is not None:
            return turn.turn_id
        turn.cut = reason
        for response_id in turn.responses:
            state.bury(response_id, turn.turn_id)
        if state.speaker:
            state.do(FlushPlayback())
        else:
            self.flushed(None)
        return turn.turn_id

    def take_back(self, call_ids: Iterable[str]) -> None:
        """The provider does not want these calls any more; with the last of them its answer is cut, too."""
        turn = self._state.turn
        if turn is None or turn.batch is None or turn.cut is not None:
            return
        for outcome in turn.batch.revoke(call_ids):
            self._state.emit(tool_result(turn.turn_id, outcome))
        if turn.batch.is_revoked:
            self.begin("barge_in")

    def lose(self, turn: Turn, info: ErrorInfo) -> None:
        """The connection went with the answer on its way: what was heard of it is kept, and the turn fails."""
        if turn.cut is not None:
            return
        turn.lost = info
        if self._state.speaker and turn.answers.spoken_ms:
            self._state.do(FlushPlayback())
        else:
            self._slot.fail(turn, info)

    def flushed(self, ledger: Ledger | None) -> None:
        """Finish the cut with what left the speaker; None: no speaker, so nothing was unheard."""
        turn = self._state.turn
        if turn is not None and turn.lost is not None:
            for item in turn.answers:
                self._settle_sound(turn, item, (ledger or {}).get(item.item_id, 0))
            self._slot.fail(turn, turn.lost)
            return
        if turn is None or turn.cut is None:
            return
        reason = turn.cut
        self._cancel(turn, reason)
        if ledger is not None:
            for item in turn.answers:
                self._settle_sound(turn, item, ledger.get(item.item_id, 0))
        for item in turn.answers.unlogged():
            self._state.emit(answers.message(item, turn.turn_id, interrupted=True))
        self._settle_calls(turn)
        self._state.interrupted = True
        self._slot.close(
            turn,
            TurnInterrupted(turn_id=turn.turn_id, reason=reason, duration_ms=self._slot.duration_ms(turn)),
        )

    def _cancel(self, turn: Turn, reason: InterruptReason) -> None:
        state = self._state
        if turn.phase is TurnPhase.HEARING:
            state.send(ClearAudio())
            state.sequencer.release()
        provider_cancels = reason == "barge_in" and state.options.server_interrupts
        if state.sequencer.active is not None:
            state.bury(state.sequencer.active, turn.turn_id)
        cancel = state.sequencer.abandon(provider_cancels=provider_cancels)
        if cancel is not None:
            state.send(cancel)

    def _settle_sound(self, turn: Turn, item: answers.AnswerItem, played_ms: int) -> None:
        produced = item.produced_ms
        if not item.spoken or (played_ms >= produced > 0 and item.logged):
            return
        if turn.connection == self._state.connection:
            self._truncate(item, played_ms)
        heard = min(played_ms, produced)
        self._state.emit(
            AnswerHeard(
                turn_id=turn.turn_id,
                item_id=item.item_id,
                played_ms=heard,
                produced_ms=produced,
                heard_text=heard_text(item.text, played_ms=heard, produced_ms=produced),
            )
        )

    def _truncate(self, item: answers.AnswerItem, played_ms: int) -> None:
        cut = decide_truncation(played_ms=played_ms, produced_ms=item.produced_ms)
        match cut:
            case Truncate(audio_end_ms=end):
                self._state.send(TruncateItem(item_id=item.item_id, audio_end_ms=end))
            case DeleteItem():
                self._state.send(DeleteMessage(item_id=item.item_id))
            case Nothing():
                pass
            case _:
                assert_never(cut)

    def _settle_calls(self, turn: Turn) -> None:
        batch = turn.batch
        if batch is None:
            return
        submitted = batch.submitted_when_cut(self._state.options.on_interrupt)
        for outcome in unanswered(
            batch.open_calls, kind="cancelled", reason="The user interrupted before the tool ended."
        ):
            batch.take(outcome)
            self._state.emit(tool_result(turn.turn_id, outcome))
        if self._state.options.on_interrupt == "submit":
            submitted = batch.answers()
        for outcome in submitted:
            self._state.send(CreateItem(item=output_item(outcome)))
        if submitted:
            self._state.emit(
                ToolBatchSubmitted(turn_id=turn.turn_id, call_ids=[one.call_id for one in submitted])
            )
