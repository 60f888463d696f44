"""One batch of tool calls, and the rule that every call is answered exactly once (M5, M22, P20)."""

from collections.abc import Iterable, Sequence

import msgspec

from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.events import ToolResult
from realtime_chat.core.messages import Item
from realtime_chat.core.options import InterruptPolicy
from realtime_chat.core.ports import ApprovalQuestion, ToolOutcome, ToolRequest


class ToolBatch:
    """The calls of one response; outcomes come in any order, answers leave in call order."""

    def __init__(self, batch_id: str, calls: Sequence[ToolRequest]) -> None:
        self.batch_id = batch_id
        self.calls = tuple(calls)
        self._outcomes: dict[str, ToolOutcome | None] = {call.call_id: None for call in calls}
        self._revoked: set[str] = set()
        #: Calls that wait for a human's word; each is asked about once.
        self.waiting: dict[str, ApprovalQuestion] = {}

    @property
    def open_calls(self) -> tuple[ToolRequest, ...]:
        """Calls without an outcome."""
        return tuple(call for call in self.calls if self._outcomes[call.call_id] is None)

    def take(self, outcome: ToolOutcome) -> bool:
        """Keep the first outcome of a call of this batch; False when it is not awaited."""
        if outcome.call_id not in self._outcomes or self._outcomes[outcome.call_id] is not None:
            return False
        self._outcomes[outcome.call_id] = outcome
        self.waiting.pop(outcome.call_id, None)
        return True

    def awaits(self, call_id: str) -> bool:
        """True for a call of this batch that has no outcome yet."""
        return self._outcomes.get(call_id, self) is None

    def revoke(self, call_ids: Iterable[str]) -> list[ToolOutcome]:
        """The provider took these calls back: outcomes for those that have none. No answer to any of them leaves."""
        revoked = set(call_ids)
        self._revoked |= revoked
        outcomes = unanswered(
            [call for call in self.open_calls if call.call_id in revoked],
            kind="cancelled",
            reason="The model took the call back.",
        )
        return [outcome for outcome in outcomes if self.take(outcome)]

    def answers(self) -> list[ToolOutcome]:
        """The outcomes known so far that the provider waits for, in call order."""
        outcomes = (self._outcomes[call.call_id] for call in self.calls if call.call_id not in self._revoked)
        return [outcome for outcome in outcomes if outcome is not None]

    @property
    def is_revoked(self) -> bool:
        """True when nothing of it runs any more, and nobody waits for an answer."""
        return self._revoked.issuperset(call.call_id for call in self.calls)

    def submitted_when_cut(self, policy: InterruptPolicy) -> list[ToolOutcome]:
        """What still goes to the model when the user cuts in (M17): nothing, or what had ended before."""
        return [] if policy == "drop" else self.answers()


def unanswered(
    calls: Iterable[ToolRequest], *, kind: str, reason: str, category: Category = Category.RETRYABLE
) -> list[ToolOutcome]:
    """Outcomes for calls that will never run to their end; the model and the log get the same words."""
    output = msgspec.json.encode({"error": reason}).decode()
    return [
        ToolOutcome(
            call_id=call.call_id,
            name=call.name,
            ok=False,
            output=output,
            error=ErrorInfo(kind=kind, message=reason, category=category),
        )
        for call in calls
    ]


def tool_result(turn_id: str, outcome: ToolOutcome) -> ToolResult:
    """The durable fact of an outcome."""
    return ToolResult(
        turn_id=turn_id,
        call_id=outcome.call_id,
        name=outcome.name,
        ok=outcome.ok,
        output=outcome.output,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
        halted=outcome.halt,
    )


def output_item(outcome: ToolOutcome) -> Item:
    """The item that carries an outcome to the model (M5)."""
    return Item(item_id="", kind="function_call_output", call_id=outcome.call_id, output=outcome.output)
