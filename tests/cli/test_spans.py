"""What a talk's events become as spans; and that the program writes them."""

import json
from itertools import count
from pathlib import Path
from typing import Any

from realtime_chat.cli.spans import TYPES, Span, Spans
from realtime_chat.core import events as ev
from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.events import Event, Usage
from tests.cli.program import program, value
from tests.core.stories import Story, said, typed

ID = "c" * 32


def spans(*events: Event) -> list[Span]:
    numbers = count(1)
    made = Spans(
        ID, model="m", about={"gen_ai.conversation.id": "s1"}, new_id=lambda: f"{next(numbers):016x}"
    )
    heard = [envelope for envelope in Story().tell(*events) if envelope.type in TYPES]
    return [span for envelope in heard for span in made.take(envelope)]


def began(response: str) -> Event:
    return ev.ResponseStarted(turn_id="t1", response_id=response)


def asked(call: str, name: str) -> list[Event]:
    return [
        ev.ToolCall(turn_id="t1", response_id="r1", call_id=call, name=name, arguments='{"x": "SECRET"}'),
        ev.ToolStarted(turn_id="t1", call_id=call, name=name),
    ]


def result(call: str, kind: str | None = None) -> Event:
    error = ErrorInfo(kind=kind, message="SECRET") if kind else None
    return ev.ToolResult(
        turn_id="t1", call_id=call, name="n", ok=kind is None, output="SECRET", error=error, duration_ms=7
    )


def used(response: str, status: str = "completed", input: int = 0, output: int = 0, cached: int = 0) -> Event:
    return ev.UsageReported(
        turn_id="t1",
        response_id=response,
        usage=Usage(input=input, output=output, cached=cached),
        status=status,
    )


TALK: list[Event] = [
    *typed("t1", "SECRET"),
    began("r1"),
    used("r1", input=12, output=3, cached=4),
    *asked("c1", "one"),
    *asked("c2", "two" * 40),
    result("c2", "timeout"),
    result("c1"),
    ev.ToolBatchSubmitted(turn_id="t1", call_ids=["c1", "c2"]),
    began("r2"),
    said("t1", "SECRET"),
    ev.TurnCompleted(turn_id="t1"),
]


def test_a_turn_is_the_parent_of_its_responses_and_batches_and_those_of_their_tools():
    # M26, X20
    turn = spans(*TALK)[-1]
    by_name = {span.name.split()[0]: span for span in spans(*TALK)}
    assert [span.name[:16] for span in spans(*TALK)] == [
        "chat m",
        "execute_tool two",
        "execute_tool one",
        "tool_batch",
        "chat m",
        "invoke_agent",
    ]
    assert turn.parent_span_id is None
    assert by_name["chat"].parent_span_id == by_name["tool_batch"].parent_span_id == turn.span_id
    assert by_name["execute_tool"].parent_span_id == by_name["tool_batch"].span_id
    assert all(
        span.trace_id == ID and span.attributes["gen_ai.conversation.id"] == "s1" for span in spans(*TALK)
    )
    assert all(span.start_time <= span.end_time for span in spans(*TALK))


def test_usage_and_the_reason_of_the_end_stand_there_only_as_reported():
    # M26: never estimated
    first, second = [span.attributes for span in spans(*TALK) if span.name == "chat m"]
    assert first["gen_ai.usage.input_tokens"] == 12
    assert first["gen_ai.usage.output_tokens"] == 3
    assert first["gen_ai.usage.cache_read.input_tokens"] == 4
    assert first["gen_ai.response.finish_reasons"] == ["completed"]
    assert first["gen_ai.operation.name"] == "chat"
    assert not [name for name in second if "usage" in name or "finish" in name]


def test_a_tool_tells_its_name_its_call_and_how_it_failed():
    # M26, X20
    failed, fine = [span for span in spans(*TALK) if span.name.startswith("execute_tool")]
    assert (failed.status, failed.attributes["error.type"]) == ("error", "timeout")
    assert (fine.status, fine.attributes["gen_ai.tool.name"]) == ("ok", "one")
    assert fine.attributes["gen_ai.tool.call.id"] == "c1"
    assert fine.attributes["realtime_chat.duration_ms"] == 7
    assert len(failed.attributes["gen_ai.tool.name"]) == 64
    batch = next(span for span in spans(*TALK) if span.name == "tool_batch")
    assert batch.attributes["realtime_chat.batch.failures"] == 1
    assert len(batch.attributes["realtime_chat.batch.tools"]) == 2


def test_nothing_that_was_said_asked_or_answered_is_in_a_span():
    assert "SECRET" not in repr(spans(*TALK))


def test_an_interruption_ends_all_that_is_open():
    ended = spans(
        *typed("t1", "x"),
        began("r1"),
        *asked("c1", "one"),
        ev.TurnInterrupted(turn_id="t1", reason="barge_in"),
    )
    assert [(span.name, span.attributes.get("error.type")) for span in ended] == [
        ("chat m", None),
        ("execute_tool one", "aborted"),
        ("tool_batch", None),
        ("invoke_agent", "interrupted_barge_in"),
    ]
    assert all(span.end_time for span in ended)
    late = spans(used("r9", "cancelled", input=5), result("c9"))
    assert [(span.name, span.attributes["error.type"]) for span in late] == [("chat m", "cancelled")]


def test_a_failed_turn_tells_the_kind_of_its_error_and_no_more():
    failed = ev.TurnFailed(
        turn_id="t1", terminal_status="failed", error=ErrorInfo(kind="quota", message="SECRET")
    )
    turn = spans(*typed("t1", "x"), failed)[-1]
    assert (turn.status, turn.attributes["error.type"]) == ("error", "quota")


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def test_the_program_appends_its_spans_under_one_id_a_run(tmp_path: Path) -> None:
    # M27
    file = tmp_path / "trace.jsonl"
    for _ in range(2):
        run = await program(tmp_path, "text", "what is twelve times seven", "--json", "--trace", str(file))
        assert "84" in value(run)["text"]
    written = lines(file)
    names = [one["name"].split()[0] for one in written]
    assert names == ["chat", "execute_tool", "tool_batch", "chat", "invoke_agent"] * 2
    assert len({one["trace_id"] for one in written}) == 2
    assert written[0]["attributes"]["correlation_id"] == written[0]["trace_id"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert "twelve" not in file.read_text()


async def test_a_trace_that_cannot_be_written_is_refused_before_the_talk(tmp_path: Path) -> None:
    run = await program(tmp_path, "text", "hi", "--trace", str(tmp_path / "no" / "trace"))
    assert run.code == 2
    assert "cannot be written" in run.told[-1]
