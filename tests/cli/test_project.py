"""A folder's own settings file: whoever wrote it is not the user."""

import stat
from pathlib import Path

import pytest

from realtime_chat.cli.project import CONFIRMED, NAME, project_file
from realtime_chat.cli.settings import load
from realtime_chat.core.errors import ConfigError
from tests.cli.program import program


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; the user's own files are elsewhere."""
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("REALTIME_CHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("REALTIME_CHAT_CONFIG", str(tmp_path / "config.toml"))
    return place


def write(folder: Path, text: str) -> None:
    (folder / NAME).write_text(text)


def confirm() -> None:
    found = project_file()
    assert found is not None
    found.confirm()


def test_it_counts_only_once_it_is_confirmed(folder: Path, tmp_path: Path):
    (tmp_path / "config.toml").write_text('[permissions]\nmode = "read-only"\ndeny = ["a"]\n')
    write(folder, '[permissions]\nmode = "auto"\n')
    assert load().permissions.mode == "read-only"
    confirm()
    permissions = load().permissions
    assert (permissions.mode, permissions.deny) == ("auto", ["a"])


def test_a_changed_file_must_be_confirmed_anew(folder: Path):
    write(folder, '[permissions]\nmode = "read-only"\n')
    confirm()
    write(folder, '[permissions]\nmode = "auto"\n')
    assert load().permissions.mode == "ask"


@pytest.mark.parametrize(
    "command",
    [
        ("tools", "list"),
        ("tools", "call", "current_date"),
        ("config", "show"),
        ("doctor",),
        ("text", "hello"),
    ],
    ids=" ".join,
)
async def test_who_looks_why_a_setting_does_not_hold_is_told_of_a_file_that_does_not_count(
    folder: Path, tmp_path: Path, command: tuple[str, ...]
):
    write(folder, '[permissions]\nmode = "auto"\n')
    run = await program(tmp_path, *command)
    told = "realtime-chat.toml is not used: `realtime-chat config trust` shows it"
    assert run.code == 0
    assert told in (run.out if command == ("doctor",) else run.err).decode()
    confirm()
    again = await program(tmp_path, *command)
    assert told not in (again.out + again.err).decode()


def test_a_copy_elsewhere_is_not_confirmed(folder: Path, monkeypatch: pytest.MonkeyPatch):
    write(folder, '[permissions]\nmode = "auto"\n')
    confirm()
    other = folder / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    write(other, '[permissions]\nmode = "auto"\n')
    assert load().permissions.mode == "ask"


def test_variables_and_a_file_that_is_named_win_over_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(folder, '[permissions]\nmode = "auto"\n')
    confirm()
    named = tmp_path / "named.toml"
    named.write_text("")
    assert load(named).permissions.mode == "ask"
    monkeypatch.setenv("REALTIME_CHAT_PERMISSIONS__MODE", "read-only")
    assert load().permissions.mode == "read-only"


def test_an_error_in_it_names_it(folder: Path):
    write(folder, "[permissions]\nmodus = 1\n")
    load()
    confirm()
    with pytest.raises(ConfigError, match=NAME):
        load()


def test_what_is_confirmed_is_the_users_alone_and_no_garbage_confirms_anything(folder: Path, tmp_path: Path):
    write(folder, '[permissions]\nmode = "auto"\n')
    confirm()
    book = tmp_path / "data" / CONFIRMED
    assert stat.S_IMODE(book.stat().st_mode) == 0o600
    book.write_text("{")
    assert load().permissions.mode == "ask"


@pytest.mark.usefixtures("folder")
def test_without_one_nothing_changes():
    assert project_file() is None
    assert load().permissions.mode == "ask"


async def test_the_program_says_that_it_is_not_used_and_trust_shows_it_inert(folder: Path, tmp_path: Path):
    write(folder, 'instructions = "\\u001b[2J"  # \x1b[2J\n[permissions]\nmode = "read-only"\n')
    wish = ("text", "add milk to my shopping list")
    run = await program(tmp_path, *wish)
    assert (run.code, "config trust" in run.err.decode()) == (0, True)
    refused = await program(tmp_path, "config", "trust", stdin=b"n\n")
    assert refused.code == 130
    assert b"\x1b" not in refused.out
    confirmed = await program(tmp_path, "config", "trust", stdin=b"y\n")
    assert confirmed.code == 0
    run = await program(tmp_path, *wish)
    assert "config trust" not in run.err.decode()
