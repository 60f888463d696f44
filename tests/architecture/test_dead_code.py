"""What nobody names is of no use. A look at words, so it misses what shares its name with something else."""

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator

from tests.architecture.source import Module, classes, functions, modules, suite

WORD = re.compile(r"\w+")
#: Bases that call no method by themselves.
STILL = {"Protocol", "Struct", "Enum", "StrEnum", "NamedTuple", "Exception"}


@functools.cache
def named() -> Counter[str]:
    """How often each word stands in the package and its tests."""
    return Counter(
        word for one in (*modules(), *suite()) for line in one.lines for word in WORD.findall(line)
    )


@functools.cache
def bases() -> dict[str, set[str]]:
    """Class → the names of what it is made of, as they are written."""
    return {
        one.name: {ast.unparse(base).split("[")[0].rsplit(".", 1)[-1] for base in one.bases}
        for module in modules()
        for one in classes(module.tree)
    }


def is_called_from_outside(name: str) -> bool:
    """True for a class with a foreign one above it, which calls methods by names that we do not see."""
    return any(
        base not in STILL and (base not in bases() or is_called_from_outside(base))
        for base in bases().get(name, set()) - {name}
    )


def defined(module: Module) -> Iterator[tuple[str, str]]:
    """Where each function, class and constant stands, and its name. A decorator may hand it on: it is left out."""
    for name, function in functions(module.tree):
        *owner, own = name.split(".")
        hook = own.startswith("__") or (bool(owner) and is_called_from_outside(owner[0]))
        if not hook and not function.decorator_list:
            yield module.at(function), own
    yield from ((module.at(one), one.name) for one in classes(module.tree))
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from ((module.at(statement), one.id) for one in targets if isinstance(one, ast.Name))


def test_whatever_is_defined_is_named_somewhere_else_too():
    found = [where for module in modules() for where, name in defined(module) if named()[name] == 1]
    assert found == []


def test_the_look_sees_what_it_should():
    code = (
        "class Box:\n    def put(self): ...\n    def __len__(self): ...\nLIMIT = 3\n@command\ndef run(): ..."
    )
    module = Module(name="x", path="x.py", lines=code.splitlines(), tree=ast.parse(code))
    assert sorted(name for _, name in defined(module)) == ["Box", "LIMIT", "put"]
    assert is_called_from_outside("ChatApp")
    assert not is_called_from_outside("SessionMachine")
