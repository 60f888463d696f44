"""`SessionOptions` → GA `session.update`."""

from typing import Any

import pytest

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.options import (
    AudioFormat,
    SemanticVad,
    ServerVad,
    SessionOptions,
    ToolSchema,
    TurnDetection,
)
from realtime_chat.core.transports.openai.session_update import build_session_update

PCM = {"type": "audio/pcm", "rate": 24_000}


def session(**options: Any) -> dict[str, Any]:
    event = build_session_update(SessionOptions(**options))
    assert event["type"] == "session.update"
    return event["session"]


def test_a_text_push_to_talk_session_is_exactly_this() -> None:
    # M20, check 10
    built = session(
        modalities=("text",),
        turn_detection="none",
        temperature=0.9,
        instructions="Be brief.",
        max_output_tokens=200,
        transcription=False,
    )
    assert built == {
        "type": "realtime",
        "output_modalities": ["text"],
        "instructions": "Be brief.",
        "audio": {
            "input": {"format": PCM, "turn_detection": None, "transcription": None},
            "output": {"format": PCM},
        },
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": 200,
    }


def test_the_defaults_are_spoken_answers_and_server_vad() -> None:
    # M18, M19
    assert session() == {
        "type": "realtime",
        "output_modalities": ["audio"],
        "audio": {
            "input": {"format": PCM, "turn_detection": {"type": "server_vad"}},
            "output": {"format": PCM},
        },
        "tools": [],
        "tool_choice": "auto",
    }


@pytest.mark.parametrize("modalities", [("audio",), ("audio", "text"), ("text", "audio")])
def test_one_output_modality_is_asked_for_and_audio_brings_its_transcript(modalities: Any) -> None:
    assert session(modalities=modalities)["output_modalities"] == ["audio"]


@pytest.mark.parametrize(
    ("detection", "built"),
    [
        (ServerVad(threshold=0.5), {"type": "server_vad", "threshold": 0.5}),
        (
            ServerVad(create_response=False, interrupt_response=False, idle_timeout_ms=6000),
            {
                "type": "server_vad",
                "create_response": False,
                "interrupt_response": False,
                "idle_timeout_ms": 6000,
            },
        ),
        (SemanticVad(), {"type": "semantic_vad"}),
        (SemanticVad(eagerness="high"), {"type": "semantic_vad", "eagerness": "high"}),
        ("none", None),
    ],
)
def test_turn_detection_says_only_what_was_set(detection: TurnDetection, built: object) -> None:
    # M19
    assert session(turn_detection=detection)["audio"]["input"]["turn_detection"] == built


def test_what_is_not_said_is_not_sent() -> None:  # T6
    said = session(turn_detection=None)["audio"]["input"]
    assert said == {"format": PCM}


@pytest.mark.parametrize(
    ("name", "built"),
    [("pcm16", PCM), ("g711_ulaw", {"type": "audio/pcmu"}), ("g711_alaw", {"type": "audio/pcma"})],
)
def test_formats_are_objects_and_only_pcm_has_a_rate(name: AudioFormat, built: object) -> None:
    audio = session(input_audio_format=name, output_audio_format=name)["audio"]
    assert (audio["input"]["format"], audio["output"]["format"]) == (built, built)


def test_thinking_cutting_and_noise_are_said_when_they_are_asked_for() -> None:
    # M18
    built = session(reasoning_effort="high", truncation="disabled", noise_reduction={"type": "far_field"})
    assert (built["reasoning"], built["truncation"]) == ({"effort": "high"}, "disabled")
    assert built["audio"]["input"]["noise_reduction"] == {"type": "far_field"}
    built = session(truncation=0.7, noise_reduction=False, transcription={"model": "w", "language": "de"})
    assert built["truncation"] == {"type": "retention_ratio", "retention_ratio": 0.7}
    assert built["audio"]["input"]["noise_reduction"] is None
    assert built["audio"]["input"]["transcription"] == {"model": "w", "language": "de"}


def test_overrides_win_tools_are_replaced_and_extras_are_merged_key_by_key() -> None:
    # M8
    clock, bell = (ToolSchema(name=name, description="", parameters={}) for name in ("clock", "bell"))
    house = SessionOptions(
        voice="alloy", speed=1.2, tools=(clock,), extras={"tracing": "auto", "include": []}
    )
    mine = house.overridden({"voice": "marin", "tools": (bell,), "extras": {"tracing": None}})
    assert (mine.voice, mine.speed, mine.tools) == ("marin", 1.2, (bell,))
    assert mine.extras == {"tracing": None, "include": []}
    assert house.extras == {"tracing": "auto", "include": []}
    with pytest.raises(InvalidArguments, match="no session option colour"):
        house.overridden({"colour": "red"})


def test_tools_are_functions_and_a_choice_may_name_one() -> None:
    schema = {"type": "object", "properties": {}}
    tool = ToolSchema(name="clock", description="Tells the time.", parameters=schema)
    built = session(tools=(tool,), tool_choice={"name": "clock"})
    assert built["tools"] == [
        {"type": "function", "name": "clock", "description": "Tells the time.", "parameters": schema}
    ]
    assert built["tool_choice"] == {"type": "function", "name": "clock"}


def test_extras_win_key_by_key_also_inside_audio_and_replace_a_turn_detection_whole() -> None:
    # M8, M18
    built = session(
        voice="alloy",
        turn_detection=ServerVad(threshold=0.5),
        extras={
            "tracing": None,
            "tool_choice": "none",
            "audio": {
                "input": {"turn_detection": {"type": "semantic_vad"}},
                "output": {"speed": 1.25},
            },
        },
    )
    assert built["tracing"] is None
    assert built["tool_choice"] == "none"
    assert built["audio"] == {
        "input": {"format": PCM, "turn_detection": {"type": "semantic_vad"}},
        "output": {"format": PCM, "voice": "alloy", "speed": 1.25},
    }


def test_building_changes_neither_options_nor_a_later_build() -> None:
    options = SessionOptions(voice="alloy", extras={"audio": {"input": {"format": {"type": "audio/pcmu"}}}})
    assert build_session_update(options) == build_session_update(options)
    assert options.extras == {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}
    assert session()["audio"]["input"]["format"] == PCM


def test_a_session_that_only_listens_has_input_settings_and_a_detector_that_answers_nothing() -> None:
    built = session(
        intent="transcription",
        instructions="never told",
        voice="marin",
        turn_detection=ServerVad(silence_duration_ms=300, create_response=True, interrupt_response=False),
        transcription={"model": "gpt-transcribe", "language": "en"},
        extras={"include": ["item.input_audio_transcription.logprobs"]},
    )
    assert built == {
        "type": "transcription",
        "audio": {
            "input": {
                "format": PCM,
                "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
                "transcription": {"model": "gpt-transcribe", "language": "en"},
            }
        },
        "include": ["item.input_audio_transcription.logprobs"],
    }


def test_extras_of_a_session_that_only_listens_merge_into_what_it_has() -> None:
    extras = {"audio": {"input": {"noise_reduction": {"type": "near_field"}}}}
    built = session(intent="transcription", turn_detection="none", extras=extras)
    assert built["audio"] == {
        "input": {"format": PCM, "turn_detection": None, "noise_reduction": {"type": "near_field"}}
    }
