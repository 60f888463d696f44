"""Sums, by the client's calculator."""

from decimal import Decimal

import msgspec

from realtime_chat.local.engines.brain.commands.command import Command, Plan, Slots, calling
from realtime_chat.local.engines.brain.commands.expressions import Arithmetic
from realtime_chat.local.engines.ports import BrainRequest

#: More digits than this help no listener.
_SIGNIFICANT = 8


class Calculated(msgspec.Struct, frozen=True):
    result: int | float | str


def _calculate(slots: Slots, request: BrainRequest) -> Plan:
    return calling("calculate", expression=slots["expression"].expression)


def _tell(slots: Slots, output: Calculated) -> str:
    result, about = spoken_number(output.result)
    return f"{_capital(slots['expression'].said)} is {'about ' if about else ''}{result}."


def _verb(name: str, sign: str, word: str, *, swapped: bool = False) -> Command:
    """`name` takes two numbers: "divide {first} by {second}"."""

    def both(slots: Slots) -> Arithmetic:
        left, right = slots["first"], slots["second"]
        if swapped:
            left, right = right, left
        return Arithmetic(f"{_signed(left)}{sign}{_signed(right)}", f"{left} {word} {right}")

    sentences = {
        "add": "add {first} (and|to) {second}",
        "multiply": "multiply {first} (by|with|and) {second}",
        "divide": "divide {first} by {second}",
        "subtract": "subtract {first} from {second}",
    }
    return Command(
        name=name,
        sentences=(sentences[name],),
        act=lambda slots, request: _calculate({"expression": both(slots)}, request),
        doing="calculate that",
        output=Calculated,
        scalar="result",
        tell=lambda slots, output: _tell({"expression": both(slots)}, output),
    )


def spoken_number(result: int | float | str) -> tuple[str, bool]:
    """A result in digits, and whether it had to be rounded."""
    if not isinstance(result, float):
        return str(result), False
    short = f"{result:.{_SIGNIFICANT}g}"
    plain = f"{Decimal(short):f}" if abs(Decimal(short).adjusted()) < 16 else short
    return plain, float(short) != result


def _signed(value: str) -> str:
    return f"({value})" if value.startswith("-") else value


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


COMMANDS = (
    Command(
        name="calculate",
        sentences=("<what_is> {expression}",),
        typed=(
            "{expression}",
            "(what are|compute|work out|solve|evaluate|and|then) {expression}",
        ),
        act=_calculate,
        doing="calculate that",
        output=Calculated,
        scalar="result",
        tell=_tell,
    ),
    _verb("add", "+", "plus"),
    _verb("multiply", "*", "times"),
    _verb("divide", "/", "divided by"),
    _verb("subtract", "-", "minus", swapped=True),
)
