"""What an import costs, seen in a fresh interpreter: the static graph cannot see a deferral that fails."""

import subprocess
import sys
from collections.abc import Iterable

import pytest

from tests.architecture.source import HEAVY, graph, reach


def loaded_by(code: str, *arguments: str) -> set[str]:
    """The top-level packages in a fresh interpreter that has run `code`."""
    report = "\nimport sys; print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    # -W ignore: a warning would be a line among the names.
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code + report, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(run.stderr.splitlines()[-1].split())


def importing(names: Iterable[str]) -> str:
    return "\n".join(f"import {name}" for name in names)


def test_the_core_loads_nothing_heavy():
    edges = graph()
    doors = {f"realtime_chat.core.transports.{name}" for name in ("websocket", "http")}
    core = [
        name
        for name in edges
        if name.startswith("realtime_chat.core") and not ({name} | reach(name, edges)) & doors
    ]
    assert len(core) > 10
    assert loaded_by(importing(core)) & HEAVY == set()


@pytest.mark.parametrize("room", ["audio", "tools"])
def test_importing_a_room_loads_nothing_that_it_does_not_show(room: str):
    assert loaded_by(importing([f"realtime_chat.{room}"])) & HEAVY == set()


def test_the_program_starts_without_anything_heavy():
    assert loaded_by("import realtime_chat.cli.entry") & (HEAVY | {"typer", "click"}) == set()


def test_the_version_is_told_without_anything_heavy():
    code = "from realtime_chat.cli.entry import main\nmain()"
    assert loaded_by(code, "--version") & (HEAVY | {"typer", "click"}) == set()


def test_help_loads_typer_but_neither_screen_nor_sound_nor_settings():
    # Typer draws its help with rich.
    code = (
        "from realtime_chat.cli.entry import main\ntry: main()\nexcept SystemExit as end: assert not end.code"
    )
    assert loaded_by(code, "--help") & (HEAVY - {"rich"} | {"asyncio", "msgspec", "ssl"}) == set()
