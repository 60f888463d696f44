"""Numbers as people say and type them. Pure; a number is the decimal string it would be typed as."""

import re
from collections.abc import Sequence
from typing import NamedTuple

ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ZEROS = ("zero", "nought", "oh")
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}

_SMALL = (
    {word: value for value, word in enumerate(ONES, 1)}
    | {word: value for value, word in enumerate(TEENS, 10)}
    | {word: 10 * value for value, word in enumerate(TENS, 2)}
)
_DIGITS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")


class Read(NamedTuple):
    """A number found in tokens, and the index of the token after it."""

    value: str
    end: int


def read_number(tokens: Sequence[str], at: int = 0) -> Read | None:
    """The number that begins at token `at`, as long as it goes: digits, or words up to billions.

    Tokens are lower-case words or digit strings; `None` when no number begins there. No sign: whoever reads
    an expression knows what a minus means.
    """
    if at < len(tokens) and _DIGITS.fullmatch(tokens[at]):
        return _with_scale(tokens, at)
    whole = _read_whole(tokens, at)
    return whole and _with_decimals(tokens, whole)


def number(text: str) -> str | None:
    """`text` as a number, if it is one and nothing else; a leading minus is part of it."""
    tokens = text.lower().replace("-", " - ").split()
    if tokens and tokens[0] in ("-", "minus", "negative"):
        unsigned = number(" ".join(tokens[1:]))
        return unsigned and f"-{unsigned}"
    words = [token for token in tokens if token != "-"]
    found = read_number(words)
    return found.value if found and found.end == len(words) else None


def _with_scale(tokens: Sequence[str], at: int) -> Read:
    """Digits, perhaps with a scale behind them: 2 million."""
    digits = tokens[at].replace(",", "")
    value = f"0{digits}" if digits.startswith(".") else digits
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    if following in SCALES and value.isdigit():
        return Read(str(int(value) * SCALES[following]), at + 2)
    return Read(value, at + 1)


def _with_decimals(tokens: Sequence[str], whole: Read) -> Read:
    if whole.end >= len(tokens) or tokens[whole.end] != "point":
        return whole
    decimals: list[str] = []
    for token in tokens[whole.end + 1 :]:
        digit = "0" if token in ZEROS else str(_SMALL.get(token, token))
        if not (digit.isascii() and digit.isdigit()):
            break
        decimals.append(digit)
    if not decimals:
        return whole
    return Read(f"{whole.value}.{''.join(decimals)}", whole.end + 1 + len(decimals))


def _read_whole(tokens: Sequence[str], at: int) -> Read | None:
    if at < len(tokens) and tokens[at] in ZEROS:
        return Read("0", at + 1)
    total, end, ceiling = 0, at, 10**12
    while True:
        start = end + 1 if total and _says(tokens, end, "and") else end
        group = _read_group(tokens, start)
        if group is None:
            break
        value, after = group
        scale = SCALES.get(tokens[after], 1) if after < len(tokens) else 1
        if scale >= ceiling:
            break
        total, end, ceiling = total + value * scale, after + (scale > 1), scale
        if scale == 1:
            break
    return Read(str(total), end) if total else None


def _read_group(tokens: Sequence[str], at: int) -> tuple[int, int] | None:
    """1–999 in words, `a` counting as one before hundred and the scales."""
    if _says(tokens, at, "a") and at + 1 < len(tokens) and tokens[at + 1] in ("hundred", *SCALES):
        lead: tuple[int, int] | None = (1, at + 1)
    else:
        lead = _below_hundred(tokens, at)
    if lead is None or not _says(tokens, lead[1], "hundred"):
        return lead
    value, end = lead[0] * 100, lead[1] + 1
    rest = _below_hundred(tokens, end + 1 if _says(tokens, end, "and") else end)
    return (value + rest[0], rest[1]) if rest else (value, end)


def _below_hundred(tokens: Sequence[str], at: int) -> tuple[int, int] | None:
    value = _SMALL.get(tokens[at]) if at < len(tokens) else None
    if value is None:
        return None
    following = _SMALL.get(tokens[at + 1], 0) if at + 1 < len(tokens) else 0
    if value >= 20 and 1 <= following <= 9:
        return value + following, at + 2
    return value, at + 1


def _says(tokens: Sequence[str], at: int, word: str) -> bool:
    return at < len(tokens) and tokens[at] == word
