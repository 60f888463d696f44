"""How an inference, a run or a message ended, as one value: never an exception once it has begun (X9).

finish_reason                            category
stop                                     success
error_max_turns, error_max_budget_usd    capacity
error_during_execution                   of the error: retryable, capacity or fatal
error_max_structured_output_retries      retryable
error_consecutive_mistakes, error_halted fatal
"""

from typing import Any, Literal, TypeAlias

import msgspec

from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.event_parts import Usage
from realtime_chat.core.messages import Item

FinishReason: TypeAlias = Literal[
    "stop",
    "error_max_turns",
    "error_max_budget_usd",
    "error_during_execution",
    "error_max_structured_output_retries",
    "error_consecutive_mistakes",
    "error_halted",
]
ResultCategory: TypeAlias = Literal["success", "retryable", "capacity", "fatal"]

_CATEGORIES: dict[str, ResultCategory] = {
    "stop": "success",
    "error_max_turns": "capacity",
    "error_max_budget_usd": "capacity",
    "error_max_structured_output_retries": "retryable",
    "error_consecutive_mistakes": "fatal",
    "error_halted": "fatal",
}


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it (X9, X10).

    `text`: all that was written, answers of several rounds on lines of their own. `messages`: the talk so far, as
    {role, content, tool_calls, tool_call_id}. `halted_reason`: why it ended otherwise than by the model's own stop.
    `iterations`: how often the model was asked. `cost_usd`: an estimate, None where a price is not known.
    `calls` were made by the model and not run; `data` is what was asked for by its shape. `telemetry`: ids and waits.
    """

    text: str
    messages: list[dict[str, Any]]
    finish_reason: FinishReason
    halted_reason: str | None = None
    iterations: int = 0
    tool_calls_made: int = 0
    usage: Usage = Usage()
    cost_usd: float | None = None
    duration_ms: int = 0
    model: str = ""
    provider: str = ""
    telemetry: dict[str, Any] = {}
    error: ErrorInfo | None = None
    calls: tuple[Item, ...] = ()
    data: Any = None

    @property
    def ok(self) -> bool:
        """Whether the model came to its own end."""
        return self.finish_reason == "stop"

    @property
    def category(self) -> ResultCategory:
        """What one can do about it: nothing is needed, try again, make room, or stop."""
        known = _CATEGORIES.get(self.finish_reason)
        if known is not None:
            return known
        return self.error.category.value if self.error is not None else "retryable"
