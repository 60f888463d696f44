"""Whatever comes from outside, byte by byte: each reader gives a value or an error of ours, and comes to an end.

A few seconds of each in CI; in `make soak` for as many minutes as FUZZ_MINUTES says (10), all of them together.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.cli import json_out, project
from realtime_chat.cli.kept_keys import KeptKeys
from realtime_chat.cli.settings import load
from realtime_chat.core import messages as m
from realtime_chat.core.envelope_codec import decode as envelope
from realtime_chat.core.envelope_codec import encode
from realtime_chat.core.errors import ChatError
from realtime_chat.core.history import ToolEntry
from realtime_chat.core.json_text import DEEPEST, NotJson, read_json
from realtime_chat.core.printable import one_line
from realtime_chat.core.store import snapshot
from realtime_chat.core.transports.chat.answer import Answer
from realtime_chat.core.transports.chat.dialogue import Dialogue
from realtime_chat.core.transports.chat.lines import EventLines, Mark
from realtime_chat.core.transports.gemini.contents import as_object
from realtime_chat.core.transports.http_refusals import refusal
from realtime_chat.core.transports.openai.decode import decode
from realtime_chat.core.transports.openai.encode import encode as encode_frame
from realtime_chat.local.client_events import check as check_event
from realtime_chat.local.client_events import read as client_event
from realtime_chat.local.context import _arguments
from realtime_chat.local.engines.brain.chat import _object
from realtime_chat.local.engines.brain.commands.brain import _failure
from realtime_chat.local.engines.stt.service import _text
from realtime_chat.tools import arguments, grants
from realtime_chat.tools.builtin import timers
from tests.core.any_events import JSON
from tests.core.transports.gemini_bench import PTT, Bench
from tests.core.transports.openai_events import EVENTS
from tests.core.transports.test_chat_answer import _GOOD
from tests.core.transports.test_gemini_anything import FRAMES
from tests.fuzzing import CALM, fuzz

QUICK = settings(max_examples=40, suppress_health_check=CALM)


def openai(raw: bytes) -> None:
    message = decode(raw)
    assert isinstance(message, get_args(m.Incoming))
    if isinstance(message, m.OutputItemDone | m.ItemAdded) and message.item.raw:
        encode_frame(m.CreateItem(item=message.item))  # it is told again as it came


def gemini(raw: bytes) -> None:
    bench = Bench().ready(PTT)
    bench.ask()
    for message in bench.dialect.hear(raw):
        assert isinstance(message, get_args(m.Incoming))
    bench.outputs("c1")


def chat(raw: bytes) -> None:
    lines, answer = EventLines(), Answer()
    for line in raw.split(b"\n"):
        answer.take(lines.take(line))
    lines.end()
    *_, done = answer.end()
    assert isinstance(done, m.ResponseDone)


def a_refusal(raw: bytes) -> None:
    for status in (0, 400, 401, 429, 500):
        error = refusal("host", status, headers={}, body=raw, key_name="KEY", quoted=one_line)
        assert "\x1b" not in error.message


def text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """A reader of what came as text."""
    return lambda raw: read(raw.decode("utf-8", "replace"))


def an_output_for_chat(output: str) -> None:
    dialogue = Dialogue()
    call = m.Item(item_id="c", kind="function_call", call_id="c1", name="n", arguments=output)
    list(dialogue.take(m.CreateItem(item=call)))
    result = m.Item(item_id="o", kind="function_call_output", call_id="c1", output="x")
    list(dialogue.take(m.CreateItem(item=result)))
    msgspec.json.encode(dialogue.messages(""))


def shown_call(words: str) -> None:
    entry = ToolEntry(turn_id="t", call_id="c", name="n", arguments=words)
    json_out.line(json_out._call(entry))


def in_a_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A reader of a file that somebody edited, in the folder of the test."""

    def reader(raw: bytes) -> object:
        Path(name).write_bytes(raw)
        return read(Path(name))

    return reader


