"""What a look at microphone and speaker is worth, and what to do about it."""

from typing import Any

import pytest

from realtime_chat.audio.levels import SILENCE_DB
from realtime_chat.audio.trial import BURST_MS, Trial
from realtime_chat.cli.checks.finding import Finding, Verdict
from realtime_chat.cli.checks.sound import Opened, SoundReport
from realtime_chat.cli.checks.sound_words import sound_findings
from realtime_chat.core.pcm import PCM16_24K, PcmFormat

MICROPHONE = Opened("Headset", PCM16_24K, blocks=250, xruns=0)
SPEAKER = Opened("Built-in", PcmFormat(44_100, 2), blocks=500, xruns=0)
HEARD = Trial(played_ms=BURST_MS, heard_ms=5000, loudest_db=-30.0)


def found(*, trial: Trial = HEARD, **changes: Any) -> dict[str, Finding]:
    report: dict[str, Any] = {
        "devices": 2,
        "microphone": MICROPHONE,
        "speaker": SPEAKER,
        "trial": trial,
        "audible": True,
        "seconds": 5.2,
        **changes,
    }
    return {finding.name: finding for finding in sound_findings(SoundReport(**report))}


def test_when_all_works_each_says_how_it_was_opened() -> None:
    checks = found()
    assert {one.verdict for one in checks.values()} == {Verdict.OK}
    assert checks["speaker"].detail == "Built-in at 44.1 kHz, 2 channels, converted"
    assert checks["microphone"].detail == "Headset at 24 kHz, loudest -30 dB"
    assert checks["microphone"].measured["rate_hz"] == 24_000
    assert checks["echo"].detail == "the microphone does not hear the speaker"
    assert checks["sound in time"].detail == "no sound was lost in 5.2 s"


@pytest.mark.parametrize(
    ("report", "name", "words"),
    [
        ({"speaker": "The speaker cannot be opened."}, "speaker", "cannot be opened"),
        ({"microphone": "The microphone is busy."}, "microphone", "is busy"),
        ({"speaker": Opened("Dead", PCM16_24K, 0, 0)}, "speaker", "takes no sound"),
        ({"trial": Trial(played_ms=90, heard_ms=5000, loudest_db=-30.0)}, "speaker", "90 of 400 ms"),
        ({"trial": Trial(played_ms=BURST_MS, heard_ms=0, loudest_db=SILENCE_DB)}, "microphone", "no sound"),
        (
            {"trial": Trial(played_ms=BURST_MS, heard_ms=5000, loudest_db=SILENCE_DB)},
            "microphone",
            "digital silence",
        ),
    ],
)
def test_what_does_not_work_failed_and_says_why(report: dict[str, Any], name: str, words: str) -> None:
    finding = found(**report)[name]
    assert finding.verdict is Verdict.FAILED
    assert words in finding.detail


def test_silence_is_a_note_while_nothing_was_played() -> None:  # null sources give zeros, too
    checks = found(trial=Trial(heard_ms=500, loudest_db=SILENCE_DB), audible=False)
    assert checks["microphone"].verdict is Verdict.NOTE
    assert "privacy" in checks["microphone"].cure
    assert "echo" not in checks


def test_a_quiet_microphone_is_a_note_with_its_cure() -> None:
    finding = found(trial=Trial(played_ms=BURST_MS, heard_ms=5000, loudest_db=-60.0))["microphone"]
    assert finding.verdict is Verdict.NOTE
    assert "speak up" in finding.cure


def echo(delay_ms: int, reduction_db: float | None) -> Trial:
    return Trial(
        played_ms=BURST_MS,
        heard_ms=5000,
        loudest_db=-30.0,
        delay_ms=delay_ms,
        reduction_db=reduction_db,
    )


def test_an_echo_tells_its_delay_and_how_well_it_is_cancelled() -> None:
    checks = found(trial=echo(90, 38.04))
    assert checks["echo"].measured == {"delay_ms": 90}
    assert checks["echo reduction"].measured == {"reduction_db": 38.0}
    assert {checks["echo"].verdict, checks["echo reduction"].verdict} == {Verdict.OK}


@pytest.mark.parametrize(("reduction_db", "words"), [(15.0, "may"), (3.0, "will"), (None, "--headphones")])
def test_an_echo_that_stays_is_a_note_with_its_cure(reduction_db: float | None, words: str) -> None:
    finding = found(trial=echo(90, reduction_db))["echo reduction"]
    assert finding.verdict is Verdict.NOTE
    assert words in finding.cure
    assert "headphones" in finding.cure


def test_a_bad_number_is_not_believed_when_blocks_came_too_late() -> None:
    finding = found(trial=echo(90, 8.0), speaker=Opened("Built-in", PCM16_24K, 500, 4))["echo reduction"]
    assert "try again" in finding.cure


def test_an_echo_that_comes_too_late_for_the_canceller_is_a_note() -> None:
    assert found(trial=echo(600, 30.0))["echo"].verdict is Verdict.NOTE


def test_blocks_that_came_too_late_are_counted_for_each_device() -> None:
    late = Opened("Headset", PCM16_24K, blocks=250, xruns=3)
    finding = found(microphone=late)["sound in time"]
    assert finding.verdict is Verdict.NOTE
    assert "3 of the microphone's blocks" in finding.detail
    assert finding.measured == {"seconds": 5.2, "microphone_xruns": 3, "speaker_xruns": 0}


@pytest.mark.parametrize(("audible", "verdict"), [(False, Verdict.NOTE), (True, Verdict.FAILED)])
@pytest.mark.parametrize(
    ("report", "name"),
    [
        ({"devices": 0}, "sound"),
        ({"devices": None, "problem": "PortAudio is missing."}, "sound"),
        ({"microphone": ""}, "microphone"),
        ({"speaker": ""}, "speaker"),
    ],
)
def test_a_missing_device_fails_only_who_asked_to_try_it(
    report: dict[str, Any], name: str, audible: bool, verdict: Verdict
) -> None:
    assert found(**report, audible=audible)[name].verdict is verdict
