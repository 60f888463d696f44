"""A session's waits: in its log, in its history and together; and a whole session that measures them."""

import dataclasses
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.events import Latency
from realtime_chat.core.latency import LatencyStatistics, latency_of, percentile
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.statistics import metrics_of
from realtime_chat.core.transports.scripted import emit
from realtime_chat.core.virtual_audio import VirtualSink
from tests.core.driving import ASKED, DONE, WORDS, driver, setup
from tests.core.stories import Story, said, typed


def waited(turn: str, latency: Latency) -> list[ev.Event]:
    """A whole turn with such a wait."""
    measured = ev.LatencyMeasured(turn_id=turn, latency=latency)
    return [*typed(turn, "hi"), said(turn, "Hello."), measured, ev.TurnCompleted(turn_id=turn)]


def test_each_turn_of_a_history_has_its_wait_and_old_ones_have_none() -> None:
    story = Story().tell(
        ev.SessionStarted(),
        *typed("t1", "of an old version"),
        ev.TurnCompleted(turn_id="t1"),
        *waited("t2", Latency(first_token_ms=200)),
    )
    history = story.history()
    assert [turn.latency for turn in history.turns] == [None, Latency(first_token_ms=200)]
    assert [turn.status for turn in history.turns] == ["completed", "completed"]


def test_each_stage_has_the_middle_and_the_slow_of_the_turns_that_reached_it() -> None:
    story = Story().tell(ev.SessionStarted())
    for number in range(1, 21):
        spoken = Latency(commit_ms=500, first_token_ms=number * 100) if number % 2 else None
        story.tell(*waited(f"t{number}", spoken or Latency(first_token_ms=number * 100)))
    assert metrics_of(story.history()).latency == LatencyStatistics(
        turns=20,
        p50=Latency(commit_ms=500, first_token_ms=1000),
        p95=Latency(commit_ms=500, first_token_ms=1900),
    )


def test_without_a_measured_turn_there_is_nothing_to_tell() -> None:
    story = Story().tell(ev.SessionStarted(), *typed("t1", "hi"), ev.TurnCompleted(turn_id="t1"))
    assert latency_of(story.history()) == LatencyStatistics()


@given(st.lists(st.none() | st.integers(0, 10_000)), st.floats(0.01, 1))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(
    values: list[int | None], part: float
) -> None:
    known = [value for value in values if value is not None]
    found = percentile(values, part)
    if not known:
        assert found is None
        return
    assert found in known
    assert sum(value <= found for value in known) >= part * len(known) - 1e-9
    assert all(sum(one <= value for one in known) < part * len(known) for value in known if value < found)


async def test_a_session_logs_when_its_answer_was_first_heard(tmp_path: Path) -> None:
    clock = VirtualClock()
    sink = VirtualSink(clock)
    sounds = emit(wire.AudioDelta(response_id="r1", item_id="i1", pcm=bytes(pcm_bytes(100))))
    script = setup(*ASKED, WORDS, sounds, DONE)
    async with driver(tmp_path, clock) as conversation:
        session_id = await conversation.start(dataclasses.replace(script, sink=sink))
        with conversation.subscribe(session_id, only=[ev.LatencyMeasured.type]) as measured:
            await conversation.send(session_id, "hi")
            await settle()
            await clock.advance(1)
            event = (await anext(aiter(measured))).data
    assert isinstance(event, ev.LatencyMeasured)
    assert event.latency == Latency(first_token_ms=0, first_audio_ms=0, first_audible_ms=0)
    assert conversation.history(session_id).turns[0].latency == event.latency
