"""Which words ask for the floor, whole and while they still come."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from realtime_chat.core.backchannels import BACKCHANNELS, Backchannels

KNOWN = Backchannels(BACKCHANNELS)


@pytest.mark.parametrize(
    "text",
    ["mhm", "Mhm.", "Uh-huh, yeah!", "uh huh", "Okay. Right.", "M'hm", "I see", "Got it, okay…", "", " . "],
)
def test_a_word_of_agreement_does_not_ask_for_the_floor(text: str) -> None:
    assert KNOWN.are_all_of(text)
    assert KNOWN.may_be_all_of(text)


@pytest.mark.parametrize(
    "text", ["Stop!", "no", "Yeah but wait", "I saw", "okay stop", "uh", "mhmm what", "right left"]
)
def test_anything_else_does(text: str) -> None:
    assert not KNOWN.are_all_of(text)


@pytest.mark.parametrize("text", ["m", "Ye", "uh", "Uh-", "okay, ri", "I", "got", "I s"])
def test_half_a_word_is_judged_when_it_is_whole(text: str) -> None:
    assert KNOWN.may_be_all_of(text)


@pytest.mark.parametrize("text", ["st", "Yeah b", "yeahs", "I saw", "no", "uh what"])
def test_half_a_word_that_can_become_none_of_them_is_known_at_once(text: str) -> None:
    assert not KNOWN.may_be_all_of(text)


def test_the_list_is_ones_own() -> None:
    german = Backchannels(["ja", "genau", "ach so", " "])
    assert german.are_all_of("Ja, genau. Ach so!")
    assert not german.are_all_of("okay")
    assert Backchannels([]).are_all_of("")


@given(st.lists(st.sampled_from(BACKCHANNELS), min_size=1, max_size=5), st.data())
def test_every_beginning_of_such_words_may_become_them(phrases: list[str], data: st.DataObject) -> None:
    text = ", ".join(phrases)
    assert KNOWN.are_all_of(text)
    assert KNOWN.may_be_all_of(text[: data.draw(st.integers(0, len(text)))])
