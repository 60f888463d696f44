"""kill -9 in the middle of a rename, a fork, a repair, an index: every session goes on in another process.

The child does one thing over and over and tells each that is done; it is killed after so many lines.
"""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_chat.core import events as ev
from realtime_chat.core.folding import fold
from realtime_chat.core.store import index as indexes
from realtime_chat.core.store.catalogue import Catalogue
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.documents import phrases
from tests.core.store.shelf import dying, files, log_of, shelf, talked

BEGIN = (
    "import sys; from pathlib import Path; from realtime_chat.core.clock import SystemClock;"
    "from realtime_chat.core.store.directory import SessionStore; from realtime_chat.core.store import catalogue\n"
    "root = Path(sys.argv[1]); store = SessionStore(root, SystemClock()); count = 0\n"
)
RENAMING = BEGIN + "while True: print(store.rename('one', f'name {count}').name, flush=True); count += 1"
FORKING = BEGIN + "while True: print(store.fork('one', name=f'fork {count}'), flush=True); count += 1"
REPAIRING = BEGIN + (
    "import os; log = root / 'one.jsonl'; lines = log.read_bytes().splitlines(keepends=True)\n"
    "lines[9] = b'garbage\\n'; harmed = root / 'harmed'\n"
    "while True:\n"
    " harmed.write_bytes(b''.join(lines)); os.replace(harmed, log); print(store.repair('one').file, flush=True)"
)
INDEXING = BEGIN + (
    "catalogue.BATCH = 3\n"
    "def read(name): print(name, flush=True); return store.read(name)\n"
    "while True: catalogue.Catalogue(root, read).summaries(); (root / 'index-1.sqlite').unlink()"
)
TALKS = 40

rounds = pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 100))]
)


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    """A session with many turns, `one`, and many with one."""
    store = shelf(tmp_path)
    talked(store, "one", *((f"question {number}", f"answer {number}") for number in range(20)))
    for number in range(TALKS):
        talked(store, f"s{number}", ("hello", f"answer {number}"))
    return store


def killed(code: str, root: Path, lines: int) -> list[str]:
    """Run it until it has told so many lines; all that it told."""
    command = [sys.executable, "-c", code, str(root / "sessions")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        told += child.stdout.readlines()
    assert len(told) >= lines
    return [line.strip() for line in told if line.endswith("\n")]


def goes_on(store: SessionStore, session_id: str) -> None:
    """Somebody else takes the session up: numbers without a gap, and one more."""
    before = [one.seq for one in store.read(session_id)]
    assert before == list(range(len(before)))  # P12, C16
    held = store.open(session_id)
    assert held.log.append(ev.SessionClosed(reason="client")).seq == len(before)
    assert held.close() == 0


@rounds
def test_a_name_that_was_told_is_on_disk(tmp_path: Path, store: SessionStore, seed: int) -> None:
    told = killed(RENAMING, tmp_path, random.Random(seed).randint(1, 150))
    names = [one.data.name for one in store.read("one") if isinstance(one.data, ev.SessionRenamed)]
    assert names[: len(told)] == told  # P13
    assert store.resolve(names[-1]) == "one"
    goes_on(store, "one")


@rounds
def test_a_fork_is_there_as_a_whole_or_not_at_all(tmp_path: Path, store: SessionStore, seed: int) -> None:
    parent = log_of(tmp_path, "one").read_bytes()
    items = fold(store.read("one")).items
    others = set(store.ids())
    told = killed(FORKING, tmp_path, random.Random(seed).randint(1, 60))
    assert log_of(tmp_path, "one").read_bytes() == parent  # P32
    forks = set(store.ids()) - others
    assert set(told) <= forks
    assert len(forks) <= len(told) + 1
    for fork in forks:
        history = fold(store.read(fork))
        assert history.items == items
        assert (history.parent is not None, history.name[:4], history.closed_at is not None) == (
            True,
            "fork",
            True,
        )
    goes_on(store, told[-1])
    store.sweep()
    assert not list(tmp_path.rglob("*.new"))


@rounds
def test_what_is_repaired_loses_nothing_in_between(tmp_path: Path, store: SessionStore, seed: int) -> None:
    log = log_of(tmp_path, "one")
    whole = log.read_bytes().splitlines(keepends=True)
    told = killed(REPAIRING, tmp_path, random.Random(seed).randint(1, 40))
    store.repair("one")
    assert log.read_bytes() == b"".join(whole[:9] + whole[10:])
    aside = list(log.parent.glob("one.jsonl.damaged-*[0-9]"))
    assert set(told) <= {one.name for one in aside}
    assert {one.read_bytes() for one in aside} == {b"garbage\n"}
    held = store.open("one")
    assert held.log.append(ev.SessionClosed(reason="client")).seq == len(whole) - 1
    held.close()


sizes = pytest.mark.parametrize("size", [0, 100, 4096, 5000, 100_000])


@sizes
def test_a_death_inside_the_write_of_a_fork_leaves_none(
    tmp_path: Path, store: SessionStore, size: int
) -> None:
    before = files(tmp_path)
    died = dying(tmp_path, "store.fork('one')", size)
    assert died == (size < 100_000)
    store.sweep()
    after = files(tmp_path)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + (not died)


@sizes
def test_a_death_inside_the_write_of_a_repair_leaves_the_log(
    tmp_path: Path, store: SessionStore, size: int
) -> None:
    log = log_of(tmp_path, "one")
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b"\n", b"\nnonsense\n", 1))
    assert dying(tmp_path, "store.repair('one')", size) == (size < 100_000)
    store.sweep()
    store.repair("one")
    assert log.read_bytes() == whole
    assert not list(tmp_path.rglob("*.new"))
    goes_on(store, "one")


@rounds
def test_an_index_that_was_being_made_goes_on_or_is_made_anew(
    tmp_path: Path, store: SessionStore, seed: int
) -> None:
    killed(INDEXING, tmp_path, random.Random(seed).randint(1, 3 * TALKS))
    plain = Catalogue(tmp_path / "sessions", store.read)
    assert store.summaries() == plain._summaries(None)
    assert store.search(["answer 7"], 5) == plain._search(None, phrases(["answer 7"]), 5)
    with indexes.opened(tmp_path / "sessions") as index:
        assert len(index.rows()) == TALKS + 1