READERS: dict[str, Callable[[bytes], object]] = {
    "json": read_json,
    "openai": openai,
    "gemini": gemini,
    "chat": chat,
    "a refusal": a_refusal,
    "a tool's output for gemini": text(lambda words: json.dumps(as_object(words))),
    "a call's arguments for chat": text(an_output_for_chat),
    "a call's arguments": text(arguments.decoded),
    "a call as --json": text(shown_call),
    "a line of a log": lambda raw: encode(envelope(raw)),
    "a snapshot": in_a_file("s.json", snapshot.load),
    "timers": in_a_file("timers.json", lambda file: timers.load(file.parent.resolve(), datetime.now(UTC))),
    "grants": in_a_file(grants.FILE, lambda file: grants._read(file.parent.resolve())),
    "keys": in_a_file("keys.json", lambda file: KeptKeys(file.resolve()).get("openai")),
    "settings": in_a_file("config.toml", load),
    "a project's settings": in_a_file(project.NAME, lambda _: project.project_file()),
    "what was confirmed": in_a_file(project.CONFIRMED, lambda _: project._known()),
    "an event of a client": lambda raw: check_event(client_event(raw.decode("utf-8", "surrogateescape"))),
    "arguments in the server": text(_arguments),
    "arguments from a brain": text(_object),
    "a tool's failure in the server": text(_failure),
    "a transcript of a service": _text,
}
FRAMES_OF_ALL = [
    *(frame for frame, _ in EVENTS),
    *(json.dumps(frame).encode() for frame in FRAMES),
    b"\n".join(b"data: " + json.dumps(one).encode() + b"\n" for one in _GOOD) + b"data: [DONE]\n",
    b'{"id":"x","session_id":"s","seq":0,"ts":"","type":"session_titled","data":{"title":"x"}}',
    b'{"error":{"code":"x","message":"\\u001b[2J"}}',
    b'[{"id":1,"name":"tea","due":"2026-11-21T09:30:00Z"}]',
    b'{"openai":{"key":"k"}}',
    b'[permissions]\nmode = "auto"\n',
]


def deep(levels: int, begin: bytes, end: bytes) -> bytes:
    return b'{"type":"x","name":"n","arguments":' + begin * levels + b"1" + end * levels + b"}"


LEVELS = st.sampled_from([DEEPEST - 1, DEEPEST, 500, 900, *range(960, 1000, 7), 5000, 100_000])
DEEP = st.builds(deep, LEVELS, st.sampled_from([b"[", b'{"a":']), st.sampled_from([b"]", b"}", b""]))


@st.composite
def _bent(draw: st.DrawFn) -> bytes:
    """A real one, of which some bytes are other ones, are not there, or are there twice."""
    raw = bytearray(draw(st.sampled_from(FRAMES_OF_ALL)))
    for _ in range(draw(st.integers(1, 4))):
        at, size = draw(st.integers(0, len(raw))), draw(st.integers(0, 12))
        put = draw(st.one_of(st.binary(max_size=6), _TOKENS, st.just(bytes(raw[at : at + size]) * 2)))
        raw[at : at + size] = put
    return bytes(raw)


_TOKENS = st.sampled_from(
    b'null [] {} " \\ 1e400 -0 999999999999999999999 \\ud800 \xff \n \n\n data: \0 \x1b[2J \xc2\x9b true , :'.split(
        b" "
    )
)
ANYTHING = st.one_of(
    st.binary(max_size=60), _bent(), JSON.map(lambda value: json.dumps(value).encode()), DEEP
)


#: Whose word for what is none is a ValueError, as they say; all others tell errors of ours, or nothing.
VALUE_ERRORS = ("json", "a line of a log")


def check(name: str, raw: bytes) -> None:
    with suppress(ChatError, *([ValueError] if name in VALUE_ERRORS else [])):
        READERS[name](raw)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files are, and nobody's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REALTIME_CHAT_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("REALTIME_CHAT_CONFIG", raising=False)


@pytest.mark.parametrize("name", READERS)
@given(raw=ANYTHING)
@QUICK
def test_any_bytes_are_read_or_refused_in_words_of_ours(name: str, raw: bytes) -> None:
    # M13, C9
    check(name, raw)


@pytest.mark.parametrize("name", READERS)
def test_what_is_nested_deeper_than_anybody_nests_is_read_or_refused(name: str) -> None:
    """At each depth at which one of these stopped where another one still went on."""
    for levels in [DEEPEST - 1, DEEPEST, *range(950, 1000, 7), 5000, 100_000]:
        for begin, end in ((b"[", b"]"), (b'{"a":', b"}"), (b"[", b"")):
            check(name, deep(levels, begin, end))
    check(name, b"[" * 100_000)
    check(name, b"a = " + b"[" * 5000 + b"]" * 5000)


def test_the_bound_is_a_bound_of_nesting_and_not_of_brackets() -> None:
    many = msgspec.json.encode([{"a": ["[" * 300]}] * 1000)
    assert len(read_json(many)) == 1000
    assert read_json(deep(DEEPEST - 1, b"[", b"]"))["name"] == "n"
    with pytest.raises(NotJson, match="nested more than"):
        read_json(deep(DEEPEST, b"[", b"]"))


def test_lines_that_never_make_a_value_are_given_up_before_they_hold_the_talk_up() -> None:
    lines = EventLines()
    piece = b'data: "' + b"x" * 100_000 + b'",'
    told = [lines.take(b"data: [")] + [lines.take(piece) for _ in range(200)]
    assert Mark.UNREADABLE in told
    assert lines.take(b"") is Mark.UNREADABLE
    assert lines.take(b'data: {"a":1}') == {"a": 1}


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_minutes_of_any_bytes() -> None:
    fuzz({name: (check, {"name": st.just(name), "raw": ANYTHING}) for name in READERS})
