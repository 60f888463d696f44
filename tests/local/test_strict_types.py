"""The checker itself: a check that lets everything pass would prove nothing."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.strict_types import check_client_event, check_server_event

DELTA = {
    "type": "response.output_audio.delta",
    "event_id": "e",
    "response_id": "r",
    "item_id": "i",
    "output_index": 0,
    "content_index": 0,
    "delta": "AAAA",
}


def session(**fields: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **fields}}


def test_what_the_sdk_declares_passes() -> None:
    assert check_server_event(DELTA) == []
    assert check_server_event({**DELTA, "obfuscation": "x"}) == []
    assert check_client_event(session(audio={"input": {"turn_detection": None}})) == []
    reference = {"type": "item_reference", "id": "i"}
    assert check_client_event({"type": "response.create", "response": {"input": [reference]}}) == []


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.audio.delta", "event_id": "e"},
        {**DELTA, "extra": 1},
        {name: value for name, value in DELTA.items() if name != "item_id"},
        {**DELTA, "output_index": "first"},
        {"type": "error", "event_id": "e", "error": {"type": "x"}},
        {},
    ],
)
def test_a_wrong_server_event_is_told(event: dict[str, Any]) -> None:
    assert check_server_event(event)


@pytest.mark.parametrize(
    "event",
    [
        session(modalities=["text"]),
        session(audio={"input": {"turn_detection": {"type": "server_vad", "silence_ms": 3}}}),
        session(audio={"input": {"format": {"type": "audio/pcm", "rate": 16000}}}),
        session(audio={"input": {"format": {"type": "audio/pcmu", "rate": 8000}}}),
        {"type": "session.update", "session": {}},
    ],
)
def test_a_wrong_client_event_is_told(event: dict[str, Any]) -> None:
    assert check_client_event(event)


def test_everything_recorded_from_the_real_service_passes() -> None:
    folder = os.environ.get("REALTIME_CHAT_CASSETTES")
    if not folder:
        pytest.skip("REALTIME_CHAT_CASSETTES names no folder with recordings")
    checks = {"received": check_server_event, "sent": check_client_event}
    problems: list[str] = []
    for path in sorted(Path(folder, "openai").glob("*.yaml")):
        recording = yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for frame in recording["interactions"]:
            if frame["kind"] == "message":
                problems += checks[frame["direction"]](frame["data"])
    assert problems == []
