"""What a text says, in a shape of the caller's: the model must fill it in, and is told what was wrong (X8)."""

import re
from typing import Any

import msgspec

from realtime_chat.core import messages as m
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.ports import TransportFactory
from realtime_chat.core.query import OnPiece, query, unheard
from realtime_chat.core.results import Result
from realtime_chat.core.usage import add

RETRIES = 2
_TOOL = "answer"
_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


async def extract_structured(
    transport: TransportFactory,
    prompt: str,
    kind: type[msgspec.Struct],
    *,
    options: SessionOptions | None = None,
    retries: int = RETRIES,
    on_piece: OnPiece = unheard,
    **more: Any,
) -> Result:
    """Ask for a `kind`; the result's `data` is one, checked, or None when it ended otherwise than by stop.

    An answer that does not fit is given back with what is wrong, `retries` times, each told as ("structured_retry",
    what was wrong). Raises as `query` does, and takes what it takes.
    """
    wanted = _asked_for(kind, options or SessionOptions())
    items = [m.Item(item_id="", kind="message", role="user", text=prompt)]
    spent: Result | None = None
    while True:
        result = spent = _with(
            spent, await query(transport, items, options=wanted, on_piece=on_piece, **more)
        )
        if not result.ok:
            return result
        try:
            return msgspec.structs.replace(result, data=read_json(_said(result), kind))
        except NotJson as wrong:
            if retries == 0:
                reason = f"the answer did not have the shape: {wrong}"
                return msgspec.structs.replace(
                    result, finish_reason="error_max_structured_output_retries", halted_reason=reason
                )
            retries -= 1
            on_piece("structured_retry", str(wrong))
            items += _given_back(result, str(wrong))


def _with(before: Result | None, result: Result) -> Result:
    """What all tries took together, as the last one ended."""
    if before is None:
        return result
    costs = (before.cost_usd, result.cost_usd)
    return msgspec.structs.replace(
        result,
        usage=add(before.usage, result.usage),
        iterations=before.iterations + result.iterations,
        duration_ms=before.duration_ms + result.duration_ms,
        cost_usd=None if None in costs else sum(one for one in costs if one is not None),
    )


def _asked_for(kind: type[msgspec.Struct], options: SessionOptions) -> SessionOptions:
    about = f"Give the answer. {kind.__doc__ or ''}".strip()
    tool = ToolSchema(name=_TOOL, description=about, parameters=schema(kind))
    return msgspec.structs.replace(options, tools=(tool,), tool_choice={"type": "function", "name": _TOOL})


def _said(result: Result) -> str:
    """The arguments of the call, or JSON that a model wrote instead of calling."""
    if result.calls:
        return result.calls[0].arguments or ""
    fenced = _FENCED.search(result.text)
    return fenced[1] if fenced else result.text


def schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a struct as an object, others that it is made of below $defs."""
    (own,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    top = parts.pop(kind.__name__)
    if own["$ref"].encode() in msgspec.json.encode([top, parts]):
        parts[kind.__name__] = top  # one that is made of its own kind
    return {**top, "$defs": parts} if parts else top


def _given_back(result: Result, wrong: str) -> list[m.Item]:
    if not result.calls:
        ask = f"That is not what was asked for: {wrong}. Call the tool {_TOOL}."
        return [
            m.Item(item_id="", kind="message", role="assistant", text=result.text),
            m.Item(item_id="", kind="message", role="user", text=ask),
        ]
    output = msgspec.json.encode({"error": wrong}).decode()
    answers = [
        m.Item(item_id="", kind="function_call_output", call_id=call.call_id, output=output)
        for call in result.calls
    ]
    return [*result.calls, *answers]
