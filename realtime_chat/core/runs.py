"""A session asked and waited for, and a session for one question: the model, its tools and its limits, to an end that
is always a Result (X3, X5, X6, X9, X12). Thin: the session's machine does the work.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from realtime_chat.core import events as ev
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import AWAIT_IDLE_S, Conversation
from realtime_chat.core.errors import ErrorInfo, SessionBusy, TimedOut
from realtime_chat.core.events import Envelope
from realtime_chat.core.history import AssistantEntry, History, ToolEntry, TurnEntry
from realtime_chat.core.options import SessionOptions, TurnOptions
from realtime_chat.core.ports import Clock
from realtime_chat.core.prices import PriceList
from realtime_chat.core.query import unheard
from realtime_chat.core.replay import replay_items
from realtime_chat.core.results import FinishReason, Result
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.chat.dialogue import Dialogue

#: Kind and value: iteration int, content str, tool_call ToolCall, tool_result ToolResult, usage Usage, error ErrorInfo
#: (the run goes on), done Result. `done` is always the last (X12).
OnEvent: TypeAlias = Callable[[str, Any], None]

_OF_LIMITS: dict[str, FinishReason] = {
    "max_iterations": "error_max_turns",
    "max_consecutive_mistakes": "error_consecutive_mistakes",
    "halted": "error_halted",
}


async def send_message(
    conversation: Conversation,
    session_id: str,
    text: str,
    *,
    options: TurnOptions | None = None,
    on_event: OnEvent = unheard,
    prices: PriceList | None = None,
    idle_timeout_s: float = AWAIT_IDLE_S,
) -> Result:
    """A typed turn and its end; those that are asked meanwhile wait, and run in the order they came (X6).

    `options` are for this turn (X4). Raises NotFound when the session does not run here (any more), and what
    `Conversation.send` is refused with.
    """
    session = conversation.supervisor.live(session_id)
    async with session.asking:
        wanted = options or TurnOptions()
        watch = _Watch(on_event)
        with conversation.subscribe(session_id) as events:
            turn_id = await _begun(conversation, session_id, text, wanted)
            events.waiting()  # what came before it is another turn's
            ending: TurnEntry | TimedOut
            try:
                ending = await conversation.await_turn(
                    session_id, turn_id, events=events, on_event=watch.take, idle_timeout_s=idle_timeout_s
                )
            except TimedOut as error:
                ending = error
        history = conversation.history(session_id)
        turn = next(one for one in history.turns if one.turn_id == turn_id)
        budget = session.setup.budget
        reason = watch.reason(wanted.over(session.machine.options), turn, ending)
        if reason == "stop" and budget is not None and budget.is_spent:
            reason = "error_max_budget_usd"
        error = ending.info if isinstance(ending, TimedOut) else turn.error
        result = _result(history, turn, reason, watch=watch, error=error, prices=prices or PriceList())
    on_event("done", result)
    return result


def messages(conversation: Conversation, session_id: str) -> list[dict[str, Any]]:
    """All that was said so far, as {role, content, tool_calls, tool_call_id}; answers while a turn runs (X5)."""
    return Dialogue(replay_items(conversation.history(session_id))).messages()


async def run(
    setup: SessionSetup,
    prompt: str,
    *,
    on_event: OnEvent = unheard,
    prices: PriceList | None = None,
    clock: Clock | None = None,
    idle_timeout_s: float = AWAIT_IDLE_S,
) -> Result:
    """One question to its end, with the setup's tools and limits; nothing is remembered after it (X7).

    Raises only what keeps it from beginning: a TransportError, an argument that cannot be used (X9).
    """
    clock = clock or SystemClock()
    with TemporaryDirectory(prefix="realtime-chat-run-") as folder:
        async with Supervisor(SessionStore(Path(folder), clock), clock) as supervisor:
            conversation = Conversation(supervisor)
            session_id = await conversation.start(setup)
            return await send_message(
                conversation,
                session_id,
                prompt,
                on_event=on_event,
                prices=prices,
                idle_timeout_s=idle_timeout_s,
            )


async def _begun(conversation: Conversation, session_id: str, text: str, options: TurnOptions) -> str:
    """The turn's id, after whatever turn runs: one that was spoken, or announced."""
    while True:
        try:
            return await conversation.send(session_id, text, options=options)
        except SessionBusy as busy:
            await conversation.await_turn(session_id, busy.details["turn_id"])


