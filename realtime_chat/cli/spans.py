"""Events → spans, with the attribute names of OpenTelemetry's GenAI conventions. Pure.

A turn is the parent of its responses and batches, a batch the parent of its tools. Nothing that was said, asked
of a tool or answered by one is in a span; usage is there only where the provider reported it (M26).
"""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec

from realtime_chat.core import events as ev
from realtime_chat.core.events import Envelope, Usage

#: What spans are made of.
TYPES = frozenset(
    one.type
    for one in (
        *(ev.TurnStarted, ev.TurnCompleted, ev.TurnFailed, ev.TurnInterrupted),
        *(ev.ResponseStarted, ev.AssistantMessage, ev.UsageReported),
        *(ev.ToolCall, ev.ToolStarted, ev.ToolResult, ev.ToolBatchSubmitted),
    )
)
#: A model may invent a name of any length.
NAME_CHARS = 64

Kind: TypeAlias = Literal["client", "internal"]
_Terminal: TypeAlias = ev.TurnCompleted | ev.TurnFailed | ev.TurnInterrupted


class Span(msgspec.Struct, kw_only=True):
    """One thing that took time; times are ISO 8601 in UTC. `status`: ok, or error with its kind in `error.type`."""

    name: str
    kind: Kind
    trace_id: str
    span_id: str
    parent_span_id: str | None
    start_time: str
    end_time: str = ""
    status: Literal["ok", "error"] = "ok"
    attributes: dict[str, Any] = {}


class Spans:
    """One session's: takes envelopes in order, gives each span when it has ended.

    `about` stands in every span; `correlation_id` is 32 hex digits (M27).
    """

    def __init__(
        self, correlation_id: str, *, model: str, about: dict[str, Any], new_id: Callable[[], str]
    ) -> None:
        self._trace_id = correlation_id
        self._model = model
        self._about = about
        self._new_id = new_id
        self._turn: Span | None = None
        self._batch: Span | None = None
        self._responses: dict[str, Span] = {}
        self._tools: dict[str, Span] = {}

    def take(self, envelope: Envelope) -> list[Span]:
        """One more event; the spans that it ended."""
        at = envelope.ts
        match envelope.data:
            case ev.TurnStarted():
                self._turn = self._begun("invoke_agent", at, None, operation="invoke_agent")
            case ev.ResponseStarted(response_id=response_id):
                ended = self._responses_ended()
                self._responses[response_id] = self._response(response_id, at)
                return ended
            case ev.AssistantMessage(response_id=response_id) | ev.ToolCall(response_id=response_id):
                if response_id in self._responses:
                    self._responses[response_id].end_time = at
            case ev.UsageReported(response_id=response_id, usage=usage, status=status):
                span = self._responses.pop(response_id, None) or self._response(response_id, at)
                span.attributes |= _reported(usage, status)
                return [_over(span, at, None if status in ("completed", "incomplete") else status)]
            case ev.ToolStarted(call_id=call_id, name=name):
                return self._tool_began(call_id, name, at)
            case ev.ToolResult():
                return self._tool_ended(envelope.data, at)
            case ev.ToolBatchSubmitted():
                return self._batch_ended(at)
            case ev.TurnCompleted() | ev.TurnFailed() | ev.TurnInterrupted():
                return self._turn_ended(envelope.data, at)
            case _:
                pass
        return []

    def _begun(self, name: str, at: str, parent: Span | None, **attributes: Any) -> Span:
        operation = attributes.pop("operation", None)
        named = {"gen_ai.operation.name": operation} if operation else {}
        return Span(
            name=name,
            kind="client" if operation == "chat" else "internal",
            trace_id=self._trace_id,
            span_id=self._new_id(),
            parent_span_id=parent.span_id if parent is not None else None,
            start_time=at,
            attributes={**self._about, **named, **attributes},
        )

    def _response(self, response_id: str, at: str) -> Span:
        span = self._begun(f"chat {self._model}".strip(), at, self._turn, operation="chat")
        span.attributes["gen_ai.response.id"] = response_id
        return span

    def _responses_ended(self) -> list[Span]:
        """Those whose end was not told by usage: they ended with the last that came of them."""
        ended = [_over(one, one.end_time or one.start_time) for one in self._responses.values()]
        self._responses.clear()
        return ended

    def _tool_began(self, call_id: str, name: str, at: str) -> list[Span]:
        ended = self._responses_ended()
        if self._batch is None:
            self._batch = self._begun("tool_batch", at, self._turn)
            self._batch.attributes |= {"realtime_chat.batch.tools": [], "realtime_chat.batch.failures": 0}
        short = name[:NAME_CHARS]
        span = self._begun(f"execute_tool {short}", at, self._batch, operation="execute_tool")
        span.attributes |= {
            "gen_ai.tool.name": short,
            "gen_ai.tool.call.id": call_id,
            "gen_ai.tool.type": "function",
        }
        self._batch.attributes["realtime_chat.batch.tools"].append(short)
        self._tools[call_id] = span
        return ended

    def _tool_ended(self, result: ev.ToolResult, at: str) -> list[Span]:
        span = self._tools.pop(result.call_id, None)
        if span is None:  # it never ran
            return []
        span.attributes["realtime_chat.duration_ms"] = result.duration_ms
        if self._batch is not None and not result.ok:
            self._batch.attributes["realtime_chat.batch.failures"] += 1
        return [_over(span, at, None if result.ok else result.error.kind if result.error else "failed")]

    def _batch_ended(self, at: str) -> list[Span]:
        batch, self._batch = self._batch, None
        return [_over(batch, at)] if batch is not None else []

    def _turn_ended(self, event: _Terminal, at: str) -> list[Span]:
        unanswered = [_over(one, at, "aborted") for one in self._tools.values()]
        self._tools.clear()
        ended = [*self._responses_ended(), *unanswered, *self._batch_ended(at)]
        turn, self._turn = self._turn, None
        return ended if turn is None else [*ended, _over(turn, at, _fault(event))]


def _fault(event: _Terminal) -> str | None:
    match event:
        case ev.TurnFailed(error=error):
            return error.kind
        case ev.TurnInterrupted(reason=reason):
            return f"interrupted_{reason}"
        case _:
            return None


def _over(span: Span, at: str, error: str | None = None) -> Span:
    span.end_time = at
    if error is not None:
        span.status = "error"
        span.attributes["error.type"] = error
    return span


def _reported(usage: Usage, status: str) -> dict[str, Any]:
    told = {
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.output_tokens": usage.output,
        "gen_ai.usage.cache_read.input_tokens": usage.cached,
    }
    return {
        "gen_ai.response.finish_reasons": [status],
        **{name: count for name, count in told.items() if count},
    }
