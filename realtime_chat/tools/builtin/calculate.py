"""Arithmetic, exact where arithmetic is exact: everything is a fraction until it is written down. No eval.

The expression is parsed by Python's own grammar, then walked; what is not listed here is refused, and every
number stays below MAX_BITS, so that no expression can keep a thread busy.
"""

import ast
import math
import operator
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import tool

MAX_CHARS = 200
#: About 300 digits.
MAX_BITS = 1_000
#: What a float holds for sure; more digits would be noise.
SIGNIFICANT = 15

_SPELLINGS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**"})
_PERCENT_OF = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent)\s*of\b", re.IGNORECASE)
#: Names; the e of 1e5 is no name.
_WORD = re.compile(r"(?<![\d.])[^\W\d]\w*|(?<=[\d.])(?!e[+-]?\d)[^\W\d]\w*", re.IGNORECASE)


@tool(need="read", parallel_safe=True)
def calculate(expression: str) -> dict[str, Any]:
    """Calculate an arithmetic expression exactly, for example "12 * 7" or "sqrt(2) + 15% of 80".

    It knows + - * / // % ** and parentheses, sqrt, abs, round(x, digits), min, max and percent(p, x).
    """
    return {"expression": expression, "result": evaluate(expression)}


def evaluate(expression: str) -> int | float:
    """The value: an int where it is whole, else a float of 15 significant digits.

    Raises InvalidArguments for what is no arithmetic, has no result, or grows too large.
    """
    return _presented(_value(_parse(expression)))


def _parse(expression: str) -> ast.expr:
    if len(expression) > MAX_CHARS:
        raise InvalidArguments(f"The expression is longer than {MAX_CHARS} characters; do it in parts.")
    text = _PERCENT_OF.sub(r"\1/100*", expression.translate(_SPELLINGS)).strip()
    for word in _WORD.findall(text):
        if word not in _FUNCTIONS:
            raise InvalidArguments(f"{word!r} cannot be calculated with; use numbers, {_KNOWN}.")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise InvalidArguments(
            'That is not an arithmetic expression; write it like "12 * (3 + 4)".'
        ) from error


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(_literal(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            return _bounded(_OPERATORS[type(sign)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_call(name, [_value(argument) for argument in given]))
        case _:
            raise InvalidArguments(f"Only numbers, parentheses, + - * / // % ** and {_KNOWN} are understood.")


def _literal(number: int | float) -> Fraction:
    if isinstance(number, float) and not math.isfinite(number):
        raise _too_large()
    return Fraction(repr(number))  # 0.1 means a tenth, not the float beside it


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise _too_large()
    return value


def _too_large() -> InvalidArguments:
    return InvalidArguments("The numbers grow too large or too fine to calculate with; use smaller ones.")


def _divided(by: Callable[[Fraction, Fraction], Fraction]) -> Callable[[Fraction, Fraction], Fraction]:
    def divide(left: Fraction, right: Fraction) -> Fraction:
        if right == 0:
            raise InvalidArguments("Nothing can be divided by zero.")
        return by(left, right)

    return divide


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if base == 0 and exponent < 0:
        raise InvalidArguments("Nothing can be divided by zero, so 0 has no negative power.")
    if exponent.denominator != 1:
        return _root(base, exponent)
    size = max(base.numerator.bit_length(), base.denominator.bit_length()) - 1
    if abs(exponent) * size > MAX_BITS:
        raise _too_large()
    # For -1, 0 and 1 only the exponent's parity counts, however large it is.
    steps = int(exponent) if size else int(exponent) % 2 + 2 * bool(exponent)
    return base**steps


def _root(base: Fraction, exponent: Fraction) -> Fraction:
    if base < 0:
        raise InvalidArguments("A negative number has no real power with a fractional exponent.")
    try:
        root = Fraction(float(base) ** float(exponent))
    except OverflowError as error:
        raise _too_large() from error
    if root == 0 and base != 0:
        raise _too_large()
    return root


def _sqrt(value: Fraction) -> Fraction:
    if value < 0:
        raise InvalidArguments("A negative number has no real square root.")
    exact = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    if exact * exact == value:
        return exact
    return _root(value, Fraction(1, 2))


def _round(value: Fraction, digits: Fraction = Fraction(0)) -> Fraction:
    """Halves go away from zero, as people are taught."""
    if digits.denominator != 1 or abs(digits) > SIGNIFICANT:
        raise InvalidArguments(f"round takes whole digits from -{SIGNIFICANT} to {SIGNIFICANT}.")
    scale = Fraction(10) ** int(digits)
    whole = math.floor(abs(value) * scale + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole) / scale


def _percent(share: Fraction, whole: Fraction) -> Fraction:
    return share / 100 * whole


def _call(name: str, given: list[Fraction]) -> Fraction:
    function, least, most = _FUNCTIONS[name]
    if not least <= len(given) <= most:
        raise InvalidArguments(f"{name} takes {least} to {most} numbers, separated by commas.")
    return function(*given)


def _presented(value: Fraction) -> int | float:
    if value.denominator == 1:
        return value.numerator
    rounded = float(f"{float(value):.{SIGNIFICANT}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 10**SIGNIFICANT else rounded


_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided(lambda left, right: left / right),
    ast.FloorDiv: _divided(lambda left, right: Fraction(left // right)),
    ast.Mod: _divided(lambda left, right: left % right),
    ast.Pow: _power,
}
#: Function, least and most arguments.
_FUNCTIONS: dict[str, tuple[Callable[..., Fraction], int, int]] = {
    "sqrt": (_sqrt, 1, 1),
    "abs": (cast("Callable[..., Fraction]", abs), 1, 1),
    "round": (_round, 1, 2),
    "min": (cast("Callable[..., Fraction]", min), 2, MAX_CHARS),
    "max": (cast("Callable[..., Fraction]", max), 2, MAX_CHARS),
    "percent": (_percent, 2, 2),
}
_KNOWN = ", ".join(_FUNCTIONS)
