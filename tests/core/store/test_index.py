"""The list and the search say what the logs say, however the index fares (X22)."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import Envelope
from realtime_chat.core.store import index as indexes
from realtime_chat.core.store.catalogue import Catalogue, Findings
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.documents import phrases, words
from tests.core.store.shelf import log_of, shelf, talked, turn, write
from tests.core.stories import heard, spoken, typed

TALKS = {
    "bread": ("How long must sourdough rest?", "A night in the fridge, or four hours."),
    "boats": ("Which knot holds a boat?", "The bowline. It rests on itself."),
    "tokyo": ("東京の天気は？", "晴れです。"),
    "cafe": ("Où est le Café Zürich?", "Next to the bridge."),
}


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    """Four talks, the last one written last."""
    store = shelf(tmp_path)
    for age, (session_id, exchange) in enumerate(TALKS.items()):
        talked(store, session_id, exchange)
        os.utime(log_of(tmp_path, session_id), (age, age))
    return store


def plainly(store: SessionStore, asked: list[str], limit: int = 20) -> Findings:
    """The same question without any index."""
    catalogue = Catalogue(store._folder.root, store.read)
    return catalogue._search(None, phrases(asked), limit)


def found(store: SessionStore, *asked: str) -> list[str]:
    """The sessions; the index and the plain scan agree on all of it."""
    with_index = store.search(asked, 20)
    assert with_index == plainly(store, list(asked))
    return [hit.session.session_id for hit in with_index.hits]


def index_of(root: Path) -> Path:
    return root / "sessions" / indexes.NAME


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["sourdough"], ["bread"]),
        (["REST"], ["boats", "bread"]),  # words may go on, and the newest is first
        (["hours", "sourdough"], ["bread"]),  # in any order, in any utterance of a session
        (["four hours"], ["bread"]),
        (["hours four"], []),  # what is quoted stands together
        (["sourdough", "boat"], []),
        (["cafe"], ["cafe"]),
        (["ZURICH"], ["cafe"]),
        (["東京"], ["tokyo"]),
        (["天気"], ["tokyo"]),
        (["dough"], []),
        (['"', "rest"], ["boats", "bread"]),
        (["rest*", "NOT (itself)"], []),
    ],
)
def test_what_was_said_is_found(store: SessionStore, asked: list[str], expected: list[str]) -> None:
    assert found(store, *asked) == expected


@pytest.mark.parametrize("word", ["𞤀𞤁𞤂", "𐐷𐐲", "ꟺꞌa", "ᏣᎳᎩ", "x²y"])
def test_words_of_any_script_are_found(tmp_path: Path, word: str) -> None:
    store = shelf(tmp_path)
    talked(store, "one", (f"what is {word}?", "No idea."))
    assert found(store, word) == ["one"]


def test_an_excerpt_shows_the_match_and_where_it_was_cut(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    talked(store, "long", ("Tell me of it.", "bla " * 200 + "then comes the needle at last " + "blub " * 200))
    (hit,) = store.search(["needle"], 20).hits
    assert "comes the needle at last" in hit.excerpt
    assert hit.excerpt.startswith("…bla")
    assert hit.excerpt.endswith("…")
    assert len(hit.excerpt) < 200
    assert (hit.who, hit.session.title) == ("assistant", "Tell me of it.")


def test_of_an_answer_that_was_cut_only_what_was_heard_is_found(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    answer = ev.AssistantMessage(turn_id="t1", response_id="r", item_id="a_t1", text="one two three")
    cut = ev.AnswerHeard(turn_id="t1", item_id="a_t1", played_ms=1, produced_ms=2, heard_text="one two")
    write(store, "cut", [ev.SessionStarted(), *spoken("t1", "count"), cut, answer])
    assert found(store, "two") == ["cut"]
    assert found(store, "three") == []


def test_a_name_is_found_and_a_change_is_seen(tmp_path: Path, store: SessionStore) -> None:
    assert found(store, "baking") == []
    store.rename("bread", "Baking")
    assert found(store, "baking") == ["bread"]
    write(store, "boats", turn("t2", "And a bakery?", "No."))
    assert found(store, "baker") == ["boats"]
    store.delete("bread")
    assert found(store, "baking") == []


def test_nothing_to_look_for_is_refused(store: SessionStore) -> None:
    with pytest.raises(InvalidArguments):
        store.search(["?!", ""], 20)


def test_only_the_newest_are_told_and_how_many_there_are(store: SessionStore) -> None:
    findings = store.search(["rest"], 1)
    assert [hit.session.session_id for hit in findings.hits] == ["boats"]
    assert findings.total == 2


def test_a_log_is_read_anew_only_when_it_changed(tmp_path: Path, store: SessionStore) -> None:
    read: list[str] = []

    def reading(session_id: str) -> Iterator[Envelope]:
        read.append(session_id)
        return store.read(session_id)

    catalogue = Catalogue(tmp_path / "sessions", reading)
    first = catalogue.summaries()
    assert sorted(read) == sorted(TALKS)
    read.clear()
    assert catalogue.summaries() == first
    catalogue.search([("rest",)], 20)
    assert read == []
    write(store, "boats", turn("t2", "More?", "No."))
    newest = catalogue.summaries()[0]
    assert (newest.session_id, newest.turns) == ("boats", 2)
    assert read == ["boats"]


def test_a_log_that_cannot_be_read_says_so_each_time_until_it_can(
    tmp_path: Path, store: SessionStore
) -> None:
    log = log_of(tmp_path, "bread")
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b"sourdough", b"\x00\n\x00"))
    for _ in range(2):
        errors = {one.session_id: one.error for one in store.summaries()}
        assert "Line 4" in (errors.pop("bread") or "")
        assert set(errors.values()) == {None}
        assert found(store, "four") == []
    log.write_bytes(whole)
    assert found(store, "four") == ["bread"]


def test_the_index_is_the_users_alone(tmp_path: Path, store: SessionStore) -> None:
    before = os.umask(0)
    try:
        store.summaries()
    finally:
        os.umask(before)
    assert stat.S_IMODE(index_of(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "sessions").stat().st_mode) == 0o700


def test_no_word_of_a_deleted_session_stays_in_the_folder(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    for number in range(30):
        talked(store, f"s{number}", ("hello there", f"answer {number} " * 20))
    talked(store, "secret", ("my PIN is xylophone", "I forget xylophone at once. " * 50))
    (tmp_path / "sessions" / "index-0.sqlite").write_bytes(b"an older version's xylophone")
    assert found(store, "xylophone") == ["secret"]
    assert b"xylophone" in index_of(tmp_path).read_bytes()
    store.delete("secret")
    left = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert b"xylophone" not in left
    assert len(found(store, "hello")) == 20


def of_another_kind(index: Path) -> None:
    database = sqlite3.connect(index)
    database.executescript("DROP TABLE logs; CREATE TABLE logs (number)")
    database.close()


def without_summaries(index: Path) -> None:
    database = sqlite3.connect(index)
    database.execute("UPDATE logs SET summary = 'nonsense'")
    database.commit()
    database.close()


@pytest.mark.parametrize(
    "harm",
    [
        lambda index: index.unlink(),
        lambda index: index.write_bytes(b""),
        lambda index: index.write_bytes(b"not a database, but long enough " * 1000),
        lambda index: index.write_bytes(index.read_bytes()[:5000]),
        lambda index: index.write_bytes(index.read_bytes()[:4096] + b"\xff" * (index.stat().st_size - 4096)),
        of_another_kind,
        without_summaries,
    ],
    ids=["missing", "empty", "garbage", "cut", "overwritten", "of another kind", "without summaries"],
)
def test_a_damaged_index_is_made_anew(
    tmp_path: Path, store: SessionStore, harm: Callable[[Path], Any]
) -> None:
    expected = store.summaries()
    harm(index_of(tmp_path))
    assert found(store, "rest") == ["boats", "bread"]
    assert store.summaries() == expected
    with indexes.opened(tmp_path / "sessions") as index:
        assert sorted(index.rows()) == sorted(TALKS)


@settings(max_examples=25, deadline=None)
@given(size=st.integers(0, 32_768), noise=st.binary(max_size=64), at=st.integers(0, 4096))
def test_however_an_index_is_cut_the_answer_is_that_of_the_logs(
    tmp_path_factory: pytest.TempPathFactory, size: int, noise: bytes, at: int
) -> None:
    root = tmp_path_factory.mktemp("cut")
    store = shelf(root)
    talked(store, "one", ("hello", "hi " * 3))
    store.summaries()
    raw = index_of(root).read_bytes()[:size]
    index_of(root).write_bytes(raw[:at] + noise + raw[at + len(noise) :] if size < 4096 else raw)
    assert found(store, "hi") == ["one"]


class Poor(sqlite3.Connection):
    """A SQLite that was built without full-text search."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if "fts5" in sql:
            raise sqlite3.OperationalError("no such module: fts5")
        return super().execute(sql, *parameters)


