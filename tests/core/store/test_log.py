"""The log is the authority: gapless, survives kill -9 and a refusing disk, never guesses (P12–P16)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.envelope_codec import decode, encode
from realtime_chat.core.errors import CorruptLog, InvalidArguments, LogWriteFailed, NotFound, WriterActive
from realtime_chat.core.events import (
    DURABLE_TYPES,
    LIVE_TYPES,
    Envelope,
    SessionClosed,
    TextDelta,
    UserMessage,
)
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.log import SCHEMA, SPILL, SessionLog, is_newer, read

EVENT = UserMessage(turn_id="t1", item_id="i1", source="typed", text="hello")


def opened(path: Path) -> SessionLog:
    return SessionLog(path, path.stem, VirtualClock())


def test_durable_and_live_types_are_disjoint() -> None:
    assert not set(DURABLE_TYPES) & set(LIVE_TYPES)  # P12


@given(text=st.text(), seq=st.integers(0, 10**9))
def test_an_envelope_round_trips_as_one_line(text: str, seq: int) -> None:
    data = UserMessage(turn_id="t", item_id="i", source="typed", text=text)
    envelope = Envelope(id="e", session_id="s", seq=seq, ts="now", data=data)  # P11
    line = encode(envelope)
    assert b"\n" not in line
    assert decode(line) == envelope


@settings(max_examples=30, deadline=None)
@given(runs=st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=30)), min_size=1, max_size=5))
def test_seq_goes_on_without_gaps_over_crashes(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[int, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "s.jsonl"  # P12, P15, C16
    count = 0
    for appended, torn in runs:
        log = opened(path)
        for _ in range(appended):
            assert log.append(EVENT).seq == count
            count += 1
        log.close()
        with path.open("ab") as crash:
            crash.write(torn.replace(b"\n", b"") and b'{"id":' + torn.replace(b"\n", b""))
    assert [envelope.seq for envelope in read(path)] == list(range(count))


def test_a_torn_last_line_is_kept_beside_the_log(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    log = opened(path)
    log.append(EVENT)
    log.close()
    with path.open("ab") as crash:
        crash.write(b'{"id": "torn')
    again = opened(path)
    assert again.set_aside_bytes == 12
    assert (tmp_path / "s.torn-1").read_bytes() == b'{"id": "torn'
    assert again.next_seq == 1
    again.close()


def test_an_unreadable_middle_line_is_told_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    log = opened(path)
    log.append(EVENT)
    log.append(EVENT)
    log.close()
    lines = path.read_bytes().splitlines()
    lines[1] = b"garbage"
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(CorruptLog) as caught:  # P3, P14, C13
        list(read(path))
    assert caught.value.info.kind == "corrupt_log_line"
    assert caught.value.info.details == {"id": "s", "line": 2}


def test_events_out_of_order_are_read_by_seq_and_unknown_types_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    log = opened(path)
    log.append(EVENT)
    log.append(SessionClosed(reason="client"))
    log.close()
    header, first, second = path.read_bytes().splitlines()
    second = second.replace(b"session_closed", b"of_tomorrow")
    path.write_bytes(b"\n".join([header, second, first]) + b"\n")
    assert [(one.seq, one.type) for one in read(path)] == [(0, "user_message"), (1, "of_tomorrow")]  # P15


def test_a_missing_log_reads_as_nothing(tmp_path: Path) -> None:
    assert list(read(tmp_path / "none.jsonl")) == []  # P15


def test_a_live_event_does_not_go_into_a_log(tmp_path: Path) -> None:
    log = opened(tmp_path / "s.jsonl")
    with pytest.raises(LogWriteFailed) as caught:  # P14
        log.append(TextDelta(turn_id="t", response_id="r", item_id="i", delta="x"))
    assert caught.value.info.kind == "ephemeral_not_loggable"
    assert log.next_seq == 0
    log.close()


class Full:
    """A disk that takes nothing, or only half of a line."""

    def __init__(self, file: object) -> None:
        self.file = file

    def write(self, line: bytes) -> int:
        raise OSError(28, "No space left on device")

    def __getattr__(self, name: str) -> object:
        return getattr(self.file, name)


def test_what_a_full_disk_refuses_is_written_in_order_when_it_returns(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    log = opened(path)
    disk = log._file
    log._file = Full(disk)  # pyright: ignore[reportAttributeAccessIssue]
    assert [log.append(EVENT).seq for _ in range(3)] == [0, 1, 2]
    assert log.pending == 3
    log._file = disk
    log.append(EVENT)
    assert log.pending == 0
    assert log.close() == 0
    assert [envelope.seq for envelope in read(path)] == [0, 1, 2, 3]  # P13


def test_memory_for_what_a_disk_refuses_has_a_bound_and_keeps_what_came_first(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    log = opened(path)
    disk = log._file
    log._file = Full(disk)  # pyright: ignore[reportAttributeAccessIssue]
    for _ in range(SPILL):
        log.append(EVENT)
    with pytest.raises(LogWriteFailed, match="make room on the disk"):
        log.append(EVENT)
    log._file = disk
    assert log.append(EVENT).seq == SPILL
    assert log.close() == 0
    assert [envelope.seq for envelope in read(path)] == list(range(SPILL + 1))


def test_an_event_that_no_line_can_hold_is_refused_and_the_log_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    log = opened(path)
    log.append(EVENT)
    with pytest.raises(LogWriteFailed) as caught:
        log.append(UserMessage(turn_id="t1", item_id="i1", source="typed", text="half a pair: \ud83d"))
    assert caught.value.info.kind == "log_encode_failed"
    log.append(EVENT)
    log.close()
    assert [envelope.seq for envelope in read(path)] == [0, 1]


def test_files_are_the_users_alone_and_a_link_is_refused(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "sessions", VirtualClock())
    held = store.open("one")
    assert (tmp_path / "sessions").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "sessions" / "one.jsonl").stat().st_mode & 0o777 == 0o600
    held.close()
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "sessions" / "link.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LogWriteFailed):
        store.open("link")
    with pytest.raises(CorruptLog) as caught:
        list(store.read("link"))
    assert caught.value.info.kind == "unreadable_log"
    assert (tmp_path / "elsewhere").read_text() == ""
    store.open("one").close()  # the lease of a log that could not be opened is free, and others are untouched


@pytest.mark.parametrize("size", [0, 10])
def test_a_disk_that_takes_no_first_line_is_an_error_of_ours(tmp_path: Path, size: int) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path; from realtime_chat.core.clock import SystemClock;"
        "from realtime_chat.core.errors import LogWriteFailed;"
        "from realtime_chat.core.store.directory import SessionStore;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "store = SessionStore(Path(sys.argv[1]), SystemClock()); store.open('first').close();"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
        "try: store.open('one')\n"
        "except LogWriteFailed as error: print(error.message)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(size)], capture_output=True, text=True, check=True
    )
    assert "log cannot be written" in done.stdout


@pytest.mark.parametrize("bad", ["../x", "", ".hidden", "a/b", "a\x1b", "-x", "x" * 236], ids=range(7))
def test_a_bad_id_touches_no_file_and_is_not_echoed(tmp_path: Path, bad: str) -> None:
    store = SessionStore(tmp_path / "sessions", VirtualClock())
    with pytest.raises(InvalidArguments) as caught:  # P25, C13
        store.open(bad)
    assert not (tmp_path / "sessions").exists()
    assert not bad or bad not in caught.value.message


def test_a_second_writer_is_refused_and_a_dead_one_frees_the_lease(tmp_path: Path) -> None:
    store = SessionStore(tmp_path, VirtualClock())  # P24, C12
    code = (
        "import sys; from pathlib import Path; from realtime_chat.core.clock import SystemClock;"
        "from realtime_chat.core.store.directory import SessionStore;"
        "held = SessionStore(Path(sys.argv[1]), SystemClock()).open('one'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(WriterActive):
            store.open("one")
        other.send_signal(signal.SIGKILL)
        other.wait(10)
    store.open("one").close()


def test_no_published_event_is_lost_by_kill_9(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from realtime_chat.core.clock import SystemClock;"
        "from realtime_chat.core.store.log import SessionLog; from realtime_chat.core.events import UserMessage;"
        "log = SessionLog(Path(sys.argv[1]), 's', SystemClock())\n"
        "while True: print(log.append(UserMessage(turn_id='t', item_id='i', source='typed', text='x')).seq, flush=True)"
    )
    path = tmp_path / "s.jsonl"
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline() for _ in range(50)]
            os.kill(writer.pid, signal.SIGKILL)
            told += writer.stdout.readlines()
        published = [int(line) for line in told if line.endswith(b"\n")]
        on_disk = [envelope.seq for envelope in read(path)]
        assert on_disk == list(range(len(on_disk)))  # C16
        assert len(published) >= 50
        assert set(published) <= set(on_disk)  # P13


def test_an_unknown_session_is_not_found_with_its_id(tmp_path: Path) -> None:
    store = SessionStore(tmp_path, VirtualClock())
    with pytest.raises(NotFound) as caught:  # P3
        store.read("20260101T000000-abcdef")
    assert caught.value.info.details == {"id": "20260101T000000-abcdef"}
    assert store.delete("20260101T000000-abcdef") is False  # T13


def test_the_first_line_says_the_schema(tmp_path: Path) -> None:
    opened(tmp_path / "s.jsonl").close()
    assert json.loads((tmp_path / "s.jsonl").read_text().splitlines()[0])["schema"] == 1


def by_tomorrow(path: Path) -> bytes:
    """A log as a newer version might have left it; all its bytes."""
    log = opened(path)
    log.append(EVENT)
    log.append(SessionClosed(reason="client"))
    log.close()
    header, first, second = path.read_bytes().splitlines()
    assert json.loads(header)["schema"] == SCHEMA
    header = json.dumps({"schema": SCHEMA + 1, "keys": ["of", "tomorrow"]}).encode()
    path.write_bytes(b"\n".join([header, first, b'{"kind":"of tomorrow"}', second, b'{"torn']))
    return path.read_bytes()


def test_a_newer_log_is_read_as_far_as_it_is_known_and_never_written_to(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    left = by_tomorrow(path)
    assert is_newer(path)
    assert [one.type for one in read(path)] == ["user_message", "session_closed"]
    with pytest.raises(CorruptLog) as caught:
        opened(path)
    assert caught.value.info.kind == "newer_schema"
    assert "update" in caught.value.message
    assert path.read_bytes() == left
    assert list(tmp_path.iterdir()) == [path]


def test_a_log_without_a_header_is_an_older_one_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    log = opened(path)
    log.append(EVENT)
    log.close()
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])
    assert not is_newer(path)
    again = opened(path)
    assert again.append(EVENT).seq == 1
    again.close()
    assert [envelope.seq for envelope in read(path)] == [0, 1]
