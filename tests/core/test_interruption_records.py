"""Who cut in, how, and where."""

from typing import Any

import pytest

from realtime_chat.core import events as ev
from realtime_chat.core.interruption_records import interruptions_of, is_stop, statistics
from tests.core.stories import Story, heard, said, spoken, typed


def cut(story: Story, turn: str, reason: Any, played_ms: int = 1500) -> Story:
    return story.tell(
        *typed(turn, "tell me"),
        heard(turn, "One, two", played_ms, 4000),
        said(turn, "One, two, three", audio_ms=4000, interrupted=True),
        ev.TurnInterrupted(turn_id=turn, reason=reason),
    )


def test_the_three_kinds_are_told_apart_with_their_positions() -> None:  # T10
    story = cut(Story(), "t1", "manual", 1000)
    cut(story, "t2", "barge_in", 2000).tell(*spoken("t3", "what about five"))
    cut(story, "t4", "barge_in", 3000).tell(*spoken("t5", "Stop!"))
    records = interruptions_of(story.history())
    told = [(one.turn_id, one.kind, one.audio_position_ms, one.user_input) for one in records]
    assert told == [
        ("t1", "manual_cancel", 1000, None),
        ("t2", "speech_overlap", 2000, "what about five"),
        ("t4", "cancel_request", 3000, "Stop!"),
    ]
    assert {one.transcript_position for one in records} == {len("One, two")}
    counted = statistics(records)
    assert (counted.count, counted.average_position_ms) == (3, 2000.0)
    assert counted.by_kind == {"manual_cancel": 1, "speech_overlap": 1, "cancel_request": 1}


def test_what_failed_was_closed_or_ended_by_itself_is_no_interruption() -> None:  # T10, T11
    story = cut(Story(), "t1", "close")
    story.tell(*typed("t2", "hi"), said("t2", "Hello."), ev.TurnCompleted(turn_id="t2"))
    assert interruptions_of(story.history()) == []
    assert statistics([]).average_position_ms == 0.0


def test_speech_whose_words_never_came_is_an_overlap() -> None:  # T10
    story = cut(Story(), "t1", "barge_in")
    story.tell(ev.TurnStarted(turn_id="t2", source="spoken"))
    (record,) = interruptions_of(story.history())
    assert (record.kind, record.user_input) == ("speech_overlap", None)


@pytest.mark.parametrize(("text", "stop"), [("Stop.", True), ("be quiet", True), ("stop the timer", False)])
def test_a_wish_for_silence_is_these_words_and_no_more(text: str, stop: bool) -> None:
    assert is_stop(text) is stop