class _Watch:
    """What the events of one turn tell a caller, and which limit ended it."""

    def __init__(self, tell: OnEvent) -> None:
        self._tell = tell
        self._streamed: set[str] = set()
        self._failed: dict[str, bool] = {}
        self.iterations = self.rounds = self._mistakes = 0
        self._halted = False

    def take(self, envelope: Envelope) -> None:
        """One event of the session."""
        match envelope.data:
            case ev.ResponseStarted():
                self.iterations += 1
                self._tell("iteration", self.iterations)
            case (
                ev.TextDelta(item_id=item_id, delta=delta) | ev.TranscriptDelta(item_id=item_id, delta=delta)
            ):
                self._streamed.add(item_id)
                self._tell("content", delta)
            case ev.AssistantMessage(item_id=item_id, text=text) if item_id not in self._streamed:
                self._tell("content", text)  # else it was told in pieces (X13)
            case ev.ToolCall() as call:
                self._tell("tool_call", call)
            case ev.ToolResult() as outcome:
                self._failed[outcome.call_id] = not outcome.ok
                self._halted = self._halted or outcome.halted
                self._tell("tool_result", outcome)
            case ev.ToolBatchSubmitted(call_ids=call_ids):
                self._round(call_ids)
            case ev.UsageReported(usage=usage):
                self._tell("usage", usage)
            case ev.ErrorOccurred(error=error):
                self._tell("error", error)
            case _:
                pass  # states and levels are for a screen

    def _round(self, call_ids: Sequence[str]) -> None:
        self.rounds += 1
        self._mistakes = self._mistakes + 1 if all(self._failed.get(one, True) for one in call_ids) else 0

    def reason(self, options: SessionOptions, turn: TurnEntry, ending: TurnEntry | TimedOut) -> FinishReason:
        """How it ended. An answer that was given only because no tool might be used any more names that limit."""
        if isinstance(ending, TimedOut):
            return "error_during_execution"
        if turn.status != "completed":
            return _OF_LIMITS.get(turn.error.kind if turn.error else "", "error_during_execution")
        if self._halted:
            return "error_halted"
        if 0 < options.max_consecutive_mistakes <= self._mistakes:
            return "error_consecutive_mistakes"
        return "error_max_turns" if 0 < options.max_iterations <= self.rounds else "stop"


def _result(
    history: History,
    turn: TurnEntry,
    reason: FinishReason,
    *,
    watch: _Watch,
    error: ErrorInfo | None,
    prices: PriceList,
) -> Result:
    entries = [one for one in history.items if one.turn_id == turn.turn_id]
    latency = turn.latency
    return Result(
        text="\n".join(one.text for one in entries if isinstance(one, AssistantEntry) and one.text),
        messages=Dialogue(replay_items(history)).messages(),
        finish_reason=reason,
        halted_reason=_why(turn, reason, error),
        iterations=watch.iterations,
        tool_calls_made=sum(isinstance(one, ToolEntry) for one in entries),
        usage=turn.usage,
        cost_usd=prices.estimate(one for one in history.reports if one.turn_id == turn.turn_id).complete,
        duration_ms=turn.duration_ms,
        model=history.model,
        provider=history.provider,
        telemetry={
            "session_id": history.session_id,
            "turn_id": turn.turn_id,
            "first_token_ms": latency.first_token_ms if latency is not None else None,
        },
        error=error,
    )


def _why(turn: TurnEntry, reason: FinishReason, error: ErrorInfo | None) -> str | None:
    if reason == "stop":
        return "cut at the length limit" if turn.truncation == "truncated" else None
    if error is not None:
        return error.message
    return turn.reason or reason.removeprefix("error_")
