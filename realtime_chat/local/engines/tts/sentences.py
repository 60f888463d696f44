"""Cutting a text into pieces that are synthesised one after the other. Pure."""

import re
from itertools import pairwise
from typing import NamedTuple

#: A sentence longer than this is cut at a comma or a space: speech must begin before all of it is made.
MAX_CHARS = 240
_END = re.compile(r"[.!?…]+[\"')\]]*(?=\s)|\n+")
_SOFT = re.compile(r"[,;:)]\s|\s")


_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Piece(NamedTuple):
    """`text` begins at character `start` of the whole."""

    start: int
    text: str


def speakable(text: str) -> str:
    """The same text with blanks for what no engine can take: control characters and what is no Unicode."""
    return _UNSPEAKABLE.sub(" ", text)


def pieces(text: str) -> list[Piece]:
    """Sentences, or parts of very long ones; joined they are `text`, and none is empty."""
    cuts = [match.end() for match in _END.finditer(text)]
    bounds = [0, *cuts, len(text)]
    return [
        part for start, end in pairwise(bounds) if end > start for part in _bounded(start, text[start:end])
    ]


def _bounded(start: int, sentence: str) -> list[Piece]:
    parts: list[Piece] = []
    while len(sentence) > MAX_CHARS:
        cut = _last_pause(sentence[:MAX_CHARS])
        parts.append(Piece(start, sentence[:cut]))
        start, sentence = start + cut, sentence[cut:]
    parts.append(Piece(start, sentence))
    return parts


def _last_pause(text: str) -> int:
    """Where to cut: after the last comma of the second half, else after its last space, else at the end."""
    stops = [match for match in _SOFT.finditer(text) if match.end() > len(text) // 2]
    commas = [match for match in stops if len(match.group()) == 2]
    return (commas or stops)[-1].end() if stops else len(text)
