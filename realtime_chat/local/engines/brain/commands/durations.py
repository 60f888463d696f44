"""How long, as people say and type it. Pure."""

import re
from fractions import Fraction

from realtime_chat.local.engines.brain.commands.numbers import read_number

_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("day", "days"), 86_400),
}
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+")
_SHARES = {
    ("half", "an"): Fraction(1, 2),
    ("half", "a"): Fraction(1, 2),
    ("a", "quarter", "of", "an"): Fraction(1, 4),
    ("three", "quarters", "of", "an"): Fraction(3, 4),
}


def duration(text: str) -> int | None:
    """Seconds of "five minutes", "an hour and a half", "1h 30m" or "90 s"; `None` for anything else."""
    tokens = _TOKEN.findall(text.lower().replace("-", " "))
    if _TOKEN.sub("", text.lower()).strip(" -.,"):
        return None
    total, at = Fraction(0), 0
    while at < len(tokens):
        at += bool(total) and tokens[at] == "and"
        found = _part(tokens, at)
        if found is None:
            return None
        seconds, at = found
        total += seconds
    return int(total) or None


def _part(tokens: list[str], at: int) -> tuple[Fraction, int] | None:
    amount, at = _amount(tokens, at)
    if amount is None or at >= len(tokens) or tokens[at] not in _UNITS:
        return None
    unit = _UNITS[tokens[at]]
    at += 1
    if tokens[at : at + 3] == ["and", "a", "half"]:  # an hour and a half
        return (amount + Fraction(1, 2)) * unit, at + 3
    return amount * unit, at


def _amount(tokens: list[str], at: int) -> tuple[Fraction | None, int]:
    for phrase, share in _SHARES.items():
        if tuple(tokens[at : at + len(phrase)]) == phrase:
            return share, at + len(phrase)
    found = read_number(tokens, at)
    if found is None:
        return (Fraction(1), at + 1) if tokens[at : at + 1] in (["a"], ["an"]) else (None, at)
    if tokens[found.end : found.end + 3] == ["and", "a", "half"]:  # two and a half minutes
        return Fraction(found.value) + Fraction(1, 2), found.end + 3
    return Fraction(found.value), found.end
