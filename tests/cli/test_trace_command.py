"""`trace FILE`: a trace is asked by type, by time and for its last ones (M26)."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from realtime_chat.cli.main import run
from realtime_chat.cli.spans import Span

NAMES = ("chat m", "execute_tool \x1b[2Jadd", "tool_batch", "chat m", "invoke_agent")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def trace(folder: Path) -> Path:
    """Five spans, a minute apart, each of half a second; the tool's failed."""
    file = folder / "trace.jsonl"
    with file.open("wb") as out:
        for minute, name in enumerate(NAMES):
            began = NOON + timedelta(minutes=minute)
            tool = name.startswith("execute_tool")
            attributes: dict[str, Any] = {"gen_ai.tool.name": name.split(" ")[1]} if tool else {}
            span = Span(
                name=name,
                kind="internal",
                trace_id="c" * 32,
                span_id=f"{minute}",
                parent_span_id=None,
                start_time=began.isoformat(),
                end_time=(began + timedelta(milliseconds=500)).isoformat(),
                status="error" if tool else "ok",
                attributes={**attributes, "error.type": "timeout"} if tool else attributes,
            )
            out.write(msgspec.json.encode(span) + b"\n")
    return file


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The numbers of the spans that were shown."""
    assert run(["trace", *arguments, "--json"]) == 0
    return [json.loads(line)["span_id"] for line in capsys.readouterr().out.splitlines()]


def test_a_trace_is_asked_by_type_by_time_and_for_its_last_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = str(trace(tmp_path))
    assert asked(capsys, file) == ["0", "1", "2", "3", "4"]
    assert asked(capsys, file, "--type", "response") == ["0", "3"]
    assert asked(capsys, file, "--type", "response", "--last", "1") == ["3"]
    assert asked(capsys, file, "--since", "2026-11-21T12:02:00+00:00") == ["2", "3", "4"]
    assert asked(capsys, file, "--since", "2026-11-22") == []


def test_what_took_time_is_a_line_without_anything_raw(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["trace", str(trace(tmp_path)), "--type", "tool"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split()[2:] == ["tool", "500", "ms", "error", "␛[2Jadd", "·", "timeout"]


def test_a_broken_line_is_told_and_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = trace(tmp_path)
    file.write_bytes(b'{"name": "chat"\n' + file.read_bytes() + b'{"na')
    assert run(["trace", str(file), "--last", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.split()[2] == "turn"
    assert [line.split(" of ")[0] for line in err.splitlines()] == ["warning: line 1", "warning: line 7"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nothing.jsonl"], 2, "There is no trace nothing.jsonl"),
        (["."], 2, "cannot be read"),
        (["trace.jsonl", "--since", "soon"], 2, "takes a time like"),
        (["trace.jsonl", "--type", "word"], 2, ""),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    trace(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["trace", *arguments]) == code
    assert told in capsys.readouterr().err
