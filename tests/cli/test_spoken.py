"""Spoken questions through files: any usual format in, the right words out, and nothing done that was not asked."""

from pathlib import Path
from typing import Any

import numpy as np
import pocketsphinx
import pytest

from realtime_chat.audio.resample import resampled
from realtime_chat.audio.sound_file import frames
from realtime_chat.core.pcm import RATE, pcm_bytes
from realtime_chat.local.engines.stt.conditioning import conditioned
from tests.audio.kit import fmt_chunk, wav
from tests.cli.program import program, value
from tests.local.engines.voices import noise, say

SPOKEN_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def recording(file: Path, text: str, *, rate: int = RATE, channels: int = 1, lead: bytes = b"") -> Path:
    """A question as a WAV file; `lead` is what the microphone heard before it."""
    pcm = lead + say(text)
    samples = np.frombuffer(resampled(pcm, RATE, rate) if rate != RATE else pcm, "<i2")
    file.write_bytes(wav(np.repeat(samples, channels).tobytes(), fmt_chunk(rate, channels)))
    return file


async def asked(folder: Path, question: Path) -> dict[str, Any]:
    return value(
        await program(folder, "talk", "--in", str(question), "--out", str(folder / "a.wav"), "--json")
    )


@pytest.mark.parametrize(
    ("rate", "channels", "lead"),
    [(16_000, 1, b""), (24_000, 2, noise(800, 60)), (44_100, 2, b""), (48_000, 1, bytes(pcm_bytes(2000)))],
    ids=["16 kHz", "24 kHz stereo after noise", "44.1 kHz stereo", "48 kHz after silence"],
)
async def test_a_question_in_any_usual_format_is_answered_aloud(
    tmp_path: Path, rate: int, channels: int, lead: bytes
) -> None:
    question = recording(
        tmp_path / "q.wav", "what is twelve times seven", rate=rate, channels=channels, lead=lead
    )
    answer = await asked(tmp_path, question)
    assert answer["status"] == "completed"
    assert [call["arguments"] for call in answer["tool_calls"]] == [{"expression": "12*7"}]
    assert "84" in answer["text"]
    assert heard(tmp_path / "a.wav") == "eighty four"


async def test_speech_outside_the_grammar_is_not_acted_upon(tmp_path: Path) -> None:
    question = recording(tmp_path / "q.wav", "the weather was terrible last week in the mountains")
    answer = await asked(tmp_path, question)
    assert answer["tool_calls"] == []
    assert answer["text"].startswith("I did not understand")
    assert "timers" in answer["text"]  # and what it can do


def numbers() -> list[str]:
    small = SPOKEN_NUMBERS.split()
    below_hundred = [*small, *(f"{ten} {one}".strip() for ten in TENS.split() for one in ("", *small[1:10]))]
    hundreds = [f"{hundred} hundred and {rest}" for hundred in ("one", "two") for rest in below_hundred[1:]]
    return [*below_hundred, *hundreds]


def heard(answer: Path) -> str:
    """The number that a recogniser hears in an answer that it was not told: one of about 300."""
    candidates = numbers()
    assert len(candidates) >= 200
    lines = " | ".join(candidates)
    sphinx: Any = pocketsphinx
    decoder = sphinx.Decoder(
        hmm=sphinx.get_model_path("en-us/en-us"),
        dict=sphinx.get_model_path("en-us/cmudict-en-us.dict"),
        lm=None,
        loglevel="FATAL",
    )
    sentence = "[twelve times seven] is"
    decoder.add_jsgf_string("answer", f"#JSGF V1.0;\ngrammar a;\npublic <a> = {sentence} ({lines});\n")
    decoder.activate_search("answer")
    decoder.start_utt()
    decoder.process_raw(conditioned(b"".join(frames(str(answer)))), full_utt=True)
    decoder.end_utt()
    return decoder.hyp().hypstr.rpartition(" is ")[2]
