"""A response's tool calls: logged in the model's order, run as one batch, answered once each, in call order.

All outputs of a batch precede exactly ONE wish for the follow-up response (M5, M6).
"""

from realtime_chat.core.events import ToolBatchSubmitted, ToolCall, ToolStarted, TurnPhase
from realtime_chat.core.machine import answers
from realtime_chat.core.machine.batch import ToolBatch, output_item, tool_result, unanswered
from realtime_chat.core.machine.effects import RunTools
from realtime_chat.core.machine.state import MachineState, Turn
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import CreateItem, ResponseDone
from realtime_chat.core.ports import ToolOutcome, ToolRequest


class ToolRounds:
    """The batch of the open turn, and which call ids were taken in this session."""

    def __init__(self, state: MachineState, slot: TurnSlot) -> None:
        self._state = state
        self._slot = slot
        self._batches = 0
        self._answered: set[str] = set()

    def calls(self, turn: Turn, message: ResponseDone) -> list[ToolRequest]:
        """Log the response's calls in the model's order; one call id is taken once."""
        requests: list[ToolRequest] = []
        for item in answers.calls_of(message, turn.calls.pop(message.response_id, [])):
            request = answers.request(item)
            if request.call_id in self._answered:
                continue
            self._answered.add(request.call_id)
            self._state.emit(
                ToolCall(
                    turn_id=turn.turn_id,
                    response_id=message.response_id,
                    call_id=request.call_id,
                    name=request.name,
                    arguments=request.arguments,
                )
            )
            requests.append(request)
        return requests

    def run(self, turn: Turn, requests: list[ToolRequest]) -> None:
        """Begin a batch; the turn acts until its end."""
        self._batches += 1
        turn.batch = ToolBatch(f"batch_{self._batches}", requests)
        self._state.enter(turn, TurnPhase.ACTING)
        for request in requests:
            self._state.emit(ToolStarted(turn_id=turn.turn_id, call_id=request.call_id, name=request.name))
        self._state.do(RunTools(turn.batch.batch_id, tuple(requests)))

    def refuse(self, turn: Turn, requests: list[ToolRequest], reason: str) -> None:
        """Calls of a response that did not complete do not run, but are answered (PROTOCOL row 10)."""
        outcomes = unanswered(requests, kind="incomplete_call", reason=reason)
        for outcome in outcomes:
            self._state.emit(tool_result(turn.turn_id, outcome))
        if outcomes:
            self._submit(turn, outcomes)

    def finished(self, batch_id: str, outcome: ToolOutcome) -> None:
        """A tool ended. Outcomes of another or a cut batch, and second ones, are ignored (J25)."""
        turn = self._state.turn
        if turn is None or turn.batch is None or turn.batch.batch_id != batch_id or turn.cut is not None:
            return
        if turn.batch.take(outcome):
            self._state.emit(tool_result(turn.turn_id, outcome))

    def batch_finished(self, batch_id: str) -> None:
        """All tools ended: every output in call order, then ONE wish for the follow-up (M5, M6)."""
        turn = self._state.turn
        if turn is None or turn.batch is None or turn.batch.batch_id != batch_id or turn.cut is not None:
            return
        batch = turn.batch
        for outcome in unanswered(batch.open_calls, kind="no_outcome", reason="The tool gave no outcome."):
            batch.take(outcome)
            self._state.emit(tool_result(turn.turn_id, outcome))
        turn.batch = None
        self._submit(turn, batch.answers())
        self._state.sequencer.wish()
        self._slot.think(turn)

    def _submit(self, turn: Turn, outcomes: list[ToolOutcome]) -> None:
        for outcome in outcomes:
            self._state.send(CreateItem(item=output_item(outcome)))
        self._state.emit(ToolBatchSubmitted(turn_id=turn.turn_id, call_ids=[one.call_id for one in outcomes]))
