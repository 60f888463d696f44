"""From a sentence to commands: hassil matches the templates, the slots decide what their gaps mean."""

import functools
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from hassil import Intents, RecognizeResult, recognize_all

from realtime_chat.local.engines.brain.commands.catalog import (
    COMMANDS,
    LEADS,
    TAILS,
    TYPED_LEADS,
    TYPED_TAILS,
)
from realtime_chat.local.engines.brain.commands.command import Command, Slots
from realtime_chat.local.engines.brain.commands.slots import RULES, SLOTS

#: Longer than any command; matching gaps costs time that grows faster than the text.
MAX_CHARS = 2_000
#: "A and B and C": more joints than this are one sentence or none.
MAX_JOINTS = 6
_JOINT = re.compile(
    r"\s*(?:[,;]\s*(?:and\s+)?(?:then\s+)?|[.?!]\s+|\s(?:and then|and|then)\s)\s*", re.IGNORECASE
)


class Understood(NamedTuple):
    """A command and the values of its slots."""

    command: Command
    slots: Slots


def understand(text: str) -> tuple[Understood, ...]:
    """What `text` asks for, in order; several commands may be joined by "and". Empty: not understood.

    A sentence is understood as a whole or not at all, and in as few parts as possible.
    """
    if len(text) > MAX_CHARS:
        return ()
    whole = _one(text)
    if whole is not None:
        return (whole,)
    joints = list(_JOINT.finditer(text))
    if not 0 < len(joints) <= MAX_JOINTS:
        return ()
    return next(_joined(text, joints), ())


def _joined(text: str, joints: list[re.Match[str]]) -> Iterator[tuple[Understood, ...]]:
    """Every way to read all parts, the one with the fewest parts first."""
    one = functools.cache(_one)
    for count in range(1, len(joints) + 1):
        for chosen in combinations(joints, count):
            starts = [0, *(joint.end() for joint in chosen)]
            ends = [*(joint.start() for joint in chosen), len(text)]
            parts = [one(text[start:end]) for start, end in zip(starts, ends, strict=True)]
            found = tuple(part for part in parts if part is not None)
            if len(found) == len(parts):
                yield found


def _one(text: str) -> Understood | None:
    """`text` as a single command: as it stands, else without what is said around commands."""
    found = _match(text)
    while found is None and (shorter := _trimmed(text)) != text:
        text = shorter
        found = _match(text)
    return found


def _match(text: str) -> Understood | None:
    for result in recognize_all(text, _intents()):
        slots = _values(text, result)
        if slots is not None:
            return Understood(_commands()[result.intent.name], slots)
    return None


def _values(text: str, result: RecognizeResult) -> Slots | None:
    """The slots' values, read from the words as they were typed; `None` if one of them is no such thing."""
    values: dict[str, Any] = {}
    for entity in result.entities_list:
        span = entity.text_span
        value = SLOTS[entity.name].parse(text[span[0] : span[1]] if span else entity.text)
        if value is None:
            return None
        values[entity.name] = value
    return values


def _trimmed(text: str) -> str:
    """Without one phrase before it or, if there is none, behind it."""
    without_lead = _lead().sub("", text, count=1)
    return without_lead if without_lead != text else _tail().sub("", text, count=1)


@functools.cache
def _lead() -> re.Pattern[str]:
    return re.compile(rf"^\s*(?:{_any_of(LEADS + TYPED_LEADS)})\b[\s,.!:]*(?=\S)", re.IGNORECASE)


@functools.cache
def _tail() -> re.Pattern[str]:
    return re.compile(rf"(?<=\S)[\s,]+(?:{_any_of(TAILS + TYPED_TAILS)})[\s.!?]*$", re.IGNORECASE)


def _any_of(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


@functools.cache
def _commands() -> dict[str, Command]:
    return {command.name: command for command in COMMANDS}


@functools.cache
def _intents() -> Intents:
    return Intents.from_dict(
        {
            "language": "en",
            "intents": {
                command.name: {"data": [{"sentences": [*command.sentences, *command.typed]}]}
                for command in COMMANDS
            },
            "lists": {name: {"wildcard": True} for name in SLOTS},
            "expansion_rules": dict(RULES),
        }
    )
