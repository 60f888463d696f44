"""Grants outlive the program only where a human said always; the file is the user's alone."""

import stat
from pathlib import Path

import pytest

from realtime_chat.core.errors import ChatError
from realtime_chat.tools.grants import FILE, GrantBook
from realtime_chat.tools.permission import Grant

ONE = Grant("write_file", '{"path": "a"}', others_vary=True)
OTHER = Grant("run", '{"command": "make"}')


def test_a_grant_for_this_run_is_gone_with_it_and_one_for_good_stays(tmp_path: Path):
    book = GrantBook(tmp_path / "data", tmp_path)
    book.add(ONE)
    book.keep(OTHER)
    assert book.in_force == {ONE, OTHER}
    assert GrantBook(tmp_path / "data", tmp_path).in_force == {OTHER}


def test_the_file_is_readable_by_the_user_alone(tmp_path: Path):
    GrantBook(tmp_path, tmp_path).keep(ONE)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_two_programs_lose_nothing_of_each_other(tmp_path: Path):
    first, second = GrantBook(tmp_path, tmp_path), GrantBook(tmp_path, tmp_path)
    first.keep(ONE)
    second.keep(OTHER)
    first.keep(ONE)
    assert GrantBook(tmp_path, tmp_path).in_force == {ONE, OTHER}


def test_a_grant_holds_in_its_own_workspace_only(tmp_path: Path):
    GrantBook(tmp_path, tmp_path / "here").keep(ONE)
    assert GrantBook(tmp_path, tmp_path / "there").in_force == frozenset()


@pytest.mark.parametrize("content", ["", "{", '{"a": 1}', '[1, {"tool": "run"}]', "\x00\xff"])
def test_a_file_that_says_nothing_grants_nothing(tmp_path: Path, content: str):
    (tmp_path / FILE).write_text(content, encoding="latin-1")
    book = GrantBook(tmp_path, tmp_path)
    assert book.in_force == frozenset()
    book.keep(ONE)
    assert GrantBook(tmp_path, tmp_path).in_force == {ONE}


def test_what_cannot_be_kept_holds_for_this_run(tmp_path: Path):
    (tmp_path / "data").write_text("a file where the folder should be")
    book = GrantBook(tmp_path / "data", tmp_path)
    with pytest.raises(ChatError):
        book.keep(ONE)
    assert book.in_force == {ONE}


def test_where_nothing_is_kept_a_grant_for_good_holds_for_the_run(tmp_path: Path):
    book = GrantBook(None, tmp_path)
    book.keep(ONE)
    assert book.in_force == {ONE}
    assert list(tmp_path.iterdir()) == []
