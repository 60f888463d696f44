"""Sizes that keep a file readable in one sitting. Screen and session are the first to outgrow them."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import Block, Function, Module, classes, functions, modules, suite

FILE_LINES = 400
FUNCTION_LINES = 40
CLASS_METHODS = 20
NESTING = 3
ARGUMENTS = 8
EMPTY_WORDS = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)($|_)")
EMPTY_CLASSES = re.compile(r"(Utils?|Helpers?|Manager)$")


def spans(module: Module) -> Iterator[tuple[str, int]]:
    for name, function in functions(module.tree):
        yield f"{module.at(function)} {name}", (function.end_lineno or 0) - function.lineno + 1


def depth(node: ast.AST) -> int:
    """How deep blocks stand in blocks; `elif` opens none, inner functions count for themselves."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        opens = isinstance(child, Block) and not is_elif(node, child)
        deepest = max(deepest, depth(child) + opens)
    return deepest


def is_elif(parent: ast.AST, child: ast.AST) -> bool:
    return isinstance(parent, ast.If) and isinstance(child, ast.If) and parent.orelse == [child]


def argument_count(function: Function, *, is_method: bool) -> int:
    arguments = function.args
    return len(arguments.posonlyargs + arguments.args + arguments.kwonlyargs) - is_method


def is_command(function: Function) -> bool:
    """A command of the program: its arguments are its flags, as many as its users need."""
    return any(".command(" in ast.unparse(decorator) for decorator in function.decorator_list)


def is_method(function: Function) -> bool:
    first = (function.args.posonlyargs + function.args.args)[:1]
    return bool(first) and first[0].arg in {"self", "cls"}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
class TestEachModule:
    def test_has_no_more_lines_than_one_can_keep_in_mind(self, module: Module):
        assert len(module.lines) <= FILE_LINES

    def test_has_short_functions(self, module: Module):
        assert {where: lines for where, lines in spans(module) if lines > FUNCTION_LINES} == {}

    def test_has_classes_of_few_methods(self, module: Module):
        sizes = {
            one.name: sum(isinstance(node, Function) for node in one.body) for one in classes(module.tree)
        }
        assert {name: size for name, size in sizes.items() if size > CLASS_METHODS} == {}

    def test_has_flat_functions(self, module: Module):
        depths = {
            f"{module.at(function)} {name}": depth(function) for name, function in functions(module.tree)
        }
        assert {where: deep for where, deep in depths.items() if deep > NESTING} == {}

    def test_has_functions_of_few_arguments(self, module: Module):
        counts = {
            f"{module.at(function)} {name}": argument_count(function, is_method=is_method(function))
            for name, function in functions(module.tree)
            if not is_command(function)
        }
        assert {where: count for where, count in counts.items() if count > ARGUMENTS} == {}

    def test_has_a_name_that_says_what_is_inside(self, module: Module):
        assert not EMPTY_WORDS.search(module.name.rsplit(".", 1)[-1])
        assert [one.name for one in classes(module.tree) if EMPTY_CLASSES.search(one.name)] == []


def test_test_files_are_short_and_have_telling_names_too():
    assert [one.name for one in suite() if EMPTY_WORDS.search(one.name.rsplit(".", 1)[-1])] == []
    assert [one.path for one in suite() if len(one.lines) > FILE_LINES] == []


def test_functions_have_telling_names_too():
    named = [(one.at(function), name) for one in modules() for name, function in functions(one.tree)]
    assert [(where, name) for where, name in named if EMPTY_WORDS.search(name.rsplit(".", 1)[-1])] == []


def test_the_measures_count_what_they_should():
    tree = ast.parse(
        "class Box:\n"
        "    def put(self, a, /, b, *, c):\n"
        "        for x in a:\n"
        "            if x:\n"
        "                pass\n"
        "            elif b:\n"
        "                with c:\n"
        "                    pass\n"
        "        def inner():\n"
        "            pass\n"
    )
    ((name, put), (inner_name, _)) = functions(tree)
    assert (name, inner_name) == ("Box.put", "Box.put.inner")
    assert depth(put) == 3
    assert argument_count(put, is_method=is_method(put)) == 3
