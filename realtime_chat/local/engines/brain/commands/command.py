"""One thing the brain understands: how it is asked for, what is done about it, how the result is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from realtime_chat.local.engines.ports import BrainCall, BrainRequest

#: The values found in a sentence, by slot name; `slots.SLOTS` says what each holds.
Slots = Mapping[str, Any]
#: Calls the client shall run, or an answer that needs none.
Plan = tuple[BrainCall, ...] | str


class Said(msgspec.Struct, frozen=True):
    """Output that is to be said as it is."""

    text: str


def _as_it_is(slots: Slots, output: Said) -> str:
    return output.text


@dataclass(frozen=True, kw_only=True)
class Command:
    """`sentences` are hassil templates, heard and read; `typed` are templates no grammar can hear.

    `act` plans. `output` is the shape in which the client's tool answers, `scalar` the field that a bare
    value stands for, and `tell` makes a sentence of it; `doing` completes "I could not …".
    """

    name: str
    sentences: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    act: Callable[[Slots, BrainRequest], Plan]
    doing: str = "do that"
    output: type[msgspec.Struct] = Said
    scalar: str = "text"
    tell: Callable[[Slots, Any], str] = _as_it_is


def calling(tool: str, **arguments: Any) -> Plan:
    """One call."""
    return (BrainCall(name=tool, arguments=arguments),)


def answering(text: str) -> Callable[[Slots, BrainRequest], Plan]:
    """The same answer to everyone."""

    def act(slots: Slots, request: BrainRequest) -> Plan:
        return text

    return act


def plural(count: int, noun: str) -> str:
    """ "1 item", "2 items"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def listed(things: list[str]) -> str:
    """ "milk, eggs and bread"."""
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)
