"""session.update: what merges, what is refused, and by which code."""

from typing import Any

import pytest

from realtime_chat.core.transports.openai.session_update import build_session_update
from tests.core.transports.test_encode import CONFIGURATIONS
from tests.local.machine import Machine, kinds, only_error


def update(machine: Machine, **session: Any) -> list[dict[str, Any]]:
    return machine.send("session.update", session={"type": "realtime", **session}, event_id="e")


def test_the_session_is_told_first_with_all_its_defaults() -> None:
    first = Machine().events[0]
    assert first["type"] == "session.created"
    session = first["session"]
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}


def test_an_update_changes_what_it_names_and_keeps_the_rest() -> None:
    machine = Machine()
    update(machine, audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.8}}})
    session = update(machine, instructions="be brief")[0]["session"]
    assert session["instructions"] == "be brief"
    assert session["audio"]["input"]["turn_detection"]["threshold"] == 0.8
    assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 500


def test_another_kind_of_turn_detection_starts_from_its_own_defaults() -> None:
    machine = Machine()
    session = update(machine, audio={"input": {"turn_detection": {"type": "semantic_vad"}}})[0]["session"]
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }


def test_empty_instructions_restore_the_default() -> None:
    machine = Machine()
    default = machine.events[0]["session"]["instructions"]
    update(machine, instructions="other")
    assert update(machine, instructions="")[0]["session"]["instructions"] == default


def test_whatever_our_own_client_can_ask_for_is_taken() -> None:
    for configure in CONFIGURATIONS:
        if not configure.options.extras:
            session = build_session_update(configure.options)["session"]
            del session["type"]
            assert kinds(update(Machine(), **session)) == ["session.updated"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"colour": 1}, "unknown_parameter", "session.colour"),
    ({"modalities": ["text"]}, "unknown_parameter", "session.modalities"),
    ({"audio": {"input": {"volume": 1}}}, "unknown_parameter", "session.audio.input.volume"),
    ({"instructions": 7}, "invalid_type", "session.instructions"),
    ({"audio": []}, "invalid_type", "session.audio"),
    ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
    ({"output_modalities": []}, "invalid_value", "session.output_modalities"),
    (
        {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
        "invalid_value",
        "session.audio.input.format.rate",
    ),
    (
        {"audio": {"input": {"format": {"rate": 24000}}}},
        "missing_required_parameter",
        "session.audio.input.format.type",
    ),
    (
        {"audio": {"input": {"turn_detection": {"type": "telepathy"}}}},
        "invalid_value",
        "session.audio.input.turn_detection.type",
    ),
    (
        {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "very"}}}},
        "invalid_value",
        "session.audio.input.turn_detection.eagerness",
    ),
    ({"audio": {"output": {"speed": 2}}}, "invalid_value", "session.audio.output.speed"),
    (
        {"audio": {"output": {"format": {"type": "audio/ogg"}}}},
        "invalid_value",
        "session.audio.output.format.type",
    ),
    ({"tools": [{"type": "mcp", "server_label": "x"}]}, "invalid_value", "session.tools[0].type"),
    ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
    ({"max_output_tokens": 0}, "invalid_value", "session.max_output_tokens"),
    ({"max_output_tokens": True}, "invalid_type", "session.max_output_tokens"),
    ({"type": "transcription"}, "invalid_value", "session.type"),
    ({"prompt": {"id": "x"}}, "invalid_value", "session.prompt"),
]


@pytest.mark.parametrize(("session", "code", "param"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_bad_setting_is_refused_by_code_and_path_and_changes_nothing(
    session: dict[str, Any], code: str, param: str
) -> None:
    machine = Machine()
    before = machine.events[0]["session"]
    error = only_error(update(machine, **session))
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    assert error["event_id"] == "e"
    assert update(machine)[0]["session"] == before


def test_the_session_type_must_be_said() -> None:
    error = only_error(Machine().send("session.update", session={}))
    assert (error["code"], error["param"]) == ("missing_required_parameter", "session.type")


def test_the_voice_stays_once_it_was_heard() -> None:
    machine = Machine()
    assert kinds(update(machine, audio={"output": {"voice": "marin"}})) == ["session.updated"]
    machine.spoken_answer("hello", 100)
    assert only_error(update(machine, audio={"output": {"voice": "other"}}))["code"] == "cannot_update_voice"
    assert kinds(update(machine, audio={"output": {"voice": "marin", "speed": 1.2}})) == ["session.updated"]


GARBAGE: list[tuple[str | bytes, str | None]] = [
    ("", "invalid_json"),
    ("not json", "invalid_json"),
    ('{"type": "response.create"', "invalid_json"),
    ("[" * 100_000, "invalid_json"),
    ("[]", "invalid_type"),
    ("null", "invalid_type"),
    ("{}", "missing_required_parameter"),
    ('{"type": 7}', "invalid_type"),
    ('{"type": "session.destroy"}', "invalid_value"),
    ('{"type": "response.create", "modalities": []}', "unknown_parameter"),
    ('{"type": "response.create", "event_id": 7}', "invalid_type"),
    ('{"type": "session.update"}', "missing_required_parameter"),
    (b'{"type": "response.create"}', None),
]


@pytest.mark.parametrize(("frame", "code"), GARBAGE, ids=lambda value: str(value)[:30])
def test_garbage_is_answered_by_an_error_and_the_session_lives_on(
    frame: str | bytes, code: str | None
) -> None:
    machine = Machine()
    error = only_error(machine.frame(frame))
    assert (error["type"], error["code"]) == ("invalid_request_error", code)
    assert kinds(update(machine)) == ["session.updated"]


def test_the_error_for_a_bad_event_carries_its_event_id() -> None:
    assert only_error(Machine().frame('{"type": "what", "event_id": "mine"}'))["event_id"] == "mine"
