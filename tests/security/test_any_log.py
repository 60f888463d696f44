"""Whatever a log holds that can be read at all, all that is made of it can be made, and drives no terminal."""

import shutil
from functools import partial
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.cli import json_out, main, plain_lists
from realtime_chat.cli.markdown import page
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.days import DayBook
from realtime_chat.core.envelope_codec import decode, encode
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import Envelope
from realtime_chat.core.folding import fold
from realtime_chat.core.interruption_records import interruptions_of
from realtime_chat.core.latency import latency_of
from realtime_chat.core.prices import PriceList
from realtime_chat.core.printable import one_line
from realtime_chat.core.replay import replay_items
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.documents import document_of
from realtime_chat.core.store.snapshot import snapshot_of
from realtime_chat.core.turn_records import records_of
from tests.core.any_events import logs
from tests.fuzzing import CALM, fuzz
from tests.security.hostile import DRIVES_A_TERMINAL, stdio

HEADER = b'{"schema":1,"session_id":"s","created_at":"2026-01-01T09:00:00+00:00"}'
QUIET = settings(max_examples=60, suppress_health_check=CALM)


def shown(log: list[Envelope]) -> str:
    """All that is made of a log for eyes; what is made for programs must be possible."""
    history = fold(log)
    prices = PriceList()
    msgspec.json.encode(snapshot_of(history))
    json_out.line(json_out.session_value(history, prices))
    for turn in history.turns:
        json_out.line(json_out.turn_value(history, turn, prices))
    replay_items(history)
    records_of(history)
    interruptions_of(history)
    latency_of(history)
    book = DayBook(prices)
    book.take(history)
    lines = [*plain_lists.statistics(history, prices), *plain_lists.found(history, "e")]
    lines += plain_lists.sessions([document_of("s", history).summary], 1, "s")
    return "\n".join([page(history), *(one_line(line) for line in lines)])


def check_shown(log: list[Envelope]) -> None:
    text = shown(log)
    assert not DRIVES_A_TERMINAL.search(text), DRIVES_A_TERMINAL.search(text)


@given(logs())
@QUIET
def test_whatever_a_log_says_it_can_be_shown_counted_exported_and_told_again(log: list[Envelope]) -> None:
    # P15, P17
    check_shown(log)


COMMANDS = ("list", "search red", "show s --turns", "export s", "stats")


@given(logs(10))
@settings(QUIET, max_examples=6)
def test_no_log_drives_a_terminal_through_a_command_that_shows_it(
    tmp_path_factory: pytest.TempPathFactory, log: list[Envelope]
) -> None:
    # P26, C20: nor as JSON, in which a terminal would still find C1 and what reorders a line
    folder = tmp_path_factory.mktemp("data")
    lines = [HEADER, *map(encode, log)]
    (folder / "sessions").mkdir()
    (folder / "sessions" / "s.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    for command in COMMANDS:
        for more in ("", " --format json" if "export" in command else " --json"):
            words = [*f"sessions {command}{more}".split(), "--data-dir", str(folder)]
            with stdio() as printed:
                assert main.run(words) == 0, printed.text
            assert not DRIVES_A_TERMINAL.search(printed.text), (words, printed.text)


def check_written(log: list[Envelope]) -> None:
    assert [decode(encode(one)) for one in log] == log


@given(logs(12))
@QUIET
def test_what_was_read_can_be_written_again_and_reads_the_same(log: list[Envelope]) -> None:
    check_written(log)


_LINES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"[" * 100_000,
            b'{"a":' * 5000,
            b"{}",
            b"null",
            b'{"schema":1e99}',
            b'{"schema":9}',
            b"\xff\xfe",
            b"\r",
        ]
    ),
    st.integers(195, 210).map(
        lambda deep: (
            b'{"id":"x","session_id":"s","seq":7,"ts":"","type":"new","data":{"a":%s}}'
            % (b"[" * deep + b"]" * deep)
        )
    ),
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A log with lines that are none, cut anywhere."""
    lines = [HEADER, *map(encode, draw(logs(8)))]
    for _ in range(draw(st.integers(1, 3))):
        lines.insert(draw(st.integers(0, len(lines))), draw(_LINES))
    raw = b"\n".join(lines)
    return raw[: draw(st.integers(0, len(raw)))] + draw(st.sampled_from([b"", b"\n"]))


def check_file(tmp_path_factory: pytest.TempPathFactory, file: bytes) -> None:
    folder = tmp_path_factory.mktemp("log")
    (folder / "s.jsonl").write_bytes(file)
    check_store(folder, folder / "s.jsonl")
    shutil.rmtree(folder)


@given(file=files())
@QUIET
def test_a_log_that_is_torn_anywhere_or_holds_any_line_is_read_told_or_mended(
    tmp_path_factory: pytest.TempPathFactory, file: bytes
) -> None:
    # P14, P15, C13
    check_file(tmp_path_factory, file)


def check_store(folder: Path, path: Path) -> None:
    """Each way in gives a result or an error of ours; what was there is there still, or beside it."""
    store = SessionStore(folder, VirtualClock())
    store.summaries()
    try:
        before = list(store.read("s"))
    except ChatError:
        whole = path.read_bytes()
        done = store.repair("s")
        assert done is not None
        assert done.bytes == len((folder / done.file).read_bytes())
        assert len(path.read_bytes()) + done.bytes == len(whole)
        before = list(store.read("s"))
    shown(before)
    if store.is_newer("s"):
        return  # not ours to write to
    held = store.open("s")
    assert held.log.next_seq > max((one.seq or 0 for one in before), default=-1)
    held.close()
    assert list(store.read("s")) == before


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_minutes_of_any_log(tmp_path_factory: pytest.TempPathFactory) -> None:
    fuzz(
        {
            "shown": (check_shown, {"log": logs()}),
            "written": (check_written, {"log": logs(12)}),
            "file": (partial(check_file, tmp_path_factory), {"file": files()}),
        }
    )
