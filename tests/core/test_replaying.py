"""A replay: the log's events, all and unchanged, in their own time, with what only lived between them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core.beats import LONGEST_PAUSE_S, beats
from realtime_chat.core.bus import Bus
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import Envelope, Event, LinkState, TurnPhase
from realtime_chat.core.folding import Folding, fold
from realtime_chat.core.player import Player
from realtime_chat.core.replayed import Replayed, nobody
from realtime_chat.core.store.directory import SessionStore
from tests.core.stories import Story, heard, said, spoken, typed
from tests.core.test_history import talk

ENDS: list[list[Event]] = [
    [said("t", "one two three", audio_ms=2000), ev.TurnCompleted(turn_id="t")],
    [heard("t", "one", 400, 2000), said("t", "one two", audio_ms=2000, interrupted=True)],
    [heard("t", "one", 400, 2000)],
    [
        said("t", "one", audio_ms=900),
        heard("t", "", 0, 900),
        ev.TurnInterrupted(turn_id="t", reason="manual"),
    ],
    [said("t", ""), said("t", "again, with the same id")],
    [ev.ToolCall(turn_id="t", response_id="r", call_id="c", name="n", arguments="{}")],
    [*spoken("t", "late"), ev.TurnCompleted(turn_id="t")],
]
LOGS = st.lists(st.tuples(st.sampled_from(ENDS), st.floats(0, 100_000)), max_size=6)


class Watched:
    """A replay on a clock that only the test moves."""

    def __init__(self, player: Player, clock: VirtualClock, bus: Bus) -> None:
        self.player = player
        self.clock = clock
        self.bus = bus
        self.came: list[Envelope] = []

    @property
    def durable(self) -> list[Envelope]:
        return [one for one in self.came if one.durable]

    @property
    def words(self) -> str:
        """Of all answers, as they grew."""
        grown = [one.data for one in self.came if isinstance(one.data, ev.TextDelta | ev.TranscriptDelta)]
        return "".join(one.delta for one in grown)


@asynccontextmanager
async def watched(log: Sequence[Envelope], *, speed: float = 1.0) -> AsyncGenerator[Watched]:
    bus, clock = Bus(), VirtualClock()
    replay = Watched(Player(log, bus, clock, speed=speed), clock, bus)

    async def watch() -> None:
        async for envelope in bus.subscribe("s1"):
            replay.came.append(envelope)

    async with asyncio.TaskGroup() as crew:
        watching = crew.create_task(watch())
        await settle()
        playing = crew.create_task(replay.player.run())
        yield replay
        watching.cancel()
        playing.cancel()


async def test_all_that_the_log_holds_comes_in_its_order_and_folds_to_the_same() -> None:  # P15, P17
    log = list(talk())
    async with watched(log) as replay:
        await replay.clock.advance(60)
        assert replay.player.over
        assert replay.durable == log
        assert fold(replay.came) == fold(log)


@given(LOGS)
def test_whatever_the_log_holds_what_is_shown_folds_to_the_same(
    parts: list[tuple[list[Event], float]],
) -> None:
    # P15
    story = Story()
    for events, after_s in parts:
        story.tell(*events, after_s=after_s)
    log = list(story)
    shown = [beat.envelope for beat in beats(log)]
    assert [one for one in shown if one.durable] == log
    assert fold(shown) == fold(log)
    assert all(0 <= beat.wait_s <= LONGEST_PAUSE_S for beat in beats(log))


async def test_a_spoken_answer_grows_for_as_long_as_it_sounded() -> None:
    text = "one two three four five six seven eight"
    log = [*Story().tell(*spoken("t1", "count"), said("t1", text, audio_ms=4000), after_s=0)]
    async with watched(log) as replay:
        await replay.clock.advance(2)
        assert replay.words == "one two three four "
        assert replay.player.phase is TurnPhase.RESPONDING
        await replay.clock.advance(1.9)
        assert not replay.player.over
        await replay.clock.advance(0.2)
        assert replay.words == text
        assert replay.player.over


async def test_of_a_cut_answer_what_was_heard_takes_its_time_and_the_rest_comes_at_once() -> None:
    cut = [
        heard("t1", "one two", 1000, 9000),
        said("t1", "one two three four", audio_ms=9000, interrupted=True),
        ev.TurnInterrupted(turn_id="t1", reason="barge_in"),
    ]
    async with watched([*Story().tell(*spoken("t1", "count"), *cut, after_s=0)]) as replay:
        await replay.clock.advance(0.9)
        assert replay.words == "one "
        await replay.clock.advance(0.2)
        assert replay.words == "one two three four"
        assert replay.player.over


async def test_a_pause_of_days_is_a_short_one() -> None:
    story = Story().tell(ev.SessionStarted())
    story.now += timedelta(days=9)
    async with watched([*story.tell(*typed("t1", "hi"), after_s=0)]) as replay:
        await replay.clock.advance(LONGEST_PAUSE_S - 0.1)
        assert len(replay.durable) == 1
        await replay.clock.advance(0.2)
        assert len(replay.durable) == 3


async def test_twice_as_fast_takes_half_of_the_time() -> None:
    log = [*Story().tell(*typed("t1", "hi"), ev.TurnCompleted(turn_id="t1"), after_s=2)]
    async with watched(log, speed=2) as replay:
        await replay.clock.advance(1.9)
        assert len(replay.durable) == 2
        await replay.clock.advance(0.2)
        assert replay.durable == log


async def test_it_stands_still_while_it_is_paused_and_loses_nothing() -> None:
    log = [*Story().tell(*typed("t1", "hi"), ev.TurnCompleted(turn_id="t1"), after_s=2)]
    async with watched(log) as replay:
        await replay.clock.advance(1)
        replay.player.pause(True)
        await replay.clock.advance(1000)
        assert len(replay.durable) == 1
        replay.player.pause(False)
        await replay.clock.advance(0.9)
        assert len(replay.durable) == 1  # the second of which one was over
        await replay.clock.advance(0.2)
        assert len(replay.durable) == 2


async def test_a_skip_goes_to_the_next_turn_and_leaves_nothing_out() -> None:
    story = Story().tell(*spoken("t1", "count"), said("t1", "one two", audio_ms=60_000), after_s=2)
    log = [*story.tell(ev.TurnCompleted(turn_id="t1"), *typed("t2", "bye"), after_s=2)]
    async with watched(log) as replay:
        await replay.clock.advance(7)
        replay.player.pause(True)
        replay.player.skip()
        await settle()
        assert replay.durable[-1].data == ev.TurnStarted(turn_id="t2", source="typed")
        assert replay.durable == log[:-1]
        await replay.clock.advance(100)
        assert replay.durable == log[:-1]  # it is still paused
        replay.player.pause(False)
        await replay.clock.advance(3)
        assert replay.player.over


async def test_one_goes_back_to_the_begin_of_a_turn_and_soon_after_it_to_the_one_before() -> None:
    first = (*typed("t1", "one"), ev.TurnCompleted(turn_id="t1"))
    log = [*Story().tell(*first, *typed("t2", "two"), ev.TurnCompleted(turn_id="t2"), after_s=2)]
    async with watched(log) as replay:
        await replay.clock.advance(9)
        assert replay.durable == log[:5]
        assert [one for one in replay.player.back() if one.durable] == log[:3]
        replay.came.clear()
        await replay.clock.advance(2.1)
        assert replay.durable == log[3:4]
        before = replay.player.back()
        assert fold(before) == fold([])
        replay.came.clear()
        await replay.clock.advance(100)
        assert replay.durable == log
        assert replay.player.over
        assert [one for one in replay.player.back() if one.durable] == log[:3]
        assert not replay.player.over


async def test_while_it_is_paused_one_goes_back_and_stays_there() -> None:
    log = [*Story().tell(*typed("t1", "hi"), ev.TurnCompleted(turn_id="t1"), after_s=2)]
    async with watched(log) as replay:
        await replay.clock.advance(3)
        replay.player.pause(True)
        await replay.clock.advance(4)
        assert replay.player.back() == []
        replay.came.clear()
        await replay.clock.advance(100)
        assert replay.came == []
        replay.player.pause(False)
        await replay.clock.advance(100)
        assert replay.durable == log


async def test_times_that_are_none_or_go_back_are_passed_over() -> None:
    first, *rest = talk()
    odd = [Envelope(id="x", session_id="s1", seq=0, ts="\x1b[2Jnoon", data=first.data), *rest]
    assert [beat.envelope for beat in beats(odd) if beat.envelope.durable] == odd
    assert [beat.envelope for beat in beats([*reversed(odd)]) if beat.envelope.durable] == odd[::-1]


async def test_a_screen_can_ask_it_for_its_state_and_change_nothing(tmp_path: Path) -> None:
    clock = VirtualClock()
    supervisor = nobody(SessionStore(tmp_path, clock), clock)
    log = list(talk())
    player = Player(log, supervisor.bus, clock)
    replayed = Replayed(supervisor, player, fold(log))
    attached = replayed.attach("s1", coalesce=True)
    assert isinstance(attached.folding, Folding)
    assert replayed.status("s1").link is LinkState.READY
    player.pause(True)
    assert replayed.status("s1").link is LinkState.PAUSED
    for refused in (replayed.send("s1", "hi"), replayed.interrupt("s1"), replayed.commit_audio("s1")):
        with pytest.raises(InvalidArguments, match="This is a replay"):
            await refused
    player.pause(False)
    async with asyncio.TaskGroup() as crew:
        crew.create_task(player.run())
        await clock.advance(100)
    for envelope in attached.events.waiting():
        attached.folding.apply(envelope)
    assert attached.folding.history == fold(log)
    assert replayed.status("s1").link is LinkState.CLOSED
