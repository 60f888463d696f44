"""Every utterance and every tool call leaves a record; they fit together, and they are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core.turn_records import RecordKind, TurnRecords, records_of
from tests.core.stories import Story, heard, said, spoken, typed


def test_each_utterance_and_each_call_has_its_record_in_order() -> None:  # T7
    story = Story().tell(
        *spoken("t1", "what is two times three", 1200),
        ev.ToolCall(turn_id="t1", response_id="r", call_id="c", name="calculate", arguments='{"e": "2*3"}'),
        ev.ToolResult(turn_id="t1", call_id="c", name="calculate", ok=True, output="6", duration_ms=40),
        said("t1", "Six.", audio_ms=700),
        ev.TurnCompleted(turn_id="t1"),
        *typed("t2", "thanks"),
    )
    told = [
        (one.id, one.kind, one.content, one.audio_duration_ms, one.interrupted)
        for one in records_of(story.history()).records
    ]
    assert told == [
        ("turn_1", "user_audio", "what is two times three", 1200, False),
        ("turn_2", "tool_call", 'calculate {"e": "2*3"}', 0, False),
        ("turn_3", "tool_result", "6", 0, False),
        ("turn_4", "assistant", "Six.", 700, False),
        ("turn_5", "user_text", "thanks", 0, False),
    ]


def test_a_record_has_a_duration_when_it_is_complete_and_not_before() -> None:  # T7
    story = Story().tell(*typed("t1", "hello"))
    delta = ev.TextDelta(turn_id="t1", response_id="r_t1", item_id="a_t1", delta="Hel")
    growing = records_of(story.tell(delta).history()).records[-1]
    assert (growing.content, growing.duration_ms) == ("Hel", None)
    complete = records_of(story.tell(said("t1", "Hello."), after_s=1.5).history()).records[-1]
    assert (complete.content, complete.duration_ms) == ("Hello.", 2500)


def test_an_interrupted_answer_is_kept_up_to_what_was_heard_and_counted() -> None:  # T7, T8
    story = Story().tell(
        *typed("t1", "tell me"),
        heard("t1", "One, two", 1500, 4000),
        said("t1", "One, two, three, four", audio_ms=4000, interrupted=True),
        ev.TurnInterrupted(turn_id="t1", reason="manual"),
        *typed("t2", "again"),
        said("t2", "Yes.", audio_ms=300),
    )
    records = records_of(story.history())
    cut = records.records[1]
    assert (cut.content, cut.audio_duration_ms, cut.interrupted) == ("One, two", 1500, True)
    statistics = records.statistics()
    assert (statistics.total, statistics.user, statistics.assistant) == (4, 2, 2)
    assert (statistics.interrupted, statistics.interrupt_rate) == (1, 0.5)
    assert statistics.output_audio_ms == 1800


def test_calls_that_run_side_by_side_are_not_interrupted_by_each_other() -> None:  # T7, T8
    calls = [
        ev.ToolCall(turn_id="t1", response_id="r", call_id=one, name=one, arguments="{}") for one in "ab"
    ]
    story = Story().tell(*typed("t1", "both"), *calls)
    running = records_of(story.history()).records[1:]
    assert [(one.content, one.interrupted, one.duration_ms) for one in running] == [
        ("a {}", False, 0),
        ("b {}", False, None),
    ]
    results = [
        ev.ToolResult(turn_id="t1", call_id=one, name=one, ok=True, output=one, duration_ms=40)
        for one in "ab"
    ]
    ended = records_of(story.tell(*results).history()).records[1:]
    assert [(one.kind, one.interrupted, one.duration_ms) for one in ended] == [
        ("tool_call", False, 40),
        ("tool_result", False, 0),
    ] * 2


def test_an_answer_that_a_dying_process_left_open_is_interrupted() -> None:  # T7, T8
    delta = ev.TextDelta(turn_id="t1", response_id="r_t1", item_id="a_t1", delta="Hel")
    story = Story().tell(*typed("t1", "hello"), delta, *typed("t2", "again"))
    left = records_of(story.history()).records[1]
    assert (left.kind, left.content, left.interrupted) == ("assistant", "Hel", True)


def test_records_that_do_not_fit_together_are_refused() -> None:  # T8
    records = TurnRecords()
    with pytest.raises(ValueError, match="no record is open"):
        records.complete(1)
    assert records.interrupt(1) is None
    records.open("assistant")
    with pytest.raises(ValueError, match="turn_1 is not complete"):
        records.open("user_text")


def test_the_statistics_of_nothing_are_zero() -> None:  # T8
    assert TurnRecords().statistics().interrupt_rate == 0.0
    assert TurnRecords().last("assistant") is None


KINDS = st.sampled_from(["user_audio", "user_text", "assistant", "tool_call", "tool_result"])


@given(st.lists(st.tuples(KINDS, st.booleans(), st.integers(-5, 5000))))
def test_ids_count_up_and_the_last_of_each_kind_is_found(told: list[tuple[RecordKind, bool, int]]) -> None:
    records = TurnRecords()  # T7, T8
    for kind, cut, ms in told:
        records.open(kind)
        record = records.interrupt(ms) if cut else records.complete(ms)
        assert record is not None
        assert record.duration_ms is not None
        assert record.duration_ms >= 0
        assert records.last(kind) is record
    assert [one.id for one in records.records] == [f"turn_{n}" for n in range(1, len(told) + 1)]
    answers = [cut for kind, cut, _ in told if kind == "assistant"]
    assert records.statistics().interrupted == sum(answers)
