"""Recordings of Gemini Live drive the dialect to what a live session would hear.

They are not ours to ship: REALTIME_CHAT_CASSETTES names a folder with `google/*.yaml`, each
{interactions: [{kind, direction: sent | received, data}]}.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from realtime_chat.core import messages as m
from realtime_chat.core.options import SessionOptions
from tests.core.transports.gemini_bench import VAD, Bench, asking

FOLDER = os.environ.get("REALTIME_CHAT_CASSETTES")
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="REALTIME_CHAT_CASSETTES does not name a folder with recordings"
)
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def recording(name: str) -> list[tuple[str, dict[str, Any]]]:
    text = Path(FOLDER or "", "google", f"{name}.yaml").read_text(encoding="utf-8")
    return [(each["direction"], each["data"]) for each in yaml.load(text, Loader=Loader)["interactions"]]


def replay(name: str, options: SessionOptions = VAD) -> Bench:
    """What was sent is said in our words at its place, what was received is heard."""
    bench = Bench()
    asked = 0
    for direction, frame in recording(name):
        if direction == "received":
            bench.hear(frame)
            continue
        match frame:
            case {"setup": _}:
                bench.say(m.Configure(options=options))
            case {"client_content": {"turns": turns, "turnComplete": complete}}:
                for turn in turns:
                    role = "assistant" if turn["role"] == "model" else "user"
                    item = m.Item(item_id="", kind="message", role=role, text=turn["parts"][0]["text"])
                    bench.say(m.CreateItem(item=item, seed=not complete))
                if complete:
                    asked += 1
                    bench.say(asking(asked))
            case {"realtime_input": {"audio": _}}:
                bench.say(m.AppendAudio(pcm=bytes(960)))
            case {"tool_response": {"functionResponses": responses}}:
                bench.outputs(*(one["id"] for one in responses))
                asked += 1
                bench.say(asking(asked))
            case _:
                raise AssertionError(f"Nobody of ours says {frame}.")
    return bench


def told(bench: Bench) -> list[str]:
    """The order of things, without repetitions."""
    names = [type(message).__name__ for message in bench.heard]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


def whole(bench: Bench) -> list[str]:
    return [one.text for one in bench.of(m.OutputTranscript)]


def test_a_typed_turn() -> None:
    # M9, M12
    bench = replay("test_text_in_audio_out_turn")
    assert told(bench) == [
        "SessionCreated",
        "SessionUpdated",
        "ItemAdded",
        "ItemDone",
        "ResponseCreated",
        "OutputItemAdded",
        "OutputTranscriptDelta",
        "AudioDelta",
        "AudioDone",
        "OutputTranscript",
        "OutputItemDone",
        "ResponseDone",
    ]
    assert whole(bench) == ["Hello there."]
    (end,) = bench.of(m.ResponseDone)
    assert end.usage is not None
    assert (end.usage.input, end.usage.output_audio, end.usage.output_text) == (1131, 26, 24)


def test_a_spoken_turn_with_the_words_of_both() -> None:
    # M9, M21
    bench = replay("test_audio_in_server_vad_turn")
    assert told(bench)[2:] == [
        "UserSpeechStarted",
        "InputTranscriptDelta",
        "UserSpeechStopped",
        "AudioCommitted",
        "InputTranscript",
        "ResponseCreated",
        "OutputItemAdded",
        "OutputTranscriptDelta",
        "AudioDelta",
        "AudioDone",
        "OutputTranscript",
        "OutputItemDone",
        "ResponseDone",
    ]
    assert [one.text for one in bench.of(m.InputTranscript)] == ["Hello, my name is Marcelo."]
    assert whole(bench) == ["Hello, Marcelo."]


def test_a_turn_with_a_tool() -> None:
    # M5
    bench = replay("test_tool_call_round")
    first, second = bench.of(m.ResponseDone)
    (call,) = first.items
    assert (call.name, call.arguments) == ("record_reading", '{"zqx_measurement":5,"qbf_note":"steady"}')
    assert second.items[0].text == 'I have recorded a reading of 5 with the note "steady."'
    assert [one.metadata for one in bench.of(m.ResponseCreated)] == [
        {"request": "create_1"},
        {"request": "create_2"},
    ]


def test_a_talk_that_was_told_before() -> None:
    bench = replay("test_message_history_seeding")
    assert [frame for frame in bench.frames if "clientContent" in frame] == [
        {
            "clientContent": {
                "turns": [
                    {"role": "user", "parts": [{"text": "My name is Alice and my favorite color is teal."}]},
                    {"role": "model", "parts": [{"text": "Nice to meet you, Alice!"}]},
                    {"role": "user", "parts": [{"text": "What is my name and favorite color?"}]},
                ],
                "turnComplete": True,
            }
        }
    ]
    assert whole(bench) == ["Your name is Alice, and your favorite color is teal."]
    assert len(bench.of(m.ResponseDone)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "test_audio_in_server_vad_turn",
        "test_message_history_seeding",
        "test_text_in_audio_out_turn",
        "test_tool_call_round",
    ],
)
def test_every_frame_of_a_recording_is_understood(name: str) -> None:
    # M12, M13
    bench = replay(name)
    assert bench.of(m.Malformed) == []
    assert bench.of(m.Unrecognised) == []
    assert bench.of(m.ProviderError) == []
