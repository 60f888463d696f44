"""A response's tool calls: logged in the model's order, run as one batch, answered once each, in call order.

All outputs of a batch precede exactly ONE wish for the follow-up response (M5, M6).
"""

from typing import assert_never

import msgspec

from realtime_chat.core.commands import Verdict
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import (
    ApprovalRequested,
    Noticed,
    PermissionDecided,
    ToolBatchSubmitted,
    ToolCall,
    ToolStarted,
    TurnPhase,
)
from realtime_chat.core.machine import answers, reports
from realtime_chat.core.machine.batch import ToolBatch, output_item, tool_result, unanswered
from realtime_chat.core.machine.effects import Resolve, RunTools, StartTimer, StopTimer
from realtime_chat.core.machine.state import MachineState, Turn
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import CreateItem, Item, ResponseDone
from realtime_chat.core.ports import ApprovalQuestion, Ruling, ToolOutcome, ToolRequest

#: A model may invent a name of any length.
NAME_CHARS = 64
#: A model may still know a tool from before.
OFF = "This tool is switched off for now; do without it."
#: What makes a fact something to say while tools run.
BRIDGE = "Tell the user in a few words that it takes a while; the result comes later."


class ToolRounds:
    """The batch of the open turn, and which call ids were taken in this session."""

    def __init__(self, state: MachineState, slot: TurnSlot, *, attended: bool) -> None:
        """`attended`: somebody is there to be asked."""
        self._state = state
        self._slot = slot
        self._attended = attended
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
        """Begin a batch; the turn acts until its end. What was switched off is answered, and does not run."""
        self._batches += 1
        turn.batch = ToolBatch(f"batch_{self._batches}", requests)
        self._state.enter(turn, TurnPhase.ACTING)
        off = [one for one in requests if one.name in self._state.tools_off]
        for outcome in unanswered(off, kind="tool_off", reason=OFF):
            self._finished(turn.batch.batch_id, outcome)
        running = tuple(one for one in requests if one not in off)
        for request in running:
            self._state.emit(ToolStarted(turn_id=turn.turn_id, call_id=request.call_id, name=request.name))
        self._state.do(RunTools(turn.batch.batch_id, running))
        self._tell_later()

    def run_for_long(self) -> None:
        """No dead air: say what still runs. What waits for a human's word shows that by itself.

        Where answers sound, a line on the screen is not enough: the model is told, and says so.
        """
        turn = self._state.turn
        if turn is None or turn.batch is None:
            return
        names = [
            " ".join(call.name[:NAME_CHARS].split())
            for call in turn.batch.open_calls
            if call.call_id not in turn.batch.waiting
        ]
        if not names:
            return
        text = f"Still running: {', '.join(names)}."
        self._state.emit(Noticed(text=text))
        if self._state.speaker:
            item = Item(item_id="", kind="message", role="system", text=f"{text}\n{BRIDGE}")
            self._state.send(CreateItem(item=item))
            self._state.sequencer.wish_interim()

    def refuse(
        self, turn: Turn, requests: list[ToolRequest], reason: str, *, kind: str = "incomplete_call"
    ) -> None:
        """These calls do not run, but are answered (docs/protocol.md)."""
        outcomes = unanswered(requests, kind=kind, reason=reason)
        for outcome in outcomes:
            self._state.emit(tool_result(turn.turn_id, outcome))
        if outcomes:
            self._submit(turn, outcomes)

    def take(self, report: reports.BatchReport) -> None:
        """What a batch tells."""
        match report:
            case reports.ToolFinished(batch_id=batch_id, outcome=outcome):
                self._finished(batch_id, outcome)
            case reports.ApprovalWanted(batch_id=batch_id, question=question):
                self._wants_approval(batch_id, question)
            case reports.PermissionSettled(batch_id=batch_id, decision=decision):
                self._settled(batch_id, decision)
            case reports.BatchFinished(batch_id=batch_id):
                self._batch_finished(batch_id)
            case _:
                assert_never(report)

    def _wants_approval(self, batch_id: str, question: ApprovalQuestion) -> None:
        """Ask, or, with nobody there, deny at once (P19). The batch waits for that call, and nothing else does."""
        turn, batch = self._running(batch_id)
        if turn is None or batch is None or not batch.awaits(question.call_id):
            return
        batch.waiting[question.call_id] = question
        if not self._attended:
            self._rule(batch, question.call_id, Ruling(verdict="deny", by="no_asker"))
            return
        self._state.emit(
            ApprovalRequested(
                turn_id=turn.turn_id,
                call_id=question.call_id,
                name=question.tool,
                arguments=msgspec.json.encode(question.arguments).decode(),
                reason=question.reason,
                scope=question.scope,
            )
        )

    def answer(self, call_id: str, verdict: Verdict) -> None:
        """A human's word; the first one counts. Raises InvalidArguments when that call does not wait."""
        turn = self._state.turn
        batch = turn.batch if turn is not None and turn.cut is None else None
        if batch is None or call_id not in batch.waiting:
            raise InvalidArguments(
                "No such call waits for an approval; it was answered, or its turn was cut."
            )
        self._rule(batch, call_id, Ruling(verdict=verdict, by="user"))

    def _settled(self, batch_id: str, decision: PermissionDecided) -> None:
        """A rule, a grant or the mode decided."""
        _, batch = self._running(batch_id)
        if batch is not None and batch.awaits(decision.call_id):
            self._state.emit(decision)

    def _finished(self, batch_id: str, outcome: ToolOutcome) -> None:
        """A tool ended. Outcomes of another or a cut batch, and second ones, are ignored (J25)."""
        turn, batch = self._running(batch_id)
        if turn is not None and batch is not None and batch.take(outcome):
            self._state.emit(tool_result(turn.turn_id, outcome))

    def _batch_finished(self, batch_id: str) -> None:
        """All tools ended: every output in call order, then ONE wish for the follow-up (M5, M6)."""
        turn, batch = self._running(batch_id)
        if turn is None or batch is None:
            return
        for outcome in unanswered(batch.open_calls, kind="no_outcome", reason="The tool gave no outcome."):
            batch.take(outcome)
            self._state.emit(tool_result(turn.turn_id, outcome))
        turn.batch = None
        self._state.do(StopTimer("tools"))
        turn.rounds.take(batch.answers())
        self._submit(turn, batch.answers())
        self._state.sequencer.wish()
        self._slot.think(turn)

    def _running(self, batch_id: str) -> tuple[Turn, ToolBatch] | tuple[None, None]:
        """The open turn and its batch of that id; nothing when it is another's, or was cut."""
        turn = self._state.turn
        if turn is None or turn.batch is None or turn.batch.batch_id != batch_id or turn.cut is not None:
            return None, None
        return turn, turn.batch

    def _rule(self, batch: ToolBatch, call_id: str, ruling: Ruling) -> None:
        question = batch.waiting.pop(call_id)
        self._state.emit(
            PermissionDecided(
                call_id=call_id,
                name=question.tool,
                allowed=ruling.verdict != "deny",
                by=ruling.by,
                reason=_reason(question, ruling),
            )
        )
        self._state.do(Resolve(call_id, ruling))
        self._tell_later()

    def _tell_later(self) -> None:
        if (after_s := self._state.options.tell_after_s) > 0:
            self._state.do(StartTimer("tools", after_s))

    def _submit(self, turn: Turn, outcomes: list[ToolOutcome]) -> None:
        for outcome in outcomes:
            self._state.send(CreateItem(item=output_item(outcome)))
        self._state.emit(ToolBatchSubmitted(turn_id=turn.turn_id, call_ids=[one.call_id for one in outcomes]))


def _reason(question: ApprovalQuestion, ruling: Ruling) -> str:
    match ruling.verdict:
        case "allow" | "deny":
            return question.reason
        case "allow_session":
            return f"For this session: {question.scope}"
        case "allow_always":
            return f"For good: {question.scope}"
        case _:
            assert_never(ruling.verdict)
