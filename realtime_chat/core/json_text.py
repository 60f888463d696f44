"""JSON that somebody else wrote: read in one way, with one error for whatever is wrong with it. Pure.

How deep a value may be nested differs between versions of Python and with the depth of the stack, and what could be
read may be too deep to be written again. So the depth has a bound of its own, far below all of these.
"""

import re
from typing import Any, TypeVar, overload

import msgspec

#: Levels. What programs exchange has five; JSON Schemas of real tools have up to twenty.
DEEPEST = 200

_any = msgspec.json.Decoder().decode
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")

T = TypeVar("T")


TOO_DEEP = f"it is nested more than {DEEPEST} deep"


class NotJson(ValueError):
    """Not JSON, not UTF-8, nested too deep, or not of the shape that was asked for."""


@overload
def read_json(text: str | bytes | bytearray) -> Any: ...
@overload
def read_json(text: str | bytes | bytearray, kind: type[T]) -> T: ...
def read_json(text: str | bytes | bytearray, kind: Any = Any) -> Any:
    """The value of a text, as a `kind` where one is asked for. Raises NotJson, and nothing else."""
    try:
        raw = text.encode() if isinstance(text, str) else text
        value = _any(raw) if kind is Any else msgspec.json.decode(raw, type=kind)
    except RecursionError:
        raise NotJson(TOO_DEEP) from None
    except ValueError as error:  # msgspec's and UTF-8's errors are ValueErrors
        raise NotJson(str(error)) from error
    if is_too_deep(raw):
        raise NotJson(TOO_DEEP)
    return value


def is_too_deep(valid: bytes | bytearray) -> bool:
    """Whether valid JSON is nested deeper than DEEPEST; but for the rarest of texts that takes a tenth of a µs."""
    if len(valid) <= 2 * DEEPEST or valid.count(b"[") + valid.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", valid)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > DEEPEST:
            return True
    return False
