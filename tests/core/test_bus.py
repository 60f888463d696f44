"""Who listens hears its own session, all of it or joined, and harms nobody by being slow."""

import asyncio

from realtime_chat.core import bus as bus_module
from realtime_chat.core import events as ev
from realtime_chat.core.bus import Bus, Subscription
from realtime_chat.core.events import Envelope, Event


def envelope(event: Event, session_id: str = "s1", seq: int | None = None) -> Envelope:
    return Envelope(id="e", session_id=session_id, seq=seq, ts="2026-01-01T00:00:00+00:00", data=event)


def delta(text: str, item: str = "a1") -> Envelope:
    return envelope(ev.TextDelta(turn_id="t1", response_id="r1", item_id=item, delta=text))


def message(seq: int) -> Envelope:
    return envelope(ev.UserMessage(turn_id="t1", item_id="u1", source="typed", text="hi"), seq=seq)


def types(subscription: Subscription) -> list[str]:
    return [one.type for one in subscription.waiting()]


def test_everyone_hears_the_events_of_its_session_only() -> None:  # P16, M1
    bus = Bus()
    first, second, other = bus.subscribe("s1"), bus.subscribe("s1"), bus.subscribe("s2")
    bus.publish(message(0))
    assert types(first) == types(second) == ["user_message"]
    assert types(other) == []
    assert (bus.subscriber_count("s1"), bus.subscriber_count("s3")) == (2, 0)


def test_one_may_ask_for_some_types_and_leave_at_any_time() -> None:  # P16
    bus = Bus()
    with bus.subscribe("s1", only=["assistant_text_delta"]) as subscription:
        bus.publish(message(0))
        bus.publish(delta("x"))
        assert types(subscription) == ["assistant_text_delta"]
    bus.publish(delta("y"))
    assert types(subscription) == []
    assert bus.subscriber_count("s1") == 0
    subscription.close()  # again


def test_a_screen_gets_adjacent_pieces_of_one_item_as_one() -> None:  # P16, M11
    bus = Bus()
    joined, whole = bus.subscribe("s1", coalesce=True), bus.subscribe("s1")
    for one in (delta("a"), delta("b"), delta("c", "a2"), message(0), delta("d", "a2")):
        bus.publish(one)
    told = [getattr(one.data, "delta", "-") for one in joined.waiting()]
    assert told == ["ab", "c", "-", "d"]
    assert len(whole.waiting()) == 5


def test_who_is_too_slow_is_cut_or_loses_what_nobody_folds(monkeypatch) -> None:  # P16
    monkeypatch.setattr(bus_module, "BOUND", 3)
    bus = Bus()
    exact, screen = bus.subscribe("s1"), bus.subscribe("s1", coalesce=True)
    for number in range(4):
        bus.publish(delta("x", f"a{number}"))
    bus.publish(message(0))
    assert (exact.lagged, len(exact.waiting())) == (True, 3)
    assert (screen.lagged, screen.gap) == (False, 1)
    assert types(screen)[-1] == "user_message"


async def test_a_stream_ends_with_its_session_after_what_waits_in_it() -> None:  # M28, P16
    bus = Bus()
    subscription = bus.subscribe("s1")
    bus.publish(message(0))
    bus.publish(message(1))
    bus.end("s1")
    async with asyncio.timeout(5):
        assert [one.seq async for one in subscription] == [0, 1]
    assert subscription.last_seq == 1
