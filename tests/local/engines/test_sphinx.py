"""What is said is read rightly, or not understood; what nobody can act on is not read as something else."""

from functools import cache

import numpy as np
import pytest

from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.local.engines.brain.commands.grammar import spoken_graph
from realtime_chat.local.engines.stt.conditioning import conditioned, speech_of
from realtime_chat.local.engines.stt.sphinx import SphinxSpeechToText
from tests.local.engines.voices import (
    MORE_OTHER_TALK,
    MORE_QUESTIONS,
    OTHER_TALK,
    QUESTIONS,
    VOICES,
    meaning,
    noise,
    say,
)


@cache
def recogniser() -> SphinxSpeechToText:
    graph = spoken_graph()
    return SphinxSpeechToText(graph.arcs, graph.finals)


def right(question: str, pcm: bytes) -> bool:
    hearing = recogniser().transcribe(pcm)
    return hearing.understood and meaning(hearing.text) == meaning(question) != ()


def quieter(pcm: bytes, by: float) -> bytes:
    return (np.frombuffer(pcm, "<i2") * by).astype("<i2").tobytes()


@pytest.mark.timeout(240)  # a busy machine takes its time for them; all voices are heard in the soak
def test_nine_of_ten_questions_are_understood() -> None:
    asked = [(question, VOICES[number % len(VOICES)]) for number, question in enumerate(QUESTIONS)]
    wrong = [one for one in asked if not right(one[0], say(*one))]
    assert len(wrong) <= len(asked) // 10, wrong


@pytest.mark.parametrize("voice", VOICES[2:3])  # each has its turn in the soak
def test_other_talk_is_not_understood(voice: str) -> None:
    taken = [text for text in OTHER_TALK if recogniser().transcribe(say(text, voice)).understood]
    assert taken == []


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_nine_of_ten_of_many_questions_and_hardly_any_other_talk() -> None:
    asked = [(question, voice) for question in QUESTIONS + MORE_QUESTIONS for voice in VOICES]
    wrong = [one for one in asked if not right(one[0], say(*one))]
    assert len(wrong) <= len(asked) // 10, wrong
    other = [(text, voice) for text in OTHER_TALK + MORE_OTHER_TALK for voice in VOICES]
    taken = [one for one in other if recogniser().transcribe(say(*one)).understood]
    assert len(taken) <= len(other) // 20, taken


def test_silence_and_noise_around_the_words_change_nothing() -> None:
    question = "what is twelve times seven"
    words = say(question)
    assert right(question, bytes(pcm_bytes(2000)) + words + bytes(pcm_bytes(1500)))
    assert right(question, noise(1500, 60) + words + noise(800, 60))
    assert right(question, quieter(words, 0.1))


@pytest.mark.parametrize(
    "pcm",
    [b"", b"\x00", bytes(pcm_bytes(1000)), noise(1500, 300), noise(50, 3000), say("what time is it") * 3],
    ids=["nothing", "half a sample", "silence", "noise", "a click", "three questions at once"],
)
def test_what_is_no_sentence_is_not_understood(pcm: bytes) -> None:
    assert not recogniser().transcribe(pcm).understood


def test_the_same_sound_always_reads_the_same_whatever_came_before() -> None:
    pcm = say("what time is it")
    assert conditioned(pcm) == conditioned(pcm)
    first = recogniser().transcribe(pcm)
    recogniser().transcribe(noise(1000, 900) + say("list the files", "en-gb"))
    assert recogniser().transcribe(pcm) == first


def test_an_utterance_is_cut_to_its_speech_with_a_little_around() -> None:
    words = say("what time is it")
    found = speech_of(bytes(pcm_bytes(3000)) + words + bytes(pcm_bytes(3000)), recogniser().likelihood())
    assert pcm_bytes(400) < len(found) <= len(words) + pcm_bytes(500)
