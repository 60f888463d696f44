"""From the items of a conversation to the question that a brain answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        dialogue=tuple(_dialogue(context)),
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


def _turns(items: Iterable[Item]) -> list[BrainTurn]:
    return [turn for item in items if (turn := _turn(item)) is not None]


def _turn(item: Item) -> BrainTurn | None:
    words = item.said() if item.role is not None else ""
    return BrainTurn(role=item.role, text=words) if item.role is not None and words else None


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
    outputs = _outputs(since)
    return [result for item in since if (result := _result(item, outputs)) is not None]


def _dialogue(context: Sequence[Item]) -> Iterator[BrainTurn | BrainResult]:
    outputs = _outputs(context)
    for item in context:
        entry = _turn(item) or _result(item, outputs)
        if entry is not None:
            yield entry


def _outputs(items: Iterable[Item]) -> dict[str, str]:
    """What came of calls, by their ids."""
    return {i.shown["call_id"]: i.shown["output"] for i in items if i.type == "function_call_output"}


def _result(item: Item, outputs: Mapping[str, str]) -> BrainResult | None:
    """A call that was answered."""
    if item.type != "function_call" or item.shown.get("call_id") not in outputs:
        return None
    return BrainResult(
        name=item.shown["name"],
        arguments=_arguments(item.shown["arguments"]),
        output=outputs[item.shown["call_id"]],
    )


def _arguments(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}
