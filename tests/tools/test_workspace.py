"""Files of the workspace can be read; nothing else can."""

import os
from pathlib import Path

import pytest

from tests.tools.kit import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    (house.workspace / "sub").mkdir()
    (house.workspace / "sub" / "a.txt").write_text("hello Zoë\n", encoding="utf-8")
    (house.workspace / "big.txt").write_text("é" * 10_000, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "work-too").mkdir()
    (tmp_path / "work-too" / "secret.txt").write_text("secret")
    return house


async def test_a_file_is_read_by_relative_or_inner_absolute_path(house: House):
    expected = {"path": "sub/a.txt", "text": "hello Zoë\n", "bytes": 11, "truncated": False}
    for path in ("sub/a.txt", "./sub/../sub/a.txt", str(house.workspace / "sub" / "a.txt")):
        assert await house.use("read_file", path=path) == expected


async def test_a_link_that_stays_inside_is_followed(house: House):
    (house.workspace / "link").symlink_to("sub/a.txt")
    assert (await house.use("read_file", path="link"))["path"] == "sub/a.txt"


async def test_a_workspace_that_is_a_link_itself_works(tmp_path: Path, house: House):
    (tmp_path / "door").symlink_to(house.workspace)
    house.workspace = tmp_path / "door"
    assert (await house.use("read_file", path="sub/a.txt"))["path"] == "sub/a.txt"


async def test_a_big_file_is_cut_at_a_whole_character(house: House):
    read = await house.use("read_file", path="big.txt")
    assert (read["truncated"], read["bytes"]) == (True, 20_000)
    assert read["text"] == "é" * 6_000
    (house.workspace / "odd.txt").write_text("x" + "é" * 10_000, encoding="utf-8")
    assert (await house.use("read_file", path="odd.txt"))["text"] == "x" + "é" * 5_999


ESCAPES = [
    "../secret.txt",
    "sub/../../secret.txt",
    "../work-too/secret.txt",
    "/etc/passwd",
    "/proc/self/environ",
    "/",
    "..",
    "out",
    "out/secret.txt",
    "chain",
    "../does-not-exist",
    "loop-out/../../secret.txt",
]


@pytest.mark.parametrize("path", ESCAPES)
@pytest.mark.parametrize("tool", ["read_file", "list_folder"])
async def test_no_path_leaves_the_workspace(house: House, path: str, tool: str):
    (house.workspace / "out").symlink_to(house.workspace.parent)
    (house.workspace / "chain").symlink_to("out/secret.txt")
    told = await house.refusal(tool, path=path)
    # The same words whether it is there or not.
    assert told == "That is outside the workspace; use a path below it."


@pytest.mark.parametrize(
    "path", ["a\x00b", "x" * 5000, "\udcff\ud800", "~/secret.txt", "sub/../SECRET.txt", "nowhere"]
)
async def test_impossible_and_missing_paths_are_one_clear_line(house: House, path: str):
    for tool in ("read_file", "list_folder"):
        told = await house.refusal(tool, path=path)
        assert "secret" not in told.lower()
        assert str(house.workspace) not in told


async def test_a_link_in_a_circle_is_refused(house: House):
    (house.workspace / "round").symlink_to("round")
    assert "cannot be opened" in await house.refusal("read_file", path="round")


async def test_what_is_no_text_file_is_refused_without_waiting(house: House):
    (house.workspace / "sound.bin").write_bytes(b"RIFF\0\0\xff\xfe")
    (house.workspace / "latin.txt").write_bytes(b"caf\xe9 au lait")
    os.mkfifo(house.workspace / "pipe")
    assert "no text" in await house.refusal("read_file", path="sound.bin")
    assert "no text" in await house.refusal("read_file", path="latin.txt")
    assert "not a file" in await house.refusal("read_file", path="pipe")
    assert "not a file" in await house.refusal("read_file", path="sub")


async def test_an_empty_file_is_an_empty_text(house: House):
    (house.workspace / "empty").touch()
    assert (await house.use("read_file", path="empty"))["text"] == ""


async def test_a_folder_is_listed_with_kinds_and_sizes(house: House):
    (house.workspace / "link").symlink_to("sub")
    os.mkfifo(house.workspace / "pipe")
    assert await house.use("list_folder") == {
        "path": ".",
        "count": 4,
        "truncated": False,
        "entries": [
            {"name": "big.txt", "kind": "file", "bytes": 20_000},
            {"name": "link", "kind": "link"},
            {"name": "pipe", "kind": "other"},
            {"name": "sub", "kind": "folder"},
        ],
    }
    assert (await house.use("list_folder", path="sub"))["path"] == "sub"
    assert "Not a directory" in await house.refusal("list_folder", path="big.txt")


async def test_a_crowded_folder_is_listed_in_part(house: House):
    crowd = house.workspace / "crowd"
    crowd.mkdir()
    for number in range(120):
        (crowd / f"{number:03}").touch()
    listed = await house.use("list_folder", path="crowd")
    assert (listed["count"], listed["truncated"], len(listed["entries"])) == (120, True, 100)
    assert listed["entries"][0]["name"] == "000"


async def test_file_names_that_are_no_text_are_shown_safely(house: House):
    (house.workspace / os.fsdecode(b"\xff")).touch()
    names = [entry["name"] for entry in (await house.use("list_folder"))["entries"]]
    assert "?" in names
