"""What a human allowed beyond one call: for this run of the program, or, in a file, for good."""

import os
from pathlib import Path
from typing import Any

import msgspec

from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.tools.builtin.datafolder import StorageFailed, changing, read_text, write_text
from realtime_chat.tools.permission import Grant

FILE = "grants.json"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file: a grant holds in the workspace for which it was given, nowhere else."""

    workspace: str
    tool: str
    arguments: str
    others_vary: bool = False


class GrantBook:
    """The grants in force for one workspace. `folder` None: none are kept.

    The file is read once, and anew whenever a grant is added to it, so that two programs lose nothing of each
    other's. One that cannot be read grants nothing: a human is asked again.
    """

    def __init__(self, folder: Path | None, workspace: Path) -> None:
        self._folder = folder
        self._workspace = os.path.realpath(workspace)
        self._in_force: set[Grant] = set()
        if folder is not None:
            self._in_force.update(_grants(_read(folder), self._workspace))

    @property
    def in_force(self) -> frozenset[Grant]:
        """All of them."""
        return frozenset(self._in_force)

    def add(self, grant: Grant) -> None:
        """For this run of the program."""
        self._in_force.add(grant)

    def keep(self, grant: Grant) -> None:
        """For good; waits for the disk. Raises StorageFailed, TimedOut: it holds for this run all the same."""
        self.add(grant)
        if self._folder is None:
            return
        fresh = _Kept(
            workspace=self._workspace,
            tool=grant.tool,
            arguments=grant.arguments,
            others_vary=grant.others_vary,
        )
        with changing(self._folder):
            kept = _read(self._folder)
            if fresh not in kept:
                text = msgspec.json.format(msgspec.json.encode([*kept, fresh]), indent=1).decode()
                write_text(self._folder / FILE, text + "\n")


def _grants(kept: list[_Kept], workspace: str) -> set[Grant]:
    return {Grant(one.tool, one.arguments, one.others_vary) for one in kept if one.workspace == workspace}


def _read(folder: Path) -> list[_Kept]:
    """What the file holds; lines of another make are left out."""
    try:
        lines: list[Any] = read_json(read_text(folder / FILE) or "[]", list[Any])
    except (StorageFailed, NotJson):
        return []
    return [kept for line in lines if (kept := _line(line)) is not None]


def _line(line: Any) -> _Kept | None:
    try:
        return msgspec.convert(line, _Kept)
    except msgspec.ValidationError:
        return None
