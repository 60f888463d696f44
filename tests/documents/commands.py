"""What the console blocks of a page ask a reader to type, and in which way each of it is run here.

A block is run as it stands, in bash, one command after the other, and each must end well. A comment before it that the
rendered page does not show says otherwise:

    <!-- run: exit 3 -->       it ends with this code
    <!-- run: screen -->       it is a screen: it comes up in a pseudo terminal, and Ctrl+D leaves it
    <!-- run: server -->       it serves until it is told to end
    <!-- run: ollama -->       a screen; what answers is a local service in Ollama's place
    <!-- run: device -->       it needs a sound card; run where there is one (`make devices`)
    <!-- run: long -->         it takes minutes; run with the long runs (`make soak`)
    <!-- run: walk -->         it belongs to a worked example, which test_walks.py follows as a whole
    <!-- not run: REASON -->   it is not; for the reasons below alone

`make TARGET` needs no comment: it is checked against the Makefile. Where lines of a block begin with `$ `, these are
the commands, and the others what they print.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tests.documents.pages import ROOT, Block, blocks

#: Why a command is not run, and nothing else is a reason.
REASONS = {
    "installs": "it fetches packages and changes the machine",
    "publishes": "it shows the world a release",
    "another shell": "it is for a system that is not this one",
}
#: Whoever writes for another one must say that it is not run.
SHELLS = ("console", "powershell")
WAYS = ("here", "screen", "server", "ollama", "device", "long", "walk", "make", "not run")
_EXIT = re.compile(r"exit (\d+)")


@dataclass(frozen=True, slots=True)
class Command:
    """`printed`: lines that it must show, in this order; "…" stands for any."""

    at: str
    text: str
    way: str
    code: int = 0
    reason: str = ""
    printed: tuple[str, ...] = ()


def commands(page: Path) -> list[Command]:
    """All that a page asks a reader to type."""
    return [one for block in blocks(page) if block.language in SHELLS for one in commands_of(block)]


def commands_of(block: Block) -> list[Command]:
    """Raises ValueError for a comment that says nothing known."""
    way, code, reason = _noted(block)
    return [
        Command(
            at=block.at,
            text=text,
            way="make" if way == "here" and is_make(text) else way,
            code=code,
            reason=reason,
            printed=printed,
        )
        for text, printed in _typed(block.text)
    ]


def is_make(command: str) -> bool:
    """Whether it is a target of ours, or all of CI: what these run, they run themselves."""
    words = shlex.split(command, comments=True)
    return words[:1] == ["make"] or words == ["bash", ".ci/run"]


def targets() -> set[str]:
    """Of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def _noted(block: Block) -> tuple[str, int, str]:
    """The way, the exit code, the reason."""
    kind, _, what = block.note.partition(": ")
    if kind == "not run" and what in REASONS:
        return "not run", 0, what
    if (code := _EXIT.fullmatch(what)) and kind == "run":
        return "here", int(code[1]), ""
    if kind == "run" and what in WAYS[1:7]:
        return what, 0, ""
    if block.note:
        raise ValueError(f"{block.at}: {block.note!r} says nothing that is known")
    return "here", 0, ""


def _typed(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each command, and what stands below it."""
    lines = text.replace("\\\n", "").splitlines()
    if not any(line.startswith("$ ") for line in lines):
        return [(line, ()) for line in lines if line.strip() and not line.lstrip().startswith("#")]
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(line)
    return [(command, tuple(printed)) for command, printed in found]
