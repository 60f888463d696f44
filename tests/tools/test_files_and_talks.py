"""Writing and searching files, and searching what was said before."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.tools.base import Tool, ToolContext
from realtime_chat.tools.builtin import workspace
from realtime_chat.tools.builtin.search_files import search_files
from realtime_chat.tools.builtin.search_sessions import search_sessions
from realtime_chat.tools.builtin.write_file import MAX_BYTES, write_file
from tests.tools.kit import Bench, Flag, House


class Desk(Bench):
    """A workspace in which files may be written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, write_file)
        self.place = folder / "work"
        self.place.mkdir()

    async def write(self, path: str, text: str, **more: Any) -> str:
        outcome = await self.one("write_file", json.dumps({"path": path, "text": text, **more}))
        return outcome.output if outcome.ok else json.loads(outcome.output)["error"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_file_is_written_with_the_folders_it_needs(desk: Desk):
    told = json.loads(await desk.write("a/b/c.txt", "Zoë\n"))
    assert told == {"path": "a/b/c.txt", "bytes": 5, "replaced": False}
    assert (desk.place / "a/b/c.txt").read_text(encoding="utf-8") == "Zoë\n"
    assert [one.name for one in (desk.place / "a/b").iterdir()] == ["c.txt"]


async def test_a_file_that_is_there_is_replaced_only_when_asked_and_keeps_its_rights(desk: Desk):
    file = desk.place / "x.sh"
    file.write_text("old")
    file.chmod(0o750)
    assert "say replace" in await desk.write("x.sh", "new")
    assert file.read_text() == "old"
    assert json.loads(await desk.write("x.sh", "new", replace=True))["replaced"] is True
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o750


async def test_what_cannot_be_written_is_told_and_leaves_nothing(desk: Desk):
    (desk.place / "folder").mkdir()
    (desk.place / "file").write_text("x")
    os.mkfifo(desk.place / "pipe")
    assert "not a file" in await desk.write("folder", "x", replace=True)
    assert "not a file" in await desk.write(".", "x", replace=True)
    assert "not a file" in await desk.write("pipe", "x", replace=True)
    assert "cannot be opened" in await desk.write("file/below", "x")
    assert "at most" in await desk.write("big", "x" * (MAX_BYTES + 1))
    assert sorted(one.name for one in desk.place.iterdir()) == ["file", "folder", "pipe"]


async def test_a_link_to_the_outside_is_not_written_through(desk: Desk, tmp_path: Path):
    (tmp_path / "outside.txt").write_text("old")
    (desk.place / "link").symlink_to(tmp_path / "outside.txt")
    (desk.place / "new").symlink_to(tmp_path / "not-there")
    for name in ("link", "new"):
        assert "outside the workspace" in await desk.write(name, "x", replace=True)
    assert (tmp_path / "outside.txt").read_text() == "old"
    assert not (tmp_path / "not-there").exists()


async def test_texts_and_names_are_found_in_files(tmp_path: Path):
    house = House(tmp_path)
    (house.workspace / "sub").mkdir()
    (house.workspace / "sub" / "tea.txt").write_text("one\n  Boil WATER\n")
    (house.workspace / "water.md").write_text("nothing")
    (house.workspace / "sound.bin").write_bytes(b"water\0")
    (house.workspace / ".git").mkdir()
    (house.workspace / ".git" / "x").write_text("water")
    (tmp_path / "secret.txt").write_text("water")
    (house.workspace / "link").symlink_to(tmp_path / "secret.txt")
    (house.workspace / "out").symlink_to(tmp_path)
    os.mkfifo(house.workspace / "pipe")
    assert await house.use("search_files", text="water") == {
        "hits": [{"path": "water.md"}, {"path": "sub/tea.txt", "line": 2, "text": "Boil WATER"}],
        "truncated": False,
    }
    assert (await house.use("search_files", text="one", path="sub"))["hits"][0]["line"] == 1
    assert "look for" in await house.refusal("search_files", text=" ")
    assert "outside" in await house.refusal("search_files", text="x", path="..")


async def test_a_search_in_a_crowd_is_bounded(tmp_path: Path):
    house = House(tmp_path)
    (house.workspace / "many.txt").write_text("here\n" * 1000)
    found = await house.use("search_files", text="here")
    assert (len(found["hits"]), found["truncated"]) == (40, True)


def talked(data: Path, *said: str, day: int = 1, over: bool = True) -> str:
    """A session in the log in which these things were said."""
    clock = VirtualClock(datetime(2026, 1, day, tzinfo=UTC))
    session_id = f"202601{day:02}T000000-abcdef"
    opened = SessionStore(data / "sessions", clock).open(session_id)
    opened.log.append(ev.SessionStarted())
    for number, text in enumerate(said):
        turn = f"t{number}"
        opened.log.append(ev.TurnStarted(turn_id=turn, source="typed"))
        opened.log.append(ev.UserMessage(turn_id=turn, item_id=f"u{number}", source="typed", text=text))
        answer = f"You said {text.upper()}"
        opened.log.append(
            ev.AssistantMessage(turn_id=turn, response_id="r", item_id=f"a{number}", text=answer)
        )
        if over:
            opened.log.append(ev.TurnCompleted(turn_id=turn))
    opened.close()
    return session_id


async def test_earlier_talks_are_searched_the_newest_first_without_the_question_itself(tmp_path: Path):
    house = House(tmp_path)
    old = talked(house.data, "the cat is called Zoë", "nothing", day=1)
    new = talked(house.data, "Zoë is a cat", day=2)
    talked(house.data, "who is the cat Zoë", day=3, over=False)
    broken = house.data / "sessions" / "20260104T000000-abcdef.jsonl"
    broken.write_text("nonsense\n{}\n")
    for day, session_id in enumerate((old, new), 1):
        os.utime(house.data / "sessions" / f"{session_id}.jsonl", (day, day))
    found = await house.use("search_sessions", text="cat zoë")
    assert [(hit["session"], hit["who"], hit["text"]) for hit in found["hits"]] == [
        (new, "assistant", "You said ZOË IS A CAT"),
        (new, "user", "Zoë is a cat"),
        (old, "assistant", "You said THE CAT IS CALLED ZOË"),
        (old, "user", "the cat is called Zoë"),
    ]
    assert found["truncated"] is False
    assert (await house.use("search_sessions", text="dog"))["hits"] == []
    assert "look for" in await house.refusal("search_sessions", text="  ")


async def test_a_search_without_earlier_talks_finds_nothing(tmp_path: Path):
    assert await House(tmp_path).use("search_sessions", text="x") == {"hits": [], "truncated": False}


async def test_long_talks_give_excerpts_and_many_are_cut(tmp_path: Path):
    house = House(tmp_path)
    talked(house.data, *["x" * 500 + " needle " + "y" * 500] * 15)
    found = await house.use("search_sessions", text="needle")
    assert (len(found["hits"]), found["truncated"]) == (20, True)
    assert all(len(hit["text"]) <= 242 for hit in found["hits"])


@pytest.fixture
def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder can be opened and walked by its descriptor."""
    monkeypatch.setattr(workspace, "_STEPWISE", False)
    monkeypatch.setattr(os, "supports_fd", set[object]())
    monkeypatch.delattr(os, "fwalk", raising=False)


@pytest.mark.usefixtures("as_on_windows")
async def test_files_are_written_listed_read_and_searched_where_folders_have_no_descriptors(tmp_path: Path):
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk")
    assert json.loads(await desk.write("a/b.txt", "water"))["bytes"] == 5
    assert "outside" in await desk.write("../b.txt", "water")
    house = House(tmp_path)
    (house.workspace / "sub").mkdir()
    (house.workspace / "sub" / "tea.txt").write_text("water")
    assert (await house.use("list_folder", path="sub"))["entries"][0]["name"] == "tea.txt"
    assert (await house.use("read_file", path="sub/tea.txt"))["text"] == "water"
    assert (await house.use("search_files", text="water"))["hits"] == [
        {"path": "sub/tea.txt", "line": 1, "text": "water"}
    ]


@pytest.mark.parametrize("searching", [search_files, search_sessions])
def test_a_search_that_is_not_wanted_any_more_stops(tmp_path: Path, searching: Tool):
    house = House(tmp_path)
    (house.workspace / "tea.txt").write_text("water")
    talked(house.data, "water")
    flag = Flag()
    context = ToolContext(
        workspace=house.workspace,
        data_dir=house.data,
        clock=house.clock,
        cancel_event=flag,
        progress=lambda _: None,
    )
    assert searching.function(text="water", ctx=context)["hits"]
    flag.set()
    assert searching.function(text="water", ctx=context)["hits"] == []
