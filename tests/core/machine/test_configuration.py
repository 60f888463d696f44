"""What changes while a session runs: told at once where the provider listens, else to the next connection."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import InstructionsChanged, ModeChanged, ToolResult, ToolsChanged
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.ports import Capabilities
from tests.core.machine.provider import Bench, calling

CLOCK = ToolSchema(name="clock", description="Tells the time.", parameters={"type": "object"})
BELL = ToolSchema(name="bell", description="Rings.", parameters={"type": "object"})


def bench_of(able: Capabilities) -> Bench:
    bench = Bench(SessionOptions(turn_detection="none"))
    connected(bench, able)
    return bench


def connected(bench: Bench, able: Capabilities) -> None:
    bench.report(reports.LinkOpening())
    bench.report(reports.LinkOpened(None, able))
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())


def test_instructions_and_tools_are_told_at_once_and_nothing_else_is() -> None:
    # M7
    bench = bench_of(Capabilities())
    bench.command(ask.UpdateInstructions(instructions="Be kind."))
    bench.command(ask.SetTools(tools=(BELL,)))
    assert bench.sent[1:] == [
        wire.UpdateInstructions(instructions="Be kind."),
        wire.UpdateTools(tools=(BELL,)),
    ]
    assert bench.events[-2:] == [InstructionsChanged(instructions="Be kind."), ToolsChanged(tools=["bell"])]


def test_a_provider_that_takes_no_changes_is_told_by_a_new_connection_at_a_quiet_moment() -> None:
    fixed = Capabilities(live_instructions=False, live_tools=False)
    bench = bench_of(fixed)
    bench.command(ask.SendText(text="hi"))
    bench.command(ask.UpdateInstructions(instructions="Be kind."))
    bench.command(ask.SetTools(tools=(BELL,)))
    assert not [one for one in bench.effects if isinstance(one, do.Reconnect)]
    request = bench.sent_of(wire.CreateResponse)[-1]
    bench.receive(wire.ResponseCreated(response_id="r1", metadata=request.metadata))
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert [one for one in bench.effects if isinstance(one, do.Reconnect)] == [do.Reconnect(0)]
    connected(bench, fixed)
    options = bench.sent_of(wire.Configure)[-1].options
    assert (options.instructions, options.tools) == ("Be kind.", (BELL,))
    assert bench.sent_of(wire.UpdateInstructions, wire.UpdateTools) == []


def test_tools_that_change_without_a_connection_are_the_next_ones() -> None:
    bench = bench_of(Capabilities())
    bench.command(ask.Pause())
    bench.command(ask.SetTools(tools=(BELL,)))
    bench.command(ask.Resume())
    connected(bench, Capabilities())
    assert bench.sent_of(wire.Configure)[-1].options.tools == (BELL,)
    assert bench.sent_of(wire.UpdateTools) == []


def test_a_tool_that_was_switched_off_does_not_run_though_the_model_may_remember_it() -> None:
    # M7
    bench = Bench(SessionOptions(turn_detection="none", tools=(BELL, CLOCK)))
    connected(bench, Capabilities())
    bench.command(ask.SetTools(tools=(BELL,)))
    batch = calling(bench, "a")  # the clock
    assert bench.batches[-1].calls == ()
    bench.report(reports.BatchFinished(batch))
    (result,) = bench.of(ToolResult)
    assert (result.ok, result.error.kind if result.error else "") == (False, "tool_off")
    assert bench.sent_of(wire.CreateResponse)[-1].event_id == "create_2"

    again = Bench(SessionOptions(turn_detection="none", tools=(BELL, CLOCK)))
    connected(again, Capabilities())
    again.command(ask.SetTools(tools=(BELL,)))
    again.command(ask.SetTools(tools=(BELL, CLOCK)))
    calling(again, "a")
    assert [one.name for one in again.batches[-1].calls] == ["clock"]


def test_where_nothing_can_sound_there_is_no_voice_mode() -> None:
    silent = bench_of(Capabilities(audio_output=False))
    with pytest.raises(InvalidArguments, match="carries no sound"):
        silent.machine.command(ask.SetMode(mode="voice"), 1.0)
    assert silent.of(ModeChanged) == []
    assert silent.command(ask.SetMode(mode="text"))
    assert bench_of(Capabilities()).command(ask.SetMode(mode="voice"))
