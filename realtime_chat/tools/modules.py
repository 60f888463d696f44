"""Tools of the user's own: the `@tool` functions of Python files, which may be broken in every way.

A file runs in a thread of its own while it is imported, so that one that hangs costs ten seconds and no more.
"""

import importlib.util
import itertools
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from realtime_chat.core.clock import within
from realtime_chat.core.errors import ChatError, TimedOut
from realtime_chat.core.ports import Clock
from realtime_chat.core.printable import one_line
from realtime_chat.tools.base import Tool
from realtime_chat.tools.printing import as_a_tool
from realtime_chat.tools.workers import Workers

#: Seconds that an import may take.
LOAD_S = 10.0

_count = itertools.count(1)


class ModuleFailed(ChatError):
    """A file of tools or agents cannot be used; the message says which and why."""

    kind: ClassVar[str] = "tools_file_failed"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a file is imported for, and where its name stands."""

    what: str
    named_by: str


TOOLS = Purpose("tools", "--tools or [tools] modules")


@dataclass(frozen=True, slots=True)
class OwnTool:
    """A tool, and the file that it came from."""

    tool: Tool
    file: Path


@dataclass(frozen=True, slots=True)
class OwnTools:
    """What could be had, in the order of files and definitions, and one line about each thing that could not."""

    tools: tuple[OwnTool, ...] = ()
    faults: tuple[str, ...] = ()


async def own_tools(files: Iterable[Path], taken: Sequence[str], clock: Clock) -> OwnTools:
    """The tools of all files. Never raises: a file that fails, and a tool whose name is `taken` or was used
    by an earlier file, is left out and told."""
    tools: list[OwnTool] = []
    faults: list[str] = []
    names = dict.fromkeys(taken, "the built-in ones")
    for file in files:
        try:
            found = await load(file, clock)
        except ChatError as error:
            faults.append(error.message)
            continue
        for tool in found:
            if tool.name in names:
                faults.append(_clash(tool.name, file, names[tool.name]))
            else:
                names[tool.name] = file.name
                tools.append(OwnTool(tool, file))
    return OwnTools(tuple(tools), tuple(faults))


async def load(file: Path, clock: Clock) -> list[Tool]:
    """The tools that one file defines or imports, in its order. Raises ModuleFailed, in one line."""
    module = await imported(file, clock, TOOLS)
    found = [value for value in vars(module).values() if isinstance(value, Tool)]
    if not found:
        raise ModuleFailed(f"{_shown(file)} has no tools; put @tool above its functions.")
    return list({id(one): one for one in found}.values())


async def imported(file: Path, clock: Clock, purpose: Purpose) -> ModuleType:
    """A file of the user's own, which runs as it is imported. Raises ModuleFailed, in one line."""
    path = _found(file, purpose)
    try:
        import_ended = Workers().start(lambda: _import(path, purpose), name=f"import-{path.stem}")
        outcome = await within(clock, LOAD_S, import_ended, "The import")
    except TimedOut:
        outcome = ModuleFailed(
            f"The {purpose.what} of {_shown(file)} are not used: its import takes too long."
        )
    if isinstance(outcome, ModuleFailed):
        raise outcome
    return outcome


def _found(file: Path, purpose: Purpose) -> Path:
    path = file.expanduser().absolute()
    if not path.is_file():
        raise ModuleFailed(
            f"The {purpose.what} file {_shown(file)} is not there; correct {purpose.named_by}."
        )
    return path


def _import(path: Path, purpose: Purpose) -> ModuleType | ModuleFailed:
    """Runs in the thread. Files beside it can be imported, but never in place of installed packages."""
    name = f"own_{purpose.what}_{next(_count)}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=SourceFileLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations and dataclasses look there
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        with as_a_tool():
            spec.loader.exec_module(module)
    except BaseException as error:  # sys.exit, too, ends the import and not us
        del sys.modules[name]
        return ModuleFailed(f"The {purpose.what} of {_shown(path)} are not used: {_reason(error, path)}.")
    return module


def _reason(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno}: {error.msg}"
    if isinstance(error, ChatError):
        return one_line(error.message, 300).rstrip(".")
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    where = f"line {lines[-1]}: " if lines else ""
    try:
        text = str(error)
    except Exception:  # a foreign __str__ may fail, too
        text = ""
    return f"{where}{type(error).__name__}{': ' if text else ''}{one_line(text, 300)}".rstrip(".")


def _clash(name: str, file: Path, owner: str) -> str:
    return f"The tool {name!r} of {_shown(file)} is not used: {owner} have it already; rename yours."


def _shown(file: Path) -> str:
    return one_line(str(file), 200)
