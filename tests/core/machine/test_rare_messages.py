"""What only some providers say: calls taken back, a cost told late, a connection that is to be renewed."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.events import (
    LinkChanged,
    LinkState,
    Noticed,
    ToolBatchSubmitted,
    ToolResult,
    TurnInterrupted,
    Usage,
    UsageReported,
)
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.options import BargeIn, InterruptPolicy, ServerVad, SessionOptions, TurnDetection
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import Capabilities, ToolOutcome
from tests.core.machine.provider import Bench, calling, typed

COST = Usage(input=3, output=2, total=5)


def ended(bench: Bench, batch: str, call_id: str) -> None:
    outcome = ToolOutcome(call_id=call_id, name="clock", ok=True, output="noon")
    bench.report(reports.ToolFinished(batch, outcome))


@pytest.mark.parametrize("policy", ["drop", "submit", "submit-completed-only"])
def test_calls_that_are_taken_back_end_the_turn_are_logged_once_and_never_sent(
    policy: InterruptPolicy,
) -> None:
    bench = Bench(SessionOptions(turn_detection="none", on_interrupt=policy)).ready()  # P20
    batch = calling(bench, "a", "b")
    ended(bench, batch, "a")
    before = len(bench.sent)
    bench.receive(wire.CallsCancelled(call_ids=("a", "b", "unknown")))
    taken_back = bench.of(ToolResult)[-1]
    assert [(one.call_id, one.ok) for one in bench.of(ToolResult)] == [("a", True), ("b", False)]
    assert taken_back.error is not None
    assert taken_back.error.kind == "cancelled"
    assert len(bench.of(TurnInterrupted)) == 1
    assert any(isinstance(one, do.CancelTools) for one in bench.effects)
    ended(bench, batch, "b")
    bench.report(reports.BatchFinished(batch))
    assert bench.sent[before:] == []
    assert len(bench.of(ToolResult)) == 2
    assert bench.of(ToolBatchSubmitted) == []


def test_of_a_batch_the_calls_that_are_left_are_answered() -> None:
    bench = Bench().ready()  # P20, M5
    batch = calling(bench, "a", "b")
    bench.receive(wire.CallsCancelled(call_ids=("a",)))
    ended(bench, batch, "a")
    ended(bench, batch, "b")
    bench.report(reports.BatchFinished(batch))
    assert [(one.call_id, one.ok) for one in bench.of(ToolResult)] == [("a", False), ("b", True)]
    assert [one.call_ids for one in bench.of(ToolBatchSubmitted)] == [["b"]]
    assert [one.item.call_id for one in bench.sent_of(wire.CreateItem)][-1] == "b"
    assert isinstance(bench.sent[-1], wire.CreateResponse)


def test_calls_of_no_batch_are_nobodys() -> None:
    bench = Bench().ready()
    before = len(bench.effects)
    bench.receive(wire.CallsCancelled(call_ids=("a",)))
    assert bench.effects[before:] == []


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_what_an_answer_cost_is_told_when_it_is_known_and_once(status: wire.ResponseStatus) -> None:
    bench = Bench().ready()  # M32
    typed(bench)
    bench.receive(wire.ResponseDone(response_id="r1", status=status, usage_follows=True))
    assert bench.of(UsageReported) == []
    late = wire.LateUsage(response_id="r1", status=status, usage=COST)
    bench.receive(late, late)
    assert [(one.turn_id, one.response_id, one.usage, one.status) for one in bench.of(UsageReported)] == [
        ("t1", "r1", COST, status)
    ]


def test_so_is_what_a_cut_answer_cost() -> None:
    bench = Bench().ready()
    typed(bench)
    bench.command(ask.Interrupt())
    bench.receive(wire.ResponseDone(response_id="r1", status="cancelled", usage_follows=True))
    bench.receive(wire.LateUsage(response_id="r1", status="cancelled", usage=COST))
    assert [one.turn_id for one in bench.of(UsageReported)] == ["t1"]


@pytest.mark.parametrize("why", ["", "New settings."])
def test_a_connection_is_renewed_at_a_quiet_moment_and_the_user_told_why(why: str) -> None:
    bench = Bench().ready()
    typed(bench)
    bench.receive(wire.RenewalDue(why=why))
    assert bench.machine.link is LinkState.READY
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert bench.machine.link is LinkState.RECONNECTING
    assert bench.of(LinkChanged)[-1].detail == why


def test_hands_free_a_microphone_that_is_open_is_quiet_enough() -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad())).ready()
    bench.machine.audio_appended(pcm_bytes(20))
    bench.receive(wire.RenewalDue())
    assert bench.machine.link is LinkState.RECONNECTING


def test_push_to_talk_what_was_said_and_not_committed_is_not() -> None:
    bench = Bench().ready()
    bench.machine.audio_appended(pcm_bytes(20))
    bench.receive(wire.RenewalDue())
    assert bench.machine.link is LinkState.READY


def test_what_was_said_before_is_marked_as_told_again() -> None:
    bench = Bench()
    item = wire.Item(item_id="", kind="message", role="user", text="hi")
    bench.report(reports.LinkOpening((item,)))
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())
    bench.command(ask.SendText(text="and now"))
    assert [one.seed for one in bench.sent_of(wire.CreateItem)] == [True, False]


@pytest.mark.parametrize(
    ("served", "allowed", "adapts"),
    [
        (ServerVad(), True, False),
        (ServerVad(), False, True),
        (ServerVad(create_response=False), True, True),
        (ServerVad(interrupt_response=False), True, True),
        ("none", False, False),
        (None, False, False),
    ],
)
def test_only_what_a_provider_cannot_leave_to_us_is_changed(
    served: TurnDetection | None, allowed: bool, adapts: bool
) -> None:
    bench = Bench(SessionOptions(turn_detection=served, allow_interruptions=allowed, barge_in="tolerant"))
    bench.report(reports.LinkOpening())
    bench.report(reports.LinkOpened(capabilities=Capabilities(judged_speech=False)))
    bench.receive(wire.SessionCreated())
    assert [one.level for one in bench.of(Noticed)] == ["warning"] * adapts
    (configured,) = bench.sent_of(wire.Configure)
    assert configured.options.turn_detection == (ServerVad() if adapts else served)
    assert configured.options.allow_interruptions == (adapts or allowed)
    assert configured.options.barge_in == ("instant" if adapts else "tolerant")


@pytest.mark.parametrize("barge_in", ["instant", "tolerant"])
def test_what_a_provider_decides_by_itself_is_not_waited_for_and_the_user_is_told(barge_in: BargeIn) -> None:
    # T11
    served = ServerVad(silence_duration_ms=300, create_response=False, interrupt_response=False)
    tolerant = barge_in == "tolerant"
    bench = Bench(SessionOptions(turn_detection=served, allow_interruptions=tolerant, barge_in=barge_in))
    for _ in range(2):
        bench.report(reports.LinkOpening())
        bench.report(reports.LinkOpened(capabilities=Capabilities(judged_speech=False)))
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())
    assert len(bench.of(Noticed)) == 1
    (configured,) = bench.sent_of(wire.Configure)
    assert configured.options.turn_detection == ServerVad(silence_duration_ms=300)
    assert configured.options.allow_interruptions
    assert not configured.options.tolerant
