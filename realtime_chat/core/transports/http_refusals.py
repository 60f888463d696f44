"""What an HTTP answer that is none means to us (X21). Pure.

    kind                      status                        category
    unauthorized              401, 403                      fatal
    not_found                 404                           fatal
    timeout                   408                           retryable
    context_length_exceeded   413, or by the code           capacity
    rate_limited              429                           capacity; fatal when the code says that money is lacking
    bad_request               another 4xx                   fatal
    server_error              5xx                           retryable
    unknown                   what else is no answer        fatal

What no status tells (no connection, silence, a cut) is kind transport or timeout: see `http`.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from realtime_chat.core.classification import FATAL_CODES
from realtime_chat.core.errors import Category, Rejected, TransportError, Unreachable
from realtime_chat.core.json_text import NotJson, read_json

_TOO_LONG = ("context_length_exceeded", "context_window_exceeded", "string_above_max_length")


def kind_of(status: int, code: str) -> str:
    """The kind of a refusal by its status; 0: only the code is known."""
    if code in _TOO_LONG or status == 413:
        return "context_length_exceeded"
    match status:
        case 401 | 403:
            return "unauthorized"
        case 404:
            return "not_found"
        case 408:
            return "timeout"
        case 429:
            return "rate_limited"
        case _ if 400 <= status < 500:
            return "bad_request"
        case _ if status >= 500:
            return "server_error"
        case _:
            return "unknown"


def refusal(
    where: str,
    status: int,
    *,
    headers: Mapping[str, str],
    body: bytes,
    key_name: str,
    quoted: Callable[[str], str],
) -> TransportError:
    """The error for an answer with this status; `where` is the host, `quoted` makes the peer's words harmless."""
    code, words = body_words(body)
    kind = kind_of(status, code)
    said = f"HTTP {status}{': ' + line if (line := quoted(words)) else ''}"
    details: dict[str, Any] = {"status": status}
    if code:
        details["code"] = quoted(code)
    match kind:
        case "unauthorized":
            return Rejected(f"{where} refused the key ({said}). Check {key_name}.", kind=kind, **details)
        case "not_found":
            text = f"{where} does not have that ({said}). Check the URL and the model."
            return Rejected(text, kind=kind, **details)
        case "context_length_exceeded":
            text = f"The talk is too long for the model ({said}). Begin a new one."
            return Rejected(text, kind=kind, **details).as_category(Category.CAPACITY)
        case "rate_limited":
            return _limited(where, said, code, headers, details)
        case "timeout" | "server_error":
            text = f"{where} cannot serve now ({said}). Try again in a moment."
            return Unreachable(text, kind=kind, **details)
        case "bad_request":
            text = f"{where} refused the request ({said}). Check the model and the settings."
            return Rejected(text, kind=kind, **details)
        case _:
            text = f"{where} gave no answer but HTTP {status}. Check the URL; redirects are not followed."
            return Rejected(text, kind="unknown", **details)


def _limited(
    where: str, said: str, code: str, headers: Mapping[str, str], details: dict[str, Any]
) -> TransportError:
    if code in FATAL_CODES:
        text = f"{where} refuses: the account has no money left ({said}). Look at its billing."
        return Rejected(text, kind="rate_limited", **details)
    after_s = retry_after_s(headers)
    when = "in a moment" if after_s is None else f"in {after_s:g} s"
    if after_s is not None:
        details["retry_after_ms"] = int(after_s * 1000)
    text = f"{where} takes no more for now ({said}). Try again {when}."
    return Rejected(text, kind="rate_limited", **details).as_category(Category.CAPACITY)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, where the answer says them; a date in their place is left out."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None


def body_words(body: bytes) -> tuple[str, str]:
    """The code and the words of an error's body: OpenAI's shape, a bare one, or any text at all."""
    try:
        value = read_json(body)
    except NotJson:
        return "", body.decode("utf-8", "replace")
    return error_words(value)


def error_words(value: object) -> tuple[str, str]:
    """The code and the words of an error as JSON: {"error": {"code", "message"}}, {"error": "…"}, {"message": "…"}."""
    if not isinstance(value, dict):
        return "", value if isinstance(value, str) else ""
    fields = cast(dict[str, Any], value)
    inner = fields.get("error", fields.get("detail", fields))
    if not isinstance(inner, dict):
        return "", inner if isinstance(inner, str) else ""
    inner = cast(dict[str, Any], inner)
    code = next((str(inner[key]) for key in ("code", "type") if inner.get(key)), "")
    words = inner.get("message")
    return code, words if isinstance(words, str) else ""
