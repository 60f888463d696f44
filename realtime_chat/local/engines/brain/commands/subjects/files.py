"""Files of the client's workspace. Their names are typed: no grammar knows them."""

import msgspec

from realtime_chat.local.engines.brain.commands.command import (
    Command,
    Plan,
    Slots,
    answering,
    calling,
    listed,
    plural,
)
from realtime_chat.local.engines.ports import BrainRequest

_NAMED_AT_ONCE = 12
_READ_CHARS = 1_500


class Entry(msgspec.Struct, frozen=True):
    name: str
    kind: str = "file"


class Folder(msgspec.Struct, frozen=True):
    entries: list[Entry]
    path: str = "."
    count: int = 0


class File(msgspec.Struct, frozen=True):
    text: str
    truncated: bool = False


def _list(slots: Slots, request: BrainRequest) -> Plan:
    return calling("list_folder", path=slots.get("path") or ".")


def _read(slots: Slots, request: BrainRequest) -> Plan:
    return calling("read_file", path=slots["file"])


def _tell_folder(slots: Slots, output: Folder) -> str:
    place = f"in {slots['path']}" if slots.get("path") else "here"
    if not output.entries:
        return f"There is nothing {place}."
    names = [_named(entry) for entry in output.entries[:_NAMED_AT_ONCE]]
    count = max(output.count, len(output.entries))
    more = count - len(names)
    lead = f"There {'is' if count == 1 else 'are'} {plural(count, 'thing')} {place}"
    return f"{lead}: {listed([*names, f'{more} more'] if more > 0 else names)}."


def _named(entry: Entry) -> str:
    return f"the folder {entry.name}" if entry.kind == "folder" else entry.name


def _tell_file(slots: Slots, output: File) -> str:
    if not output.text.strip():
        return f"{slots['file']} is empty."
    text = output.text.strip()
    cut = output.truncated or len(text) > _READ_CHARS
    return f"{slots['file']} says: {text[:_READ_CHARS]}" + (" … and so on." if cut else "")


COMMANDS = (
    Command(
        name="list_folder",
        sentences=("(list|show [me]) the files", "what files are (there|here)"),
        typed=(
            "[list|show [me]|what are] [the|my|all] (files|folder|workspace|directory) [here|please]",
            "(list|show [me]) [the] (files|folder|directory) [in|of|under] [the] [folder|directory] {path}",
            "what is in the (folder|directory) {path}",
            "what files are in [the] [folder|directory] {path}",
            "(what is|what's) in (the|this|my) (folder|workspace|directory)",
        ),
        act=_list,
        doing="look into the folder",
        output=Folder,
        tell=_tell_folder,
    ),
    Command(
        name="read_file",
        typed=(
            "(read|show|open|print|cat) [me] [the] [file] {file}",
            "(what is|what's|what does) [in] [the] [file] {file} [say|contain|hold]",
        ),
        act=_read,
        doing="read the file",
        output=File,
        tell=_tell_file,
    ),
    Command(
        name="read_file_by_voice",
        sentences=("read a file",),
        typed=("(read|open) [the|this] file", "open a file"),
        act=answering("I cannot hear file names, so please type it, like this: read the file notes.txt."),
    ),
)
