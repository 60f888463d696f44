"""Arithmetic as people say and type it, turned into what a calculator takes. Nothing is computed here."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from realtime_chat.local.engines.brain.commands.numbers import read_number

_MAX_TOKENS = 200
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+|[a-z]+|\*\*|[-+*/^%()×÷·−–x]")
_JUNK = re.compile(r"[\s=?!\"']+|\.(?!\d)|,(?!\d)")


class Arithmetic(NamedTuple):
    """`expression` for a calculator (`12*7`), `said` for a listener (`12 times 7`)."""

    expression: str
    said: str


#: Words after which another operand must come, longest first.
_BETWEEN: Mapping[tuple[str, ...], Arithmetic] = {
    ("to", "the", "power", "of"): Arithmetic("**", "to the power of"),
    ("multiplied", "by"): Arithmetic("*", "times"),
    ("divided", "by"): Arithmetic("/", "divided by"),
    ("plus",): Arithmetic("+", "plus"),
    ("+",): Arithmetic("+", "plus"),
    ("minus",): Arithmetic("-", "minus"),
    ("-",): Arithmetic("-", "minus"),
    ("times",): Arithmetic("*", "times"),
    ("*",): Arithmetic("*", "times"),
    ("x",): Arithmetic("*", "times"),
    ("over",): Arithmetic("/", "divided by"),
    ("/",): Arithmetic("/", "divided by"),
    ("^",): Arithmetic("**", "to the power of"),
    ("**",): Arithmetic("**", "to the power of"),
}
_AFTER: Mapping[tuple[str, ...], Arithmetic] = {
    ("squared",): Arithmetic("**2", "squared"),
    ("cubed",): Arithmetic("**3", "cubed"),
    ("percent",): Arithmetic("/100", "percent"),
    ("%",): Arithmetic("/100", "percent"),
}
_ROOTS = (("the", "square", "root", "of"), ("square", "root", "of"), ("sqrt",))
_SPELLINGS = str.maketrans({"×": "*", "÷": "/", "·": "*", "−": "-", "–": "-"})


def arithmetic(text: str) -> Arithmetic | None:
    """`text` as a sum, product, power, root or percentage; `None` for anything else, also a bare number."""
    tokens = _tokens(text)
    if tokens is None or not 2 <= len(tokens) <= _MAX_TOKENS:
        return None
    reader = _Reader(tokens)
    found = reader.chain()
    return found if found and reader.done and reader.operations else None


def _tokens(text: str) -> list[str] | None:
    """Lower-case words, digit strings and signs; `None` when something else stands between them."""
    lowered = text.lower().translate(_SPELLINGS)
    tokens = _TOKEN.findall(lowered)
    if _JUNK.sub("", _TOKEN.sub("", lowered)):
        return None
    # The hyphen of "twenty-one" joins two words, that of "5-3" takes away.
    return _TOKEN.findall(re.sub(r"(?<=[a-z])-(?=[a-z])", " ", lowered)) if tokens else None


class _Reader:
    """Reads tokens from left to right; precedence is the calculator's business, so the order is kept."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self.operations = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def chain(self) -> Arithmetic | None:
        """Operands with operators between them."""
        left = self._operand()
        while left is not None and (sign := self._take(_BETWEEN)):
            right = self._operand()
            left = right and Arithmetic(
                left.expression + sign.expression + right.expression, f"{left.said} {sign.said} {right.said}"
            )
            self.operations += 1
        return left

    def _operand(self) -> Arithmetic | None:
        inner = self._signed()
        while inner is not None and (suffix := self._take(_AFTER)):
            self.operations += 1
            if suffix.said == "percent" and self._says("of"):
                whole = self._operand()
                return whole and Arithmetic(
                    f"({inner.expression}/100*{whole.expression})", f"{inner.said} percent of {whole.said}"
                )
            inner = Arithmetic(f"({inner.expression}{suffix.expression})", f"{inner.said} {suffix.said}")
        return inner

    def _signed(self) -> Arithmetic | None:
        if self._says("-") or self._says("minus") or self._says("negative"):
            inner = self._plain()
            return inner and Arithmetic(f"(-{inner.expression})", f"-{inner.said}")
        return self._plain()

    def _plain(self) -> Arithmetic | None:
        if any(self._phrase(root) for root in _ROOTS):
            self.operations += 1
            inner = self._nested(self._operand)
            return inner and Arithmetic(f"sqrt({inner.expression})", f"the square root of {inner.said}")
        if self._says("("):
            inner = self._nested(self.chain)
            if inner is None or not self._says(")"):
                return None
            return Arithmetic(f"({inner.expression})", f"({inner.said})")
        found = read_number(self._tokens, self._at)
        if found is None:
            return None
        self._at = found.end
        return Arithmetic(found.value, found.value)

    def _nested(self, read: "Callable[[], Arithmetic | None]") -> Arithmetic | None:
        """One level deeper; nobody means more than twenty, and the stack is finite."""
        if self._depth >= 20:
            return None
        self._depth += 1
        found = read()
        self._depth -= 1
        return found

    def _take(self, table: Mapping[tuple[str, ...], Arithmetic]) -> Arithmetic | None:
        return next((value for phrase, value in table.items() if self._phrase(phrase)), None)

    def _says(self, word: str) -> bool:
        return self._phrase((word,))

    def _phrase(self, phrase: tuple[str, ...]) -> bool:
        """Move on if these tokens come next."""
        end = self._at + len(phrase)
        if tuple(self._tokens[self._at : end]) != phrase:
            return False
        self._at = end
        return True
