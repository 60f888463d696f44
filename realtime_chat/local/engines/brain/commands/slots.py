"""What may stand in the gaps of sentences: how it reads, and how it sounds.

A slot's `parse` says what its text means, `None` if it is no such thing: this is what keeps a sentence with
gaps from matching anything. Its `spoken` is a template of what the recogniser expects there; a slot without
one can only be typed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from realtime_chat.local.engines.brain.commands.durations import duration
from realtime_chat.local.engines.brain.commands.expressions import arithmetic
from realtime_chat.local.engines.brain.commands.numbers import ONES, TEENS, TENS, number

_ARTICLES = re.compile(r"^(?:the|my|a|an|some|our)\s+", re.IGNORECASE)
_LIST_NAME = re.compile(r"[a-z0-9]+(?:[ -][a-z0-9]+){0,2}", re.IGNORECASE)
_PATH = re.compile(r"[^\s/\\]+(?:[ ][^\s/\\]+)*(?:[/\\][^/\\]+)*[/\\]?")
_QUOTES = "\"'`“”‘’"


class Slot(NamedTuple):
    """See above; `parse` gets the words as they were typed."""

    parse: Callable[[str], Any]
    spoken: str | None


def _items(text: str) -> tuple[str, ...] | None:
    """Things on a list: "some milk, eggs and bread" is three."""
    parts = [_ARTICLES.sub("", part.strip(f" .,{_QUOTES}")) for part in re.split(r",|\band\b|&", text)]
    items = tuple(part for part in parts if part)
    sound = items and all(len(item) <= 80 and "list" not in item.lower().split() for item in items)
    return items if sound else None


def _list_name(text: str) -> str | None:
    name = _ARTICLES.sub("", text.strip(f" .,{_QUOTES}")).lower().replace("-", " ")
    words = set(name.split())
    return name if _LIST_NAME.fullmatch(name) and not words & {"list", "and", "my", "the"} else None


def _label(text: str) -> str | None:
    label = _ARTICLES.sub("", text.strip(f" .,{_QUOTES}"))
    nameless = {"the", "my", "a", "an", "all", "this", "that", "timer"}
    return label if 0 < len(label) <= 40 and label.lower() not in nameless and not duration(label) else None


def _text(text: str) -> str | None:
    return text.strip(" :,\t") or None


def _path(text: str) -> str | None:
    """A relative or absolute path; what is allowed is for the tool to say."""
    path = text.strip().strip(_QUOTES).rstrip("?!,;")
    path = path.removesuffix(".") if not path.endswith("..") and path != "." else path
    return path if path and len(path) <= 300 and (_PATH.fullmatch(path) or path[0] in "/~.") else None


def _file(text: str) -> str | None:
    """A path that looks like a file, so that "read the paper" is not one."""
    path = _path(text)
    return path if path and " " not in path and re.search(r"\.\w|/", path) else None


def _either(words: str) -> str:
    return f"({'|'.join(words.split(','))})"


#: What can be put on a list by voice; anything else is typed.
THINGS = (
    *("apples", "bananas", "beans", "beer", "bread", "butter", "candles", "carrots", "cheese", "chicken"),
    *("chocolate", "coffee", "cookies", "cream", "cucumber", "eggs", "fish", "flour", "flowers", "garlic"),
    *("grapes", "honey", "ice cream", "juice", "lemons", "lettuce", "meat", "milk", "mushrooms", "noodles"),
    *("nuts", "oil", "olives", "onions", "oranges", "pasta", "pepper", "potatoes", "rice", "salad"),
    *("salt", "sausages", "shampoo", "soap", "spinach", "strawberries", "sugar", "tea", "toilet paper"),
    *("tomatoes", "tooth paste", "vegetables", "vinegar", "water", "wine", "yogurt", "batteries", "books"),
    *("passport", "sun screen", "socks", "towels", "umbrella", "medicine"),
)

#: Pieces that templates share, as hassil expansion rules; all of them can be heard.
RULES: Mapping[str, str] = {
    "one_to_nine": f"({'|'.join(ONES)})",
    "ten_to_nineteen": f"({'|'.join(TEENS)})",
    "tens": f"({'|'.join(TENS)})",
    "below_hundred": "(<one_to_nine>|<ten_to_nineteen>|<tens> [<one_to_nine>])",
    "hundreds": "(a|<one_to_nine>) hundred [[and] <below_hundred>]",
    "number": "(zero|<below_hundred>|<hundreds>|<below_hundred> thousand)",
    "operator": "(plus|minus|times|multiplied by|divided by)",
    "what_is": "(what is|what's|how much is|calculate)",
    "span": "(<below_hundred> (seconds|minutes|hours)|(a|one) (minute|hour)|an hour|half an hour|an hour and a half)",
    "my": "[my|the]",
    "thing": _either(",".join(THINGS)),
}

SLOTS: Mapping[str, Slot] = {
    "expression": Slot(
        arithmetic,
        "(<number> <operator> <number> [(plus|minus|times) <number>]|<number> percent of <number>"
        "|[the] square root of <number>|<number> (squared|cubed))",
    ),
    "first": Slot(number, "<number>"),
    "second": Slot(number, "<number>"),
    "duration": Slot(duration, "<span> [[and] <below_hundred> (seconds|minutes)]"),
    "label": Slot(_label, _either("tea,coffee,egg,eggs,pasta,rice,pizza,laundry,bread,oven,break")),
    "items": Slot(_items, "[some] <thing> [and <thing>]"),
    "list": Slot(_list_name, _either("shopping,grocery,to do,packing,reading,wish")),
    "text": Slot(_text, None),
    "path": Slot(_path, None),
    "file": Slot(_file, None),
}
