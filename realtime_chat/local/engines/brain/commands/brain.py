"""The commands brain: understands its sentences, asks the client's tools, says what came of it. Nothing else.

It keeps nothing: a request holds the whole turn, so the plan is made anew when results come, and is the same.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from realtime_chat.local.engines.brain.commands.command import listed
from realtime_chat.local.engines.brain.commands.subjects import session, timers
from realtime_chat.local.engines.brain.commands.understanding import Understood, understand
from realtime_chat.local.engines.ports import BrainCall, BrainReply, BrainRequest, BrainResult

ABILITIES = (
    "tell the time and the date, calculate, set timers, keep notes and lists, and read files of your folder"
)
NOT_UNDERSTOOD = (
    f"I did not understand. I can {ABILITIES}. "
    "To talk freely, connect a model: set OPENAI_API_KEY or use --url."
)


class _Failure(msgspec.Struct):
    error: str


class CommandsBrain:
    """Implements Brain; costs a few milliseconds a turn."""

    def reply(self, request: BrainRequest) -> BrainReply:
        """Calls first, if there are any and no results yet; then what came of them."""
        if noticed := timers.endings(request.notice) or session.waiting(request.notice):
            return BrainReply(text=noticed)
        understood = understand(request.text) if request.understood else ()
        if not understood:
            return BrainReply(text=NOT_UNDERSTOOD)
        plans = [one.command.act(one.slots, request) for one in understood]
        calls = tuple(call for plan in plans if not isinstance(plan, str) for call in plan)
        missing = sorted({call.name for call in calls} - {tool.name for tool in request.tools})
        if missing:
            return BrainReply(
                text=f"I would need the tool {listed(missing)} for that, and it is switched off."
            )
        if calls and not request.results:
            return BrainReply(calls=calls)
        results = iter(request.results)
        said = [
            plan if isinstance(plan, str) else _told(one, plan, results)
            for one, plan in zip(understood, plans, strict=True)
        ]
        return BrainReply(text=" ".join(said))


def _told(one: Understood, plan: tuple[BrainCall, ...], results: Iterator[BrainResult]) -> str:
    """A command's results as one sentence; a missing result is told as such."""
    outputs = [result.output for _, result in zip(plan, results, strict=False)]
    if len(outputs) < len(plan):
        return f"I could not {one.command.doing}: no result came back."
    return " ".join(_sentence(one, output) for output in outputs)


def _sentence(one: Understood, output: str) -> str:
    command = one.command
    failed = _failure(output)
    if failed is not None:
        return f"I could not {command.doing}: {failed.rstrip('.')}."
    try:
        value: Any = msgspec.json.decode(output)
    except (ValueError, RecursionError):
        value = output
    try:
        shaped: Any = value if isinstance(value, dict) else {command.scalar: value}  # pyright: ignore[reportUnknownVariableType]
        return command.tell(one.slots, msgspec.convert(shaped, command.output))
    except msgspec.ValidationError:
        return f"I could not {command.doing}: the tool gave an answer that I cannot read."


def _failure(output: str) -> str | None:
    try:
        return msgspec.json.decode(output, type=_Failure).error
    except (ValueError, RecursionError):
        return None
