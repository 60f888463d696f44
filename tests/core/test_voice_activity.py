"""Whether the user speaks, and how long."""

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core.voice_activity import VoiceActivity

TIMES = st.one_of(st.none(), st.integers(0, 10**7))


def test_an_utterance_has_its_length_once_it_is_over() -> None:  # T9
    activity = VoiceActivity()
    assert activity.speech_duration_ms is None
    activity.began(1000)
    assert (activity.is_speaking, activity.speech_duration_ms) == (True, None)
    activity.ended(2500)
    assert (activity.is_speaking, activity.speech_duration_ms) == (False, 1500)


@given(st.lists(st.tuples(st.booleans(), TIMES)))
def test_a_length_is_never_negative_whatever_a_detector_says(told: list[tuple[bool, int | None]]) -> None:
    activity = VoiceActivity()  # T9, C29
    for begins, at_ms in told:
        (activity.began if begins else activity.ended)(at_ms)
        assert activity.is_speaking is begins
        assert activity.speech_duration_ms is None or activity.speech_duration_ms >= 0
