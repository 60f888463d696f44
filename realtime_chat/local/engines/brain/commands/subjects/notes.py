"""Notes, kept by the client. Their words are free, and a grammar cannot hear free words: they are typed."""

import msgspec

from realtime_chat.local.engines.brain.commands.command import (
    Command,
    Plan,
    Slots,
    answering,
    calling,
    plural,
)
from realtime_chat.local.engines.ports import BrainRequest

_READ_AT_ONCE = 5


class Noted(msgspec.Struct, frozen=True):
    text: str


class Notes(msgspec.Struct, frozen=True):
    notes: list[Noted]
    count: int = 0


def _add(slots: Slots, request: BrainRequest) -> Plan:
    return calling("add_note", text=slots["text"])


def _read(slots: Slots, request: BrainRequest) -> Plan:
    return calling("read_notes")


def _tell_added(slots: Slots, output: Noted) -> str:
    return f"Noted: {output.text}"


def _tell_notes(slots: Slots, output: Notes) -> str:
    if not output.notes:
        return "You have no notes."
    count = max(output.count, len(output.notes))
    newest = output.notes[-_READ_AT_ONCE:]
    lead = f"You have {plural(count, 'note')}" + (f"; the last {len(newest)}" if count > len(newest) else "")
    return f"{lead}: {' '.join(_sentence(note.text) for note in newest)}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


COMMANDS = (
    Command(
        name="add_note",
        typed=(
            "note [that|down] {text}",
            "(take|make|add) (a|this) note [that|of|to] {text}",
            "remember (that|to) {text}",
            "(write down|note down) [that] {text}",
        ),
        act=_add,
        doing="keep the note",
        output=Noted,
        tell=_tell_added,
    ),
    Command(
        name="add_note_by_voice",
        sentences=("(take|make|add) a note",),
        act=answering("I cannot hear free words, so please type the note, like this: note: call the bank."),
    ),
    Command(
        name="read_notes",
        sentences=("(read|show) [me] my notes", "what are my notes", "do i have [any] notes"),
        typed=("[read|show|list] [me] [my|the|all] notes", "what did i note [down]"),
        act=_read,
        doing="read the notes",
        output=Notes,
        tell=_tell_notes,
    ),
)
