"""Use by day: a day is the user's own, and each use counts once, on the day on which it happened."""

from datetime import UTC, date, timedelta, timezone

from realtime_chat.core import events as ev
from realtime_chat.core.days import DayBook
from realtime_chat.core.history import History
from realtime_chat.core.prices import Cost, Price, PriceList
from tests.core.stories import Story, spoken, typed

PRICES = PriceList({"m": Price(text_in=1_000_000), "ear": Price(per_minute=6)})
HOUR = 3600.0


def used(turn: str, tokens: int) -> ev.Event:
    usage = ev.Usage(input=tokens, total=tokens, input_text=tokens, cached=1)
    return ev.UsageReported(turn_id=turn, response_id=f"r_{turn}", usage=usage)


def talk(session_id: str = "s1") -> History:
    """Begins at nine in the morning UTC; its second turn is fifteen hours later."""
    story = Story().tell(
        ev.SessionStarted(provider="openai", model="m", transcription_model="ear"),
        *spoken("t1", "hi"),
        ev.UserTranscript(item_id="u_t1", text="hi", usage=ev.TranscriptionUsage(seconds=10)),
        used("t1", 2),
    )
    story.tell(ev.ModeChanged(mode="text"), after_s=15 * HOUR).tell(*typed("t2", "and?"), used("t2", 5))
    history = story.history()
    history.session_id = session_id
    return history


def test_what_was_used_counts_on_its_day_and_in_all_once() -> None:  # X27
    book = DayBook(PRICES, zone=UTC)
    book.take(talk("s1"))
    book.take(talk("s2"))
    first, second = book.days()
    assert (first.day, first.sessions, first.turns) == (date(2026, 1, 1), 2, 2)
    assert (first.usage.input_text, first.usage.cached, first.transcription.seconds) == (4, 2, 20)
    assert first.cost == Cost(usd=4 + 2)
    assert (second.day, second.sessions, second.turns) == (date(2026, 1, 2), 2, 2)
    assert second.cost == Cost(usd=10)
    together = book.in_all()
    assert (together.day, together.sessions, together.turns) == (None, 2, 4)
    assert (together.usage.total, together.cost) == (14, Cost(usd=16))


def test_a_day_is_one_of_the_users_own_zone() -> None:
    west, east = (DayBook(PRICES, zone=timezone(timedelta(hours=hours))) for hours in (-10, 14))
    for book in (west, east):
        book.take(talk())
    assert [record.day for record in west.days()] == [date(2025, 12, 31), date(2026, 1, 1)]
    assert [record.day for record in east.days()] == [date(2026, 1, 1), date(2026, 1, 2)]


def test_days_before_the_first_are_left_out_of_all_too() -> None:
    book = DayBook(PRICES, zone=UTC, first=date(2026, 1, 2))
    book.take(talk())
    assert [record.day for record in book.days()] == [date(2026, 1, 2)]
    assert (book.in_all().turns, book.in_all().usage.total) == (1, 5)


def test_without_sessions_there_are_no_days_and_no_cost() -> None:
    book = DayBook(PRICES)
    assert book.days() == []
    assert (book.in_all().sessions, book.in_all().cost) == (0, Cost())


def test_a_forks_first_turns_are_its_parents() -> None:
    fork = Story().tell(
        ev.SessionForked(parent_id="s1", parent_seq=9, turn_id="t1"),
        ev.SessionStarted(provider="openai", model="m"),
        *typed("t1", "hi"),
        *typed("t2", "and?"),
    )
    book = DayBook(PRICES, zone=UTC)
    book.take(fork.history())
    assert book.in_all().turns == 1
