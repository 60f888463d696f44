"""Lists such as the shopping list, kept by the client."""

import msgspec

from realtime_chat.local.engines.brain.commands.command import (
    Command,
    Plan,
    Slots,
    answering,
    calling,
    listed,
)
from realtime_chat.local.engines.ports import BrainCall, BrainRequest

_READ_AT_ONCE = 20


class Added(msgspec.Struct, frozen=True):
    item: str
    list: str
    added: bool = True


class Removed(msgspec.Struct, frozen=True):
    item: str
    list: str
    removed: bool = True


class Items(msgspec.Struct, frozen=True):
    items: list[str]


def _each(tool: str, slots: Slots) -> Plan:
    return tuple(
        BrainCall(name=tool, arguments={"list": slots["list"], "item": item}) for item in slots["items"]
    )


def _tell_added(slots: Slots, output: Added) -> str:
    if output.added:
        return f"{_capital(output.item)} is now on the {slots['list']} list."
    return f"{_capital(output.item)} was already on the {slots['list']} list."


def _tell_removed(slots: Slots, output: Removed) -> str:
    if output.removed:
        return f"{_capital(output.item)} is off the {slots['list']} list."
    return f"{_capital(output.item)} is not on the {slots['list']} list."


def _read(slots: Slots, request: BrainRequest) -> Plan:
    return calling("read_list", list=slots["list"])


def _tell_items(slots: Slots, output: Items) -> str:
    if not output.items:
        return f"The {slots['list']} list is empty."
    shown, more = output.items[:_READ_AT_ONCE], len(output.items) - _READ_AT_ONCE
    things = listed([*shown, f"{more} more"] if more > 0 else shown)
    return f"On the {slots['list']} list: {things}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


COMMANDS = (
    Command(
        name="add_to_list",
        sentences=("(add|put) {items} (to|on) <my> {list} list",),
        typed=("(add|put) {items} (to|on|onto|into) [my|the|our] {list} list",),
        act=lambda slots, request: _each("add_to_list", slots),
        doing="put that on the list",
        output=Added,
        tell=_tell_added,
    ),
    Command(
        name="add_to_some_list",
        typed=("(add|put) {items} (to|on) (my|the|a) list",),
        act=answering("Which list? Say, for example: add milk to the shopping list."),
    ),
    Command(
        name="remove_from_list",
        sentences=("(remove|delete|take) {items} (from|off) <my> {list} list",),
        act=lambda slots, request: _each("remove_from_list", slots),
        doing="take that off the list",
        output=Removed,
        tell=_tell_removed,
    ),
    Command(
        name="read_list",
        sentences=(
            "(what is|what's) on <my> {list} list",
            "(read|show) [me] <my> {list} list",
        ),
        typed=("[list|tell me] [what is|what's|everything] [on] (my|the) {list} list",),
        act=_read,
        doing="read the list",
        output=Items,
        tell=_tell_items,
    ),
)
