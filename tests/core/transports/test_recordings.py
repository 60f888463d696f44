"""Recordings of the real service pass through the codec, both ways.

The recordings are not ours to ship: REALTIME_CHAT_CASSETTES names a folder with `openai/*.yaml`, each
{interactions: [{kind, direction: sent | received, data}]}.
"""

import base64
import os
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import yaml

from realtime_chat.core import messages as m
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.core.transports.openai.decode import REDUNDANT, decode_any
from realtime_chat.core.transports.scripted import ScriptedTransport, emit
from tests.core.transports.test_encode import CONFIGURATIONS, MESSAGES, encoded

FOLDER = os.environ.get("REALTIME_CHAT_CASSETTES")
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="REALTIME_CHAT_CASSETTES does not name a folder with recordings"
)
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def recordings() -> list[Path]:
    return sorted(Path(FOLDER, "openai").glob("*.yaml")) if FOLDER else []


def frames(recording: Path, direction: str) -> list[dict[str, Any]]:
    text = recording.read_text(encoding="utf-8")
    interactions = yaml.load(text, Loader=Loader)["interactions"]
    return [each["data"] for each in interactions if each["direction"] == direction]


every_recording = pytest.mark.parametrize("recording", recordings(), ids=lambda path: path.stem)


def test_there_are_recordings() -> None:
    assert recordings() != []


@every_recording
def test_every_received_event_is_understood(recording: Path) -> None:
    # M9, M12
    for event in frames(recording, "received"):
        message = OpenAICodec().decode(msgspec.json.encode(event))
        if event["type"] in REDUNDANT:
            assert message == m.Unrecognised(type=event["type"])
        else:
            assert not isinstance(message, m.Malformed | m.Unrecognised), event


@every_recording
def test_recorded_sound_decodes_alike_on_both_ways(recording: Path) -> None:
    # M21
    for event in frames(recording, "received"):
        if event["type"] == "response.output_audio.delta":
            frame = msgspec.json.encode(event)
            message = OpenAICodec().decode(frame)
            assert isinstance(message, m.AudioDelta)
            sound = base64.b64decode(event["delta"])
            assert message.pcm == sound[: len(sound) // 2 * 2]
            assert message == decode_any(frame)


@every_recording
def test_every_sent_event_is_one_that_we_can_say(recording: Path) -> None:
    ours = {encoded(message)["type"] for message in [*(each for each, _ in MESSAGES), *CONFIGURATIONS]}
    assert {event["type"] for event in frames(recording, "sent")} <= ours


@every_recording
def test_the_items_that_were_sent_come_out_of_our_words_unchanged(recording: Path) -> None:
    for event in frames(recording, "sent"):
        if event["type"] == "conversation.item.create":
            read = OpenAICodec().decode(msgspec.json.encode({**event, "type": "conversation.item.added"}))
            assert isinstance(read, m.ItemAdded)
            assert encoded(m.CreateItem(item=read.item)) == event


@every_recording
async def test_a_recording_can_be_replayed_by_the_scripted_twin(recording: Path) -> None:
    raw = [msgspec.json.encode(event) for event in frames(recording, "received")]
    transport = ScriptedTransport([emit(*raw)], codec=OpenAICodec())
    await transport.connect()
    heard: list[m.Incoming] = []
    async for message in transport.messages():
        heard.append(message)
        if len(heard) == len(raw):
            await transport.close()
    transport.finish()
    assert isinstance(heard[0], m.SessionCreated)
    assert any(isinstance(message, m.ResponseDone) and message.usage is not None for message in heard)
    assert {type(message) for message in heard} <= set(get_args(m.Incoming))


@every_recording
def test_the_usage_of_a_recording_adds_up_by_kind_with_the_cached_tokens_inside(recording: Path) -> None:
    # X27, M32
    for event in frames(recording, "received"):
        message = OpenAICodec().decode(msgspec.json.encode(event))
        if isinstance(message, m.ResponseDone):
            usage = message.usage
            assert usage is not None
            assert usage.input == usage.input_text + usage.input_audio + usage.input_image
            assert usage.cached == usage.cached_text + usage.cached_audio + usage.cached_image
            assert usage.cached_text <= usage.input_text
            assert usage.cached_audio <= usage.input_audio
            assert usage.output == usage.output_text + usage.output_audio
            assert usage.total == usage.input + usage.output == event["response"]["usage"]["total_tokens"]


def test_a_recorded_transcription_is_counted_in_seconds() -> None:
    heard = [
        (message.usage, event["usage"])
        for recording in recordings()
        for event in frames(recording, "received")
        if isinstance(message := OpenAICodec().decode(msgspec.json.encode(event)), m.InputTranscript)
    ]
    assert heard
    for usage, reported in heard:
        assert usage is not None
        assert (reported["type"], reported["seconds"]) == ("duration", usage.seconds)
