"""How a call ended, as text for the model and as an error for everyone else (M23, M25). Pure."""

import json
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from realtime_chat.core.errors import Category, ChatError, ErrorInfo
from realtime_chat.core.ports import ToolOutcome, ToolRequest

#: The most a model gets to read of one call, in bytes of UTF-8, marker included.
OUTPUT_BYTES = 16_000
#: An error's message is for a line on the screen.
MESSAGE_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Ending:
    """What a tool's body came to, before anyone asks whose call it was and how long it took."""

    ok: bool
    output: str
    error: ErrorInfo | None = None
    halt: bool = False

    def of(self, request: ToolRequest, duration_ms: int = 0) -> ToolOutcome:
        """The outcome of `request`."""
        return ToolOutcome(
            call_id=request.call_id,
            name=request.name,
            ok=self.ok,
            output=self.output,
            error=self.error,
            duration_ms=duration_ms,
            halt=self.halt,
        )


def returned(value: Any) -> Ending:
    """The ending of a tool that returned `value`: a str as it is, else JSON (M25)."""
    try:
        text = value if isinstance(value, str) else _to_json(value)
    except Exception as error:
        return unserialisable(error)
    return Ending(True, bounded(text))


def raised(error: BaseException) -> Ending:
    """The ending of a tool that raised."""
    if isinstance(error, ChatError):
        info = error.info
        return failed(info.kind, info.message, category=info.category, **info.details)
    name = type(error).__name__
    if isinstance(error, SystemExit):
        return failed(
            "tool_failed", f"The tool tried to end the program ({_message(error)}).", exception=name
        )
    return failed("tool_failed", _message(error) or name, exception=name)


def unserialisable(error: Exception) -> Ending:
    """The ending of a tool whose value cannot be written down (M25)."""
    detail = _one_line(f"{type(error).__name__}: {_message(error)}")
    info = ErrorInfo(
        kind="serialisation_failed",
        message=f"The tool's result cannot be written as JSON: {detail}",
        details={"exception": type(error).__name__},
    )
    return Ending(False, json.dumps({"error": info.kind, "detail": detail}, ensure_ascii=False), info)


def timed_out(after_s: float) -> Ending:
    """The ending of a call whose deadline passed (X15)."""
    return failed(
        "timeout",
        f"The tool did not finish within {after_s:g} s and was stopped; what it began may be half done.",
        category=Category.RETRYABLE,
        after_ms=round(after_s * 1000),
    )


def denied(by: str, message: str) -> Ending:
    """The ending of a call that did not get its leave (P19); the model reads of what kind it is.

    `by` as in PermissionDecided.
    """
    ending = failed("permission_denied", message, by=by)
    assert ending.error is not None
    output = {"error": ending.error.message, "kind": ending.error.kind}
    return replace(ending, output=json.dumps(output, ensure_ascii=False))


def aborted(*, started: bool) -> Ending:
    """The ending of a call that the interruption reached before its end (M23)."""
    state = "was stopped by an interruption; what it began may be half done" if started else "did not start"
    return failed(
        "aborted",
        f"The call {state}." if started else f"The call {state}: the user interrupted.",
        category=Category.RETRYABLE,
        exception="CancelledError",
    )


def failed(kind: str, message: str, *, category: Category = Category.FATAL, **details: Any) -> Ending:
    """An ending that is not ok; the model reads {"error": message}."""
    info = ErrorInfo(kind=kind, message=_one_line(message), category=category, details=details)
    return Ending(False, json.dumps({"error": info.message}, ensure_ascii=False), info)


def bounded(text: str, limit: int = OUTPUT_BYTES) -> str:
    """`text` in at most `limit` bytes of UTF-8, whole characters only; what is cut is said at the end.

    Lone surrogates, which no JSON frame may carry, become question marks.
    """
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return raw.decode("utf-8")
    marker = f"\n[cut: the whole is {len(raw)} bytes; ask for less]"
    kept = raw[: limit - len(marker)].decode("utf-8", "ignore")
    return kept + marker


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=msgspec.to_builtins)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a foreign __str__ may fail, too
        return ""


def _one_line(text: str) -> str:
    """One line without lone surrogates, cut to what a line can hold."""
    joined = " ".join(text[: 4 * MESSAGE_CHARS].split()).encode("utf-8", "replace").decode("utf-8")
    return joined if len(joined) <= MESSAGE_CHARS else joined[: MESSAGE_CHARS - 1] + "…"
