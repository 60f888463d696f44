"""Who may import whom, beyond what the import contracts say."""

from tests.architecture.source import (
    graph,
    imports,
    is_ours,
    is_stdlib,
    local_imports,
    modules,
    reach,
)

CORE_MAY_USE = {"msgspec", "filelock", "websockets", "httpx"}


def circles(edges: dict[str, set[str]]) -> list[str]:
    return sorted(name for name in edges if name in reach(name, edges))


def test_no_module_is_imported_by_what_it_imports():
    assert circles(graph()) == []


def test_a_circle_would_be_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]


def test_the_core_uses_no_other_package_than_the_few_it_declares():
    used = {
        name.split(".")[0]
        for one in modules()
        if one.name.startswith("realtime_chat.core")
        for _, name in imports(one.tree)
        if not is_ours(name) and not is_stdlib(name)
    }
    assert used <= CORE_MAY_USE


def test_a_late_import_outside_of_cli_says_why_it_is_late():
    silent = [
        f"{one.at(statement)} {name}"
        for one in modules()
        if not one.name.startswith("realtime_chat.cli")
        for statement, name in local_imports(one)
        if not one.says_why(statement)
    ]
    assert silent == []
