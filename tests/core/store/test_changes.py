"""Names, what a word means, what is old; and one writer at a time for all of it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core.errors import CorruptLog, InvalidArguments, NotFound, WriterActive
from realtime_chat.core.folding import fold
from realtime_chat.core.store.documents import SessionSummary
from realtime_chat.core.store.pruning import outdated
from tests.core.store.shelf import log_of, shelf, talked, write


def test_a_name_is_in_the_log_and_in_the_list_and_is_no_use_of_the_session(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "old", ("hello?", "Hi."))
    talked(store, "new", ("hello?", "Hi."))
    os.utime(log_of(tmp_path, "old"), (1, 1))
    store.summaries()
    assert store.rename("old", "  My   talk ").name == "My talk"
    envelope = list(store.read("old"))[-1]
    assert (envelope.data, envelope.seq) == (ev.SessionRenamed(name="My talk"), 6)
    assert [(one.session_id, one.name) for one in store.summaries()] == [("new", ""), ("old", "My talk")]
    assert store.rename("old", "").name == ""
    assert [one.name for one in store.summaries()] == ["", ""]


@pytest.mark.parametrize("name", ["x" * 101, "two\nlines", "esc\x1b[0m", "right\u202eleft", "nul\x00"])
def test_a_name_that_cannot_be_shown_is_refused_and_not_repeated(tmp_path: Path, name: str) -> None:
    store = shelf(tmp_path)
    talked(store, "one", ("hello?", "Hi."))
    before = log_of(tmp_path, "one").read_bytes()
    with pytest.raises(InvalidArguments) as caught:
        store.rename("one", name)
    assert name not in caught.value.message
    with pytest.raises(InvalidArguments):
        store.fork("one", name=name)
    assert log_of(tmp_path, "one").read_bytes() == before


def test_what_somebody_writes_is_neither_renamed_nor_deleted_but_read(tmp_path: Path) -> None:
    store = shelf(tmp_path)  # P24
    talked(store, "one", ("hello?", "Hi."))
    talked(store, "two", ("hello?", "Hi."))
    held = store.open("one")
    with pytest.raises(WriterActive, match="one"):
        store.rename("one", "mine")
    removal = store.delete_all(["one", "two", "three"])
    assert removal.deleted == ("two",)
    assert [refusal.details["id"] for refusal in removal.refused] == ["one"]
    assert len(fold(store.read("one")).turns) == 1
    held.close()
    assert store.delete_all(["one"]).deleted == ("one",)
    assert store.ids() == []


def test_a_missing_and_a_newer_session_are_not_renamed(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    with pytest.raises(NotFound):
        store.rename("none", "x")
    talked(store, "one", ("hello?", "Hi."))
    log = log_of(tmp_path, "one")
    log.write_bytes(log.read_bytes().replace(b'"schema":1', b'"schema":2'))
    with pytest.raises(CorruptLog, match="newer version"):
        store.rename("one", "x")
    assert [one.error for one in store.summaries()] == [None]


def test_a_word_means_an_id_then_a_name_then_the_begin_of_an_id(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    for session_id in ("abc-1", "abc-2", "xyz", "name"):
        talked(store, session_id, ("hello?", "Hi."))
    store.rename("abc-1", "x")
    store.rename("abc-2", "name")
    store.rename("xyz", "two words/and more")
    assert store.resolve("name") == "name"
    assert store.resolve("x") == "abc-1"
    assert store.resolve("xy") == "xyz"
    assert store.resolve("two words/and more") == "xyz"
    store.rename("xyz", "x")
    for ambiguous, candidates in (("x", {"abc-1", "xyz"}), ("abc", {"abc-1", "abc-2"})):
        with pytest.raises(InvalidArguments) as caught:
            store.resolve(ambiguous)
        assert set(caught.value.details["candidates"]) == candidates
        assert all(one in caught.value.message for one in candidates)
    with pytest.raises(NotFound):
        store.resolve("nobody")
    with pytest.raises(InvalidArguments) as caught:  # P25
        store.resolve("../../etc")
    assert "etc" not in caught.value.message


def test_what_a_kill_left_unfinished_is_swept_but_not_what_is_being_made(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "one", ("hello?", "Hi."))
    talked(store, "busy", ("hello?", "Hi."))
    folder = tmp_path / "sessions"
    for name in ("dead.jsonl.new", "one.jsonl.new", "one.jsonl.damaged-1.new", "busy.jsonl.new"):
        (folder / name).write_text("half")
    held = store.open("busy")
    store.fork("one")
    assert [one.name for one in folder.glob("*.new")] == ["busy.jsonl.new"]
    assert not (folder / "dead.lock").exists()
    held.close()


NOW = datetime(2026, 6, 1, tzinfo=UTC)


@given(ages=st.lists(st.integers(0, 100), max_size=12), limit=st.integers(0, 100), keep=st.integers(0, 5))
def test_only_what_is_older_goes_and_the_newest_stay(ages: list[int], limit: int, keep: int) -> None:
    sessions = [
        SessionSummary(session_id=str(number), last_at=(NOW - timedelta(days=age)).isoformat())
        for number, age in enumerate(ages)
    ]
    unknown = [
        SessionSummary(session_id="damaged", error="!", last_at="2001-01-01"),
        SessionSummary(session_id="void"),
    ]
    gone = outdated(unknown + sessions, before=NOW - timedelta(days=limit), keep=keep)
    old = sorted((age for age in ages if age > limit), reverse=True)
    assert [ages[int(one.session_id)] for one in gone] == old[: max(0, len(ages) - keep)]


def test_a_session_that_only_resumed_lately_is_not_old(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "one", ("hello?", "Hi."))
    write(store, "one", [ev.SessionResumed()])
    (one,) = store.summaries()
    assert outdated([one], before=datetime.fromisoformat(one.last_at)) == []
