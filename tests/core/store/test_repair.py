"""A damaged log is made readable, and nothing of it is thrown away."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core.errors import CorruptLog, NotFound, WriterActive
from realtime_chat.core.folding import fold
from realtime_chat.core.store.log import UNFINISHED
from tests.core.store.shelf import files, log_of, on_a_full_disk, shelf, talked, turn, write


def test_an_unreadable_line_is_set_aside_and_the_rest_stays(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "one", ("first?", "First."), ("second?", "Second."))
    log = log_of(tmp_path, "one")
    lines = log.read_bytes().splitlines(keepends=True)
    lost = fold(store.read("one")).items[1]
    lines[4] = b'{"broken": "\xff\x00\r\x0b\n'
    log.write_bytes(b"".join(lines))
    with pytest.raises(CorruptLog, match="sessions repair one"):
        fold(store.read("one"))
    before = log.stat()
    done = store.repair("one")
    assert done is not None
    assert (done.lines, done.bytes, done.kept) == (1, len(lines[4]), len(lines) - 1)
    assert (tmp_path / "sessions" / done.file).read_bytes() == lines[4]
    assert done.file == "one.jsonl.damaged-1"
    assert log.read_bytes() == b"".join(lines[:4] + lines[5:])
    assert (log.stat().st_mtime_ns, log.stat().st_mode) == (before.st_mtime_ns, before.st_mode)
    assert lost not in fold(store.read("one")).items
    seqs = [one.seq for one in store.read("one")]
    write(store, "one", turn("t3", "third?", "Third."))
    after = [one.seq for one in store.read("one")]
    assert after[: len(seqs)] == seqs
    assert after == [
        number for number in range(len(after) + 1) if number != 3
    ]  # P12: a number that is lost is not given again
    assert len(fold(store.read("one")).turns) == 3


def test_a_sound_log_is_not_touched(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "one", ("first?", "First."))
    before = log_of(tmp_path, "one").stat()
    assert store.repair("one") is None
    assert log_of(tmp_path, "one").stat() == before
    assert not list(tmp_path.rglob("*damaged*"))


def test_nobody_repairs_what_another_writes_or_what_a_newer_version_wrote(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "one", ("first?", "First."))
    held = store.open("one")
    with pytest.raises(WriterActive):
        store.repair("one")
    held.close()
    log = log_of(tmp_path, "one")
    log.write_bytes(log.read_bytes().replace(b'"schema":1', b'"schema":2') + b"nonsense\n")
    left = log.read_bytes()
    with pytest.raises(CorruptLog, match="newer version"):
        store.repair("one")
    assert log.read_bytes() == left
    with pytest.raises(NotFound):
        store.repair("two")


def test_a_disk_that_takes_half_of_a_repair_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "one", ("first?", "First."))
    log = log_of(tmp_path, "one")
    log.write_bytes(log.read_bytes().replace(b"\n", b"\nnonsense\n", 1))
    before = files(tmp_path)
    assert "cannot be written" in on_a_full_disk(tmp_path, "store.repair('one')", 300)
    assert files(tmp_path) == {**before, "one.jsonl.damaged-1": b"nonsense\n"}


def test_a_name_that_a_full_disk_does_not_take_is_told(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "one", ("first?", "First."))
    before = files(tmp_path)
    assert "name was not saved" in on_a_full_disk(
        tmp_path, "store.rename('one', 'x')", len(before["one.jsonl"]) + 10
    )
    assert files(tmp_path) == before


def test_all_that_stands_beside_a_session_goes_with_it_and_nothing_of_another(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    for session_id in ("one", "one.torn-1", "one.x"):
        talked(store, session_id, ("first?", "First."))
    for suffix in (".torn-1", ".torn-12", ".jsonl.damaged-1", ".json", f".jsonl{UNFINISHED}"):
        (tmp_path / "sessions" / f"one{suffix}").write_text("a piece of it")
    store.delete("one")
    assert {one.name for one in (tmp_path / "sessions").glob("one*") if one.suffix != ".lock"} == {
        "one.torn-1.jsonl",
        "one.x.jsonl",
    }


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_written_over_a_log_its_sound_lines_are_kept(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("any")
    store = shelf(root)
    talked(store, "one", ("first?", "First."), ("second?", "Second."))
    log = log_of(root, "one")
    raw = log.read_bytes()
    whole = raw.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(raw)))
    noise = data.draw(st.binary(max_size=300) | st.just(b"\x00" * 400) | st.just(b"\n\n"))
    log.write_bytes(raw[:at] + noise + raw[at + len(noise) :])
    harmed = log.read_bytes()
    done = store.repair("one")
    envelopes = list(store.read("one"))  # readable now
    assert store.repair("one") is None
    kept = log.read_bytes().splitlines(keepends=True)
    spared = [line for line in harmed.splitlines(keepends=True) if line in whole]
    assert [line for line in kept if line in whole] == spared
    aside = b"" if done is None else (root / "sessions" / done.file).read_bytes()
    assert sorted(kept + aside.splitlines(keepends=True)) == sorted(harmed.splitlines(keepends=True))
    held = store.open("one")  # P15: and it goes on
    fresh = held.log.append(ev.SessionClosed(reason="client"))
    held.close()
    assert fresh.seq == max([one.seq if one.seq is not None else -1 for one in envelopes], default=-1) + 1