@pytest.mark.parametrize("lack", ["no FTS5", "no file", "no sqlite3"])
def test_without_an_index_every_log_is_read(
    tmp_path: Path, store: SessionStore, monkeypatch: pytest.MonkeyPatch, lack: str
) -> None:
    expected = store.summaries()
    match lack:
        case "no FTS5":
            monkeypatch.setattr(sqlite3, "connect", lambda *_, **__: Poor(":memory:"))
        case "no sqlite3":
            monkeypatch.setitem(sys.modules, "sqlite3", None)
        case _:
            index_of(tmp_path).unlink()
            index_of(tmp_path).mkdir()
    with pytest.raises(indexes.IndexUnusable), indexes.opened(tmp_path / "sessions"):
        pass
    assert store.summaries() == expected
    assert found(store, "rest") == ["boats", "bread"]
    store.delete("bread")
    assert found(store, "rest") == ["boats"]


def test_a_folder_that_is_not_there_is_an_empty_list_and_is_not_made(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    assert store.summaries() == []
    assert store.search(["hello"], 20).total == 0
    assert list(tmp_path.iterdir()) == []


LOOKING = (
    "import sys; from pathlib import Path; from realtime_chat.core.clock import SystemClock;"
    "from realtime_chat.core.store.directory import SessionStore;"
    "store = SessionStore(Path(sys.argv[1]), SystemClock()); print('up', flush=True); sys.stdin.readline()\n"
    "print(len(store.summaries()), store.search(['hello'], 5).total)"
)


def started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_two_processes_that_index_at_once_both_answer_right(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    for number in range(250):
        talked(store, f"s{number}", ("hello", f"answer {number}"))
    command = [sys.executable, "-c", LOOKING, str(tmp_path / "sessions")]
    with started(command) as one, started(command) as other:
        for process in (one, other):
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
        assert [process.communicate(timeout=40)[0] for process in (one, other)] == [b"250 250\n"] * 2
    with indexes.opened(tmp_path / "sessions") as index:
        assert len(index.rows()) == 250
    assert store.search(["hello"], 5) == plainly(store, ["hello"], 5)


TEXT = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["naïve café", "Straße", "İstanbul", "天気がいい", "don't", "x²", "한국어 문장", "हिन्दी", "ﬁne"]
)


@settings(max_examples=40, deadline=None)
@given(
    talks=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4),
    asked=st.lists(TEXT, max_size=2),
    data=st.data(),
)
def test_the_index_finds_what_a_plain_scan_finds(
    tmp_path_factory: pytest.TempPathFactory,
    talks: list[tuple[str, str]],
    asked: list[str],
    data: st.DataObject,
) -> None:
    store = shelf(tmp_path_factory.mktemp("any"))
    for number, exchange in enumerate(talks):
        talked(store, f"s{number}", exchange)
    known = [word for talk in talks for text in talk for word in words(text)]
    if known:
        asked = [*asked, data.draw(st.sampled_from(known))]
    if phrases(asked):
        assert store.search(asked, 20) == plainly(store, asked)


@given(text=TEXT, data=st.data())
def test_every_word_of_a_session_finds_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    known = words(text)
    if not known:
        return
    store = shelf(tmp_path_factory.mktemp("word"))
    write(store, "one", [ev.SessionStarted(), *typed("t1", text), heard("t1", "", 0, 0)])
    chunk = data.draw(st.sampled_from([one for one in text.split() if words(one)]))
    assert found(store, chunk) == ["one"]
