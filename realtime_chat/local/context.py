"""From the items of a conversation to the question that a brain answers."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import msgspec

from realtime_chat.local.engines.ports import BrainRequest, BrainResult, BrainTool, BrainTurn
from realtime_chat.local.items import Item
from realtime_chat.local.response_options import ResponseOptions


def brain_request(context: Sequence[Item], options: ResponseOptions) -> BrainRequest:
    """The last user message is the question, calls answered after it are its results, the rest is history."""
    asked = question(context)
    return BrainRequest(
        text=asked.said() if asked else "",
        understood=_understood(asked),
        spoken=asked is not None and asked.spoken,
        history=tuple(_turns(item for item in context if item is not asked)),
        tools=_tools(options),
        results=tuple(_results(context, asked)),
        instructions=options.instructions,
        notice=_notice(context),
    )


def question(context: Sequence[Item]) -> Item | None:
    """The last user message."""
    return next((item for item in reversed(context) if item.role == "user"), None)


def _notice(context: Sequence[Item]) -> str:
    """The system messages that nothing came after."""
    last = takewhile(lambda item: item.role == "system", reversed(context))
    return "\n".join(reversed([item.said() for item in last]))


def _understood(asked: Item | None) -> bool:
    if asked is None or asked.hearing is None:
        return True
    return asked.hearing.understood or bool(asked.said())


def _turns(items: Any) -> list[BrainTurn]:
    spoken = ((item.role, item.said()) for item in items if item.role is not None)
    return [BrainTurn(role=role, text=words) for role, words in spoken if words]


def _tools(options: ResponseOptions) -> tuple[BrainTool, ...]:
    if options.tool_choice == "none":
        return ()
    only = None if isinstance(options.tool_choice, str) else options.tool_choice["name"]
    return tuple(
        BrainTool(
            name=tool["name"],
            description=tool.get("description") or "",
            parameters=tool.get("parameters") or {},
        )
        for tool in options.tools
        if only in (None, tool["name"])
    )


def _results(context: Sequence[Item], asked: Item | None) -> list[BrainResult]:
    since = context[context.index(asked) + 1 :] if asked else context
    outputs = {i.shown["call_id"]: i.shown["output"] for i in since if i.type == "function_call_output"}
    return [
        BrainResult(
            name=call.shown["name"],
            arguments=_arguments(call.shown["arguments"]),
            output=outputs[call.shown["call_id"]],
        )
        for call in since
        if call.type == "function_call" and call.shown.get("call_id") in outputs
    ]


def _arguments(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return {}
