"""Every key of the screen, by the id of its binding: a test presses what is bound, and says which binding it means."""

import ast
import functools
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode

from realtime_chat.cli import tui

TESTS = Path(__file__).parent.parent


@functools.cache
def bindings() -> tuple[Binding, ...]:
    """All that a class of ours declares, each once."""
    found: dict[int, Binding] = {}
    for name in (one.name for one in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}.")):
        for declared in vars(importlib.import_module(name)).values():
            if isinstance(declared, type) and issubclass(declared, DOMNode) and declared.__module__ == name:
                ours = vars(declared).get("BINDINGS", ())
                assert all(isinstance(one, Binding) for one in ours), declared
                found.update({id(one): one for one in ours})
    return tuple(found.values())


def key_of(one: str, key: str = "") -> str:
    """The first key of the binding with this id, or the one that is meant."""
    (keys,) = (binding.key.split(",") for binding in bindings() if binding.id == one)
    assert not key or key in keys
    return key or keys[0]


def pressed() -> Iterator[tuple[str, str]]:
    """Binding and key of each `key_of` in these tests."""
    for file in TESTS.rglob("test_*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "key_of":
                one, *key = [
                    str(argument.value) for argument in call.args if isinstance(argument, ast.Constant)
                ]
                yield one, key_of(one, *key)
