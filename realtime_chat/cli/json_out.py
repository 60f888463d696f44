"""`--json`: exactly one JSON value on stdout, at the end (P26)."""

import re
import sys
from typing import Any

import msgspec

from realtime_chat.core.errors import ChatError, ErrorInfo
from realtime_chat.core.history import (
    Aside,
    AssistantEntry,
    CardEntry,
    History,
    ToolEntry,
    TurnEntry,
    UserEntry,
)
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.prices import Cost, PriceList
from realtime_chat.core.usage import transcriptions

SCHEMA = "realtime-chat/turn/1"

#: DEL, C1, and what reorders or ends the line that one reads, in UTF-8; JSON escapes no more than C0.
_OBEYED = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]")


def turn_value(history: History, turn: TurnEntry, prices: PriceList) -> dict[str, Any]:
    """The value of one turn, from the folded history. `cost_usd` is an estimate, null where a price is not known."""
    entries = [entry for entry in history.items if entry.turn_id == turn.turn_id]
    return {
        "schema": SCHEMA,
        "ok": turn.status == "completed",
        "session_id": history.session_id,
        "provider": history.provider,
        "model": history.model,
        "status": turn.status,
        "text": said(history, turn),
        "tool_calls": [_call(entry) for entry in entries if isinstance(entry, ToolEntry)],
        "usage": msgspec.to_builtins(turn.usage),
        "cost_usd": _turn_cost(history, turn, prices),
        "asides": [_aside(one) for one in history.asides if one.turn_id == turn.turn_id],
        "error": error_value(turn.error),
    }


def said(history: History, turn: TurnEntry) -> str:
    """The product of a turn: the answer; where nothing is answered, what the user said."""
    product = AssistantEntry if history.intent == "conversation" else UserEntry
    words = [one for one in history.items if isinstance(one, product) and one.turn_id == turn.turn_id]
    return "\n".join(one.text for one in words if one.text)


def _aside(aside: Aside) -> dict[str, Any]:
    kind = "card" if isinstance(aside, CardEntry) else "facts"
    return {"kind": kind, **msgspec.to_builtins(aside)}


def failure_value(error: BaseException, *, session_id: str | None = None) -> dict[str, Any]:
    """The value when no turn came to be."""
    info = error.info if isinstance(error, ChatError) else ErrorInfo(kind="internal", message=str(error))
    return {
        "schema": SCHEMA,
        "ok": False,
        "session_id": session_id,
        "provider": None,
        "model": None,
        "status": "failed",
        "text": "",
        "tool_calls": [],
        "usage": None,
        "cost_usd": None,
        "asides": [],
        "error": error_value(info),
    }


def session_value(history: History, prices: PriceList) -> dict[str, Any]:
    """The value of a whole session: `sessions show --json`, `sessions export --format json`.

    `cost_usd` leaves out the `unpriced` reports; null when no price is known at all.
    """
    from realtime_chat.core.statistics import metrics_of

    kinds = {
        "UserEntry": "user",
        "AnnouncedEntry": "announcement",
        "AssistantEntry": "assistant",
        "ToolEntry": "tool",
    }
    return {
        "schema": "realtime-chat/session/1",
        **{name: getattr(history, name) for name in ("session_id", "name", "created_at", "last_seq", "mode")},
        "parent": msgspec.to_builtins(history.parent),
        **{name: getattr(history, name) for name in ("agent", "provider", "model", "voice")},
        "items": [{"kind": kinds[type(one).__name__], **msgspec.to_builtins(one)} for one in history.items],
        "turns": [
            {**msgspec.to_builtins(turn), "cost_usd": _turn_cost(history, turn, prices)}
            for turn in history.turns
        ],
        "asides": [_aside(one) for one in history.asides],
        "recordings": msgspec.to_builtins(history.recordings),
        "usage": msgspec.to_builtins(history.usage),
        "transcription_usage": msgspec.to_builtins(transcriptions(history.reports)),
        **cost_value(prices.estimate(history.reports)),
        "metrics": msgspec.to_builtins(metrics_of(history)),
    }


def cost_value(cost: Cost) -> dict[str, Any]:
    """An estimate of several reports, labelled as one."""
    return {"cost_usd": _rounded(cost.usd), "cost_is": "an estimate", "unpriced": cost.unpriced}


def error_value(info: ErrorInfo | None) -> Any:
    """An error under `--json`."""
    return None if info is None else msgspec.to_builtins(info)


def line(value: Any) -> bytes:
    """One value as one line."""
    return inert(msgspec.json.encode(value)) + b"\n"


def inert(json: bytes) -> bytes:
    """The same JSON for a terminal: what JSON lets stand though a terminal obeys it is written by its number."""
    return _OBEYED.sub(lambda sign: b"\\u%04x" % ord(sign[0].decode()), json)


def put(value: Any) -> None:
    """Print one value as one line."""
    sys.stdout.buffer.write(line(value))
    sys.stdout.buffer.flush()


def _turn_cost(history: History, turn: TurnEntry, prices: PriceList) -> float | None:
    cost = prices.estimate(one for one in history.reports if one.turn_id == turn.turn_id)
    return _rounded(cost.complete)


def _rounded(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 6)


def _call(entry: ToolEntry) -> dict[str, Any]:
    try:
        arguments: Any = read_json(entry.arguments or "{}")
    except NotJson:
        arguments = entry.arguments
    call: dict[str, Any] = {
        "call_id": entry.call_id,
        "name": entry.name,
        "arguments": arguments,
        "ok": entry.status == "ok",
        "duration_ms": entry.duration_ms,
    }
    if entry.status == "ok":
        return {**call, "result": entry.output}
    return {**call, "error": error_value(entry.error) or {"kind": entry.status, "message": entry.output}}
