"""The turns of a talk as text: each once, in order, when its words are known."""

from realtime_chat.core import events as ev
from realtime_chat.core.agents.exchanges import MOST_OPEN, Exchanges
from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.events import Event
from tests.core.stories import heard, said, spoken, typed


def given(*events: Event) -> list[tuple[str, str]]:
    exchanges = Exchanges()
    return [(one.turn_id, one.text) for event in events for one in exchanges.take(event)]


def done(turn: str) -> Event:
    return ev.TurnCompleted(turn_id=turn)


def test_a_typed_turn_is_given_at_its_end():
    assert given(*typed("t1", "Hi"), said("t1", "Hello."), done("t1")) == [
        ("t1", "User: Hi\nAssistant: Hello.")
    ]


def test_a_spoken_turn_waits_for_its_words_and_those_after_it_wait_with_it():
    began, place, words = spoken("t1", "Hi")
    events = (began, place, said("t1", "Hello."), done("t1"), *typed("t2", "Well"), done("t2"))
    assert given(*events) == []
    assert given(*events, words) == [("t1", "User: Hi\nAssistant: Hello."), ("t2", "User: Well")]


def test_words_that_come_before_their_place_are_kept():
    began, place, words = spoken("t1", "Hi")
    assert given(began, words, place, done("t1")) == [("t1", "User: Hi")]


def test_of_words_without_a_place_the_latest_are_kept():
    exchanges = Exchanges()
    for number in range(MOST_OPEN + 1):
        exchanges.take(ev.UserTranscript(item_id=f"u_t{number}", text=f"{number}"))
    told: list[tuple[str, str]] = []
    for turn in ("t1", "t0"):
        began, place, _ = spoken(turn, "")
        for event in (began, place, done(turn)):
            told += [(one.turn_id, one.text) for one in exchanges.take(event)]
    assert told == [("t1", "User: 1")]  # of t0's nothing is left: it waits for them to be told again


def test_words_that_never_come_hold_up_no_more_than_a_few_turns():
    events: list[Event] = [*spoken("t0", "never told")[:2], done("t0")]
    for number in range(1, MOST_OPEN + 1):
        events += [*typed(f"t{number}", f"{number}"), done(f"t{number}")]
    assert [turn for turn, _ in given(*events)] == [f"t{number}" for number in range(MOST_OPEN + 1)]


def test_of_a_cut_answer_counts_what_was_heard_and_of_a_broken_one_nothing():
    cut = (heard("t1", "Once upon", 500, 900), said("t1", "Once upon a time", audio_ms=900, interrupted=True))
    ended = ev.TurnInterrupted(turn_id="t1", reason="manual")
    assert given(*typed("t1", "Tell"), *cut, ended) == [("t1", "User: Tell\nAssistant: Once upon")]
    broken = ev.AssistantMessage(turn_id="t1", response_id="r", item_id="i", text="Onc", partial=True)
    failed = ev.TurnFailed(turn_id="t1", terminal_status="failed", error=ErrorInfo(kind="x", message="no"))
    assert given(*typed("t1", "Tell"), broken, failed) == [("t1", "User: Tell")]


def test_a_turn_in_which_nothing_was_said_is_given_without_text():
    assert given(ev.TurnStarted(turn_id="t1", source="announced"), done("t1")) == [("t1", "")]
