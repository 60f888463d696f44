"""`sessions …` and `resume` by a name, as a user runs them: what is printed, what is done, how it ends."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.cli.main import run
from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.folding import fold
from realtime_chat.core.store.directory import SessionStore
from tests.cli.program import program, surroundings, value
from tests.core.store.shelf import talked, turn, write


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own settings and sessions."""
    monkeypatch.delenv("REALTIME_CHAT_CONFIG", raising=False)
    monkeypatch.setenv("REALTIME_CHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(home: Path) -> SessionStore:
    """Two sessions of January 2026, `20260101-bread` written first."""
    store = SessionStore(home / "data" / "sessions", VirtualClock())
    talked(
        store,
        "20260101-bread",
        ("How long must dough rest?", "A night."),
        ("And rye?", "Two \x1b[31m nights."),
    )
    talked(store, "20260102-boats", ("Which knot?", "The bowline."))
    os.utime(home / "data" / "sessions" / "20260101-bread.jsonl", (1, 1))
    return store


def sessions(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """What `sessions …` printed, stdout and stderr."""
    assert run(["sessions", *arguments]) == code
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    return out, err


def answered(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """The one JSON value that it printed."""
    out, _ = sessions(capsys, *arguments, "--json", code=code)
    assert len(out.splitlines()) == 1
    return json.loads(out)


def test_search_tells_where_and_by_whom_it_was_said(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    out, err = sessions(capsys, "search", "night")
    assert out == "20260101-bread  2026-01-01 00:00  Assistant: A night.\n"
    assert err == ""
    assert sessions(capsys, "search", "nights")[0].endswith("Assistant: Two ␛[31m nights.\n")
    assert sessions(capsys, "search", "nowhere")[0] == "Nothing of that was said.\n"
    store.rename("20260101-bread", "baking")
    assert sessions(capsys, "search", "dough")[0].endswith("baking · You: How long must dough rest?\n")
    assert sessions(capsys, "search", "baking")[0].endswith("Name: baking\n")
    found = answered(capsys, "search", "THE", "bowline")
    assert found == {
        "schema": "realtime-chat/search/1",
        "total": 1,
        "hits": [
            {
                "session_id": "20260102-boats",
                "name": "",
                "title": "Which knot?",
                "last_at": "2026-01-01T00:00:00+00:00",
                "who": "assistant",
                "at": "2026-01-01T00:00:00+00:00",
                "excerpt": "The bowline.",
            }
        ],
    }


def test_search_shows_the_newest_and_tells_how_many_there_are(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    write(store, "20260102-boats", turn("t2", "night?", "Moor."))
    os.utime(store._folder.path("20260101-bread"), (1, 1))
    out, err = sessions(capsys, "search", "night", "--last", "1")
    assert out.startswith("20260102-boats ")
    assert err == "1 more; --last 2 shows all.\n"
    assert answered(capsys, "search", "night", "--last", "1")["total"] == 2
    assert "at least one letter" in sessions(capsys, "search", "?!", code=2)[1]


def test_a_name_is_given_shown_and_taken_away(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    out, _ = sessions(capsys, "rename", "20260101", "My bread")
    assert out == "Session 20260101-bread is named My bread now.\n"
    bread, boats = sorted(sessions(capsys, "list")[0].splitlines())
    assert "  2 turns  My bread · How long must dough rest?" in bread
    assert "  1 turn   Which knot?" in boats
    assert [one["name"] for one in answered(capsys, "list")["sessions"]] == ["", "My bread"]
    assert sessions(capsys, "show", "My bread")[0].startswith("Name: My bread\nYou: How long")
    assert answered(capsys, "show", "My bread")["name"] == "My bread"
    assert sessions(capsys, "export", "My bread")[0].startswith("# How long")
    assert answered(capsys, "rename", "My bread", "")["name"] == ""
    assert "not a session id" in sessions(capsys, "show", "My bread", code=2)[1]
    assert "one line" in sessions(capsys, "rename", "20260101", "a\nb", code=2)[1]


def test_a_session_that_is_open_elsewhere_is_refused_with_its_exit_code(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    held = store.open("20260101-bread")  # P24, P27
    for arguments in (("rename", "20260101-bread", "x"), ("repair", "20260101-bread")):
        _, err = sessions(capsys, *arguments, code=5)
        assert err.splitlines() == [
            "error: Session 20260101-bread is open in another process; close it there first."
        ]
    out, err = sessions(capsys, "delete", "20260101-bread", "20260102-boats", code=5)
    assert out == "Deleted 20260102-boats.\n"
    assert "20260101-bread is open" in err
    assert answered(capsys, "delete", "20260101", code=5)["refused"][0]["session_id"] == "20260101-bread"
    out, err = sessions(capsys, "prune", "--older-than", "1d")
    assert out == ""
    assert err.startswith("note: Session 20260101-bread is open")
    held.close()
    assert store.ids() == ["20260101-bread"]


def test_several_are_deleted_or_none_when_one_is_not_known(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    assert "no session nobody" in sessions(capsys, "delete", "20260101", "nobody", code=2)[1]
    assert "2 sessions begin with that" in sessions(capsys, "delete", "2026", code=2)[1]
    assert len(store.ids()) == 2
    out, _ = sessions(capsys, "delete", "20260101", "20260102-boats", "20260102")
    assert out == "Deleted 20260101-bread.\nDeleted 20260102-boats.\n"
    assert store.ids() == []


def test_old_sessions_are_pruned_after_a_look_at_them(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    out, _ = sessions(capsys, "prune", "--older-than", "2w", "--dry-run")
    assert sorted(line.split()[:3] for line in out.splitlines()) == [
        ["Would", "delete", "20260101-bread"],
        ["Would", "delete", "20260102-boats"],
    ]
    assert len(store.ids()) == 2
    assert sessions(capsys, "prune", "--older-than", "9999w")[0] == "No session is that old.\n"
    pruned = answered(capsys, "prune", "--older-than", "1h", "--keep", "1")
    assert (len(pruned["deleted"]), pruned["refused"], pruned["dry_run"]) == (1, [], False)
    assert len(store.ids()) == 1
    for age in ("30", "d", "-1d", "1y", ""):
        assert "12h, 30d, 8w" in sessions(capsys, "prune", "--older-than", age, code=2)[1]


def test_a_damaged_session_is_repaired_in_one_line(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    log = store._folder.path("20260101-bread")
    log.write_bytes(log.read_bytes().replace(b'{"id"', b"!", 1))
    assert "sessions repair 20260101-bread" in sessions(capsys, "show", "20260101-bread", code=1)[1]
    out, _ = sessions(capsys, "repair", "20260101-bread")
    assert out.startswith("Set 1 line (")
    assert out.endswith(" of 20260101-bread aside in 20260101-bread.jsonl.damaged-1; 11 are kept.\n")
    assert "How long" in sessions(capsys, "show", "20260101-bread")[0]
    assert sessions(capsys, "repair", "20260101-bread")[0].endswith("is sound; nothing was changed.\n")
    assert answered(capsys, "repair", "20260101-bread")["set_aside"] is None


def test_a_fork_is_told_and_its_turns_are_shown(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    forked = answered(capsys, "fork", "20260101", "--at", "t1", "--name", "short")  # X24
    assert (forked["parent_id"], forked["turn_id"], forked["name"]) == ("20260101-bread", "t1", "short")
    out, _ = sessions(capsys, "show", "short", "--turns")
    assert out.splitlines() == [
        "Name: short",
        "Fork of 20260101-bread, to its turn t1",
        "Turn t1",
        "You: How long must dough rest?",
        "Assistant: A night.",
    ]
    assert answered(capsys, "show", "short")["parent"]["parent_id"] == "20260101-bread"
    assert "goes on there" in sessions(capsys, "fork", "20260101")[0]
    assert "t1 to t2" in sessions(capsys, "fork", "20260101", "--at", "t7", code=2)[1]


def test_what_a_newer_version_wrote_is_shown_with_a_note(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    log = store._folder.path("20260101-bread")
    log.write_bytes(log.read_bytes().replace(b'"schema":1', b'"schema":2'))
    out, err = sessions(capsys, "show", "20260101-bread")
    assert "How long" in out
    assert err.startswith("note: a newer version wrote this")
    assert (
        sessions(capsys, "export", "20260101-bread")[1]
        == sessions(capsys, "fork", "20260101-bread")[1]
        == err
    )
    assert "update" in sessions(capsys, "rename", "20260101-bread", "x", code=1)[1]


def test_a_torn_last_line_is_told_when_a_name_is_written_after_it(
    capsys: pytest.CaptureFixture[str], store: SessionStore
) -> None:
    with store._folder.path("20260101-bread").open("ab") as crash:
        crash.write(b'{"id": "torn')
    _, err = sessions(capsys, "rename", "20260101-bread", "bread")
    assert err == "note: the last line of the log was torn; its 12 bytes were set aside.\n"
    assert sessions(capsys, "rename", "20260101-bread", "bread")[1] == ""


async def test_a_fork_goes_on_by_its_name_in_a_fresh_process_and_its_parent_knows_nothing(home: Path) -> None:
    first = value(await program(home, "text", "what is twelve times seven", "--json"))
    parent_id = first["session_id"]
    store = SessionStore(home / "data" / "sessions", VirtualClock())
    before = [one.id for one in store.read(parent_id)]
    forked = value(await program(home, "sessions", "fork", parent_id, "--name", "more sums", "--json"))
    # X23, P32: the same history, a new id
    again = value(await program(home, "resume", "more sums", "what is two plus two", "--json"))
    assert again["session_id"] == forked["session_id"] != parent_id
    history = fold(store.read(again["session_id"]))
    assert [turn.turn_id for turn in history.turns] == ["t1", "t2"]
    assert [one.type for one in store.read(again["session_id"])][:2] == ["session_forked", "session_started"]
    assert "session_resumed" in [one.type for one in store.read(again["session_id"])]
    assert [one.id for one in store.read(parent_id)] == before
    assert isinstance(history.parent, ev.SessionForked)
    refused = await program(home, "resume", "less sums", "hello")
    assert refused.code == 2
    assert "less sums" not in refused.err.decode()


@pytest.mark.parametrize("on_path", [False, True], ids=["in a checkout", "on the path"])
def test_the_way_back_is_a_line_that_works_where_the_program_was_called(home: Path, on_path: bool) -> None:
    here = Path(sys.executable).parent
    environ = {**surroundings(home), "PATH": str(here) if on_path else os.defpath}
    (home / ".venv").symlink_to(here.parent)
    called = "realtime-chat" if on_path else ".venv/bin/realtime-chat"
    if not on_path and shutil.which("realtime-chat", path=os.defpath):
        pytest.skip("the program is installed for all")

    def typed(line: str) -> str:
        ran = subprocess.run(
            line, shell=True, cwd=home, env=environ, capture_output=True, timeout=50, check=True
        )
        return ran.stderr.decode().splitlines()[-1]

    told = typed(f"{called} text hello")
    assert told.startswith(f"Resume with: {called} resume ")
    assert typed(f"{told.removeprefix('Resume with: ')} 'hello again'") == told
