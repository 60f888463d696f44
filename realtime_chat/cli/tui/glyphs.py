"""Foreign text as every terminal draws it alike.

`printable` makes text harmless; this makes it keep its place. Terminals disagree about how wide joined emoji, flags and
variation selectors are, and one cell too many breaks the whole line, so what is in dispute is drawn in parts.
"""

import re

from realtime_chat.core.printable import printable

#: Characters and lines that a row shows at most, so that a line of a megabyte freezes nothing.
LONG = 50_000
LINES = 2_000

#: Drawn by nobody, or changing the width of a neighbour: soft hyphen, marks of direction, zero-width spaces
#: and joiners, invisible operators, variation selectors, skin tones, the byte order mark, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200d-\u200f\u2060-\u2064\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U0001f3fb-\U0001f3ff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
#: No script stacks more than three; a hundred would cover the lines above.
_STACK = re.compile(f"([{_MARKS}]{{3}})[{_MARKS}]+")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
_HALF = re.compile("[\ud800-\udfff]")


def steady(text: str) -> str:
    """The text, printable, and as wide on every terminal as we count it. Line ends stay where they are."""
    text = printable(text)
    if text.isascii():
        return text
    text = _STACK.sub(r"\1", _INVISIBLE.sub("", text))
    return _HALF.sub("�", _FLAG.sub(_letter, text))


def beginning(text: str, limit: int = LONG) -> str:
    """As much of it as is drawn."""
    text = text[:limit]
    return text if text.count("\n") < LINES else "\n".join(text.split("\n", LINES)[:LINES])


def bounded(text: str, limit: int = LONG) -> tuple[str, int]:
    """The beginning that is drawn, steady, and how many characters are not."""
    shown = beginning(text, limit)
    return steady(shown), len(text) - len(shown)


def flat(text: str, limit: int) -> str:
    """The text as one steady line of at most `limit` characters."""
    words = " ".join(steady(text[: 4 * limit]).split())
    whole = len(text) <= 4 * limit and len(words) <= limit
    return words if whole else f"{words[: limit - 1]}…"


def _letter(match: re.Match[str]) -> str:
    """A flag is two letters in disguise."""
    return chr(ord(match[0]) - 0x1F1E6 + ord("A"))
