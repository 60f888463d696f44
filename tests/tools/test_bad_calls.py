"""Whatever a call is, it gets exactly one output, and the talk goes on: proven through a whole session."""

import asyncio
import math
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core.clock import SystemClock, VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.history import AssistantEntry, ToolEntry
from realtime_chat.tools.base import Surroundings, tool
from realtime_chat.tools.outcomes import OUTPUT_BYTES
from realtime_chat.tools.printing import stdout_kept
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner
from tests.tools.kit import Flag, call
from tests.tools.talks import asking, entries, follow_up, outputs, talking
from tests.waiting import eventually

LET_GO = threading.Event()


@tool(need="read")
def double(x: int) -> int:
    """Double it."""
    return 2 * x


@tool
def explode() -> None:
    """Raise."""
    raise RuntimeError("boom")


@tool
def flood() -> str:
    """Return ten megabytes."""
    return "é" * 5_000_000


@tool
def unwritable() -> Any:
    """Return what JSON cannot tell."""
    return {"x": object(), "y": math.nan}


@tool
def leave() -> None:
    """End the program."""
    sys.exit(7)


@tool
def chatter() -> str:
    """Print."""
    print("printed by a tool")
    sys.stdout.flush()
    return "said"


@tool
def hang() -> None:
    """Never return."""
    LET_GO.wait(30)


@tool
async def hang_async() -> None:
    """Never return, and ignore every cancellation."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


TOOLS = [double, explode, flood, unwritable, leave, chatter, hang, hang_async]

#: What is wrong → name, arguments, the kind of error, what the model reads of it.
BAD = {
    "unknown tool": ("duoble", "{}", "unknown_tool", "did you mean 'double'?"),
    "no name": ("", "{}", "unknown_tool", "Available tools: double"),
    "invalid JSON": ("double", '{"x": ', "invalid_args", "not valid JSON"),
    "no object": ("double", "[1]", "invalid_args", "one JSON object"),
    "wrong type": ("double", '{"x": "two"}', "invalid_args", "must be a whole number"),
    "missing argument": ("double", "{}", "invalid_args", "'x' (a whole number) is missing"),
    "unknown argument": ("double", '{"x": 1, "y": 2}', "invalid_args", "'y' is unknown"),
    "exception": ("explode", "", "tool_failed", "boom"),
    "unserialisable result": ("unwritable", "", "serialisation_failed", "serialisation_failed"),
    "sys.exit": ("leave", "", "tool_failed", "7"),
    "never returns": ("hang", "", "timeout", "did not finish within 60 s"),
    "ignores cancellation": ("hang_async", "", "timeout", "did not finish within 60 s"),
    "10 MB result": ("flood", "", None, "[cut: the whole is 10000000 bytes"),
    "writes to stdout": ("chatter", "", None, "said"),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_call_gets_exactly_one_output_and_the_talk_goes_on(
    tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
):
    # C4, C11, M23, M25, X15, X16; the good call beside it is not harmed
    name, arguments, kind, told = BAD[case]
    pair = [("bad", name, arguments), ("good", "double", '{"x": 21}')]
    transport = asking(*pair, then=follow_up(2))
    clock = VirtualClock()
    LET_GO.clear()
    with stdout_kept():
        async with talking(tmp_path, transport, clock, *TOOLS) as (conversation, session_id):
            turn = await conversation.send(session_id, "go")
            if kind == "timeout":
                await eventually(lambda: _ended(conversation, session_id, "good"))
                await clock.advance(61)
            entry = await conversation.await_turn(session_id, turn)
            history = conversation.history(session_id)
    LET_GO.set()
    assert entry.status == "completed"
    bad, good = [one for one in history.items if isinstance(one, ToolEntry)]
    assert (good.status, good.output) == ("ok", "42")
    assert bad.status == ("ok" if kind is None else "failed")
    assert (bad.error.kind if bad.error else None) == kind
    assert told in bad.output
    assert len(bad.output.encode()) <= OUTPUT_BYTES
    assert outputs(transport) == [("bad", bad.output), ("good", "42")]
    assert [one.text for one in history.items if isinstance(one, AssistantEntry)] == ["Let us go on"]
    assert capsys.readouterr().out == ""


def _ended(conversation: Conversation, session_id: str, call_id: str) -> bool:
    entries = conversation.history(session_id).items
    return any(
        isinstance(one, ToolEntry) and one.call_id == call_id and one.status == "ok" for one in entries
    )


async def test_a_call_id_that_was_answered_is_not_answered_again(tmp_path: Path):
    # J25
    twice = [("one", "double", '{"x": 1}'), ("one", "double", '{"x": 2}')]
    transport = asking(*twice, then=follow_up(1))
    async with talking(tmp_path, transport, VirtualClock(), *TOOLS) as (conversation, session_id):
        turn = await conversation.send(session_id, "go")
        await conversation.await_turn(session_id, turn)
        (only,) = entries(conversation, session_id)
    assert outputs(transport) == [("one", only.output)]


async def test_a_thousand_calls_of_one_session_leave_no_task_no_thread_and_no_file(tmp_path: Path):
    @tool
    async def quick() -> str:
        """Be quick."""
        return "ok"

    surroundings = Surroundings(workspace=tmp_path, data_dir=tmp_path, clock=SystemClock())
    runner = Runner(Registry([quick, double, explode]), surroundings)
    names = ["quick", "double", "explode", "missing"]
    tasks, threads, files = asyncio.all_tasks(), threading.active_count(), _open_files()
    for batch in range(125):
        requests = [call(f"c{batch}_{n}", names[n % 4], '{"x": 1}' if n % 4 == 1 else "") for n in range(8)]
        outcomes = await runner.run(requests, Flag(), lambda _: None, lambda _, __: None)
        assert [outcome.ok for outcome in outcomes] == [True, True, False, False] * 2
    await eventually(lambda: threading.active_count() <= threads)
    assert asyncio.all_tasks() == tasks
    assert runner.threads == 0
    assert _open_files() == files


def _open_files() -> int:
    """0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.is_dir() else 0
