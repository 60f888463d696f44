"""What the settings and flags about turns make of the session's options."""

from typing import Any

import pytest

from realtime_chat.cli.compose import options, voice_gate
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import choose
from realtime_chat.cli.settings import Settings
from realtime_chat.core.events import Mode
from realtime_chat.core.framing import Framer
from realtime_chat.core.options import SemanticVad, ServerVad, SessionOptions
from tests.local.engines import voices
from tests.local.machine import quiet


def made(turns: dict[str, Any], *, vad: bool | None = None, mode: Mode = "voice") -> SessionOptions:
    settings = Settings(turns=turns)  # pyright: ignore[reportArgumentType] - as a file gives it
    flags = Flags(mode=mode, vad=vad)
    return options(flags, settings, choose(flags, settings, {}), mode)


@pytest.mark.parametrize(
    ("turns", "vad", "detection"),
    [
        ({}, None, "none"),
        ({}, True, ServerVad()),
        ({"detection": "vad", "threshold": 0.7}, None, ServerVad(threshold=0.7)),
        ({"detection": "vad"}, False, "none"),
        ({"detection": "semantic"}, None, SemanticVad()),
        ({"detection": "semantic", "eagerness": "low"}, None, SemanticVad(eagerness="low")),
        ({"detection": "semantic", "eagerness": "high"}, True, SemanticVad(eagerness="high")),
        ({"detection": "semantic"}, False, "none"),
    ],
)
def test_who_ends_a_turn_is_what_is_configured_and_the_flag_says_whether(
    turns: dict[str, Any], vad: bool | None, detection: object
) -> None:
    assert made(turns, vad=vad).turn_detection == detection


def test_text_mode_has_no_detector() -> None:
    assert made({"detection": "semantic"}, mode="text").turn_detection == "none"


@pytest.mark.parametrize("kind", ["vad", "semantic"])
def test_where_speech_may_not_cut_the_provider_does_not_act_by_itself(kind: str) -> None:
    made_options = made({"detection": kind, "interruptions": False})
    assert (made_options.server_creates, made_options.server_interrupts) == (False, False)


@pytest.mark.parametrize("kind", ["vad", "semantic"])
def test_tolerance_means_that_we_judge_and_ask_for_the_answer_ourselves(kind: str) -> None:
    tolerant = made({"detection": kind, "barge_in": "tolerant", "backchannels": ["genau"], "overlap_ms": 600})
    assert tolerant.tolerant
    assert (tolerant.server_creates, tolerant.server_interrupts) == (False, False)
    assert (tolerant.backchannels, tolerant.overlap_ms) == (("genau",), 600)
    assert tolerant.transcribes, 'without words a short "stop" would be lost'


@pytest.mark.parametrize(
    "turns",
    [
        {"detection": "vad"},
        {"detection": "vad", "barge_in": "tolerant", "interruptions": False},
        {"barge_in": "tolerant"},
    ],
)
def test_nothing_is_judged_unless_it_was_asked_for_and_may_cut(turns: dict[str, Any]) -> None:
    assert not made(turns).tolerant


@pytest.mark.parametrize(
    ("turns", "silence_ms"),
    [({}, 500), ({"silence_duration_ms": 2000}, 2000)]
    + [({"detection": "semantic", "eagerness": one}, ms) for one, ms in (("low", 8000), ("high", 2000))],
)
def test_the_gate_lets_the_silence_pass_that_the_provider_waits_for(
    turns: dict[str, Any], silence_ms: int
) -> None:
    gate = voice_gate(Settings(turns=turns, audio={"voice_gate": True}))  # pyright: ignore[reportArgumentType]
    assert gate is not None
    framer = Framer()
    for frame in framer.feed(voices.say("what time is it")):
        gate.passed(frame)
    passed = [bool(gate.passed(frame)) for frame in framer.feed(quiet(silence_ms + 3000))]
    assert all(passed[: silence_ms // 20])
    assert not passed[-1]
