"""Frames of the service, each with the neutral message that it means."""

import base64
from typing import Any

from realtime_chat.core import messages as m
from realtime_chat.core.events import TranscriptionUsage
from tests.core.transports.peer import wire

IDS = {"response_id": "r1", "item_id": "i1"}
PCM = bytes(range(64))
SOUND = base64.b64encode(PCM).decode()
SPOKEN = {
    "id": "i1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_audio", "transcript": "hello"}],
}
SPOKEN_ITEM = m.Item(
    item_id="i1", kind="message", role="assistant", status="completed", text="hello", spoken=True
)
CALL = {
    "id": "i2",
    "type": "function_call",
    "status": "completed",
    "call_id": "c1",
    "name": "clock",
    "arguments": "{}",
}
CALL_ITEM = m.Item(
    item_id="i2", kind="function_call", status="completed", call_id="c1", name="clock", arguments="{}"
)

EVENTS: list[tuple[bytes, m.Incoming]] = [
    (
        wire(
            "session.created",
            session={
                "id": "s1",
                "model": "m1",
                "expires_at": 1785217655,
                "audio": {"output": {"voice": "alloy"}},
            },
        ),
        m.SessionCreated(provider_session_id="s1", model="m1", voice="alloy", expires_at=1785217655),
    ),
    (
        wire("session.updated", session={"model": "m1", "voice": {"id": "custom"}}),
        m.SessionUpdated(model="m1", voice="custom"),
    ),
    (
        wire("input_audio_buffer.speech_started", item_id="i1", audio_start_ms=1460),
        m.UserSpeechStarted(item_id="i1", at_ms=1460),
    ),
    (
        wire("input_audio_buffer.speech_stopped", item_id="i1", audio_end_ms=4256.7),
        m.UserSpeechStopped(item_id="i1", at_ms=4256),
    ),
    (
        wire("input_audio_buffer.committed", item_id="i1", previous_item_id="i0"),
        m.AudioCommitted(item_id="i1", previous_item_id="i0"),
    ),
    (wire("input_audio_buffer.cleared"), m.AudioCleared()),
    (wire("input_audio_buffer.timeout_triggered", item_id="i1"), m.InputTimedOut(item_id="i1")),
    (
        wire("conversation.item.added", item=SPOKEN, previous_item_id=None),
        m.ItemAdded(item=SPOKEN_ITEM),
    ),
    (
        wire("conversation.item.created", item=CALL, previous_item_id="i1"),
        m.ItemAdded(item=CALL_ITEM, previous_item_id="i1"),
    ),
    (wire("conversation.item.done", item=SPOKEN), m.ItemDone(item=SPOKEN_ITEM)),
    (wire("conversation.item.retrieved", item=CALL), m.ItemRetrieved(item=CALL_ITEM)),
    (
        wire("conversation.item.truncated", item_id="i1", content_index=0, audio_end_ms=1500),
        m.ItemTruncated(item_id="i1", audio_end_ms=1500),
    ),
    (wire("conversation.item.deleted", item_id="i1"), m.ItemDeleted(item_id="i1")),
    (
        wire("conversation.item.input_audio_transcription.delta", item_id="i1", delta=" Hello"),
        m.InputTranscriptDelta(item_id="i1", delta=" Hello"),
    ),
    (
        wire(
            "conversation.item.input_audio_transcription.completed",
            item_id="i1",
            transcript="Hello.",
            usage={"type": "duration", "seconds": 3},
        ),
        m.InputTranscript(item_id="i1", text="Hello.", usage=TranscriptionUsage(seconds=3)),
    ),
    (
        wire(
            "conversation.item.input_audio_transcription.failed",
            item_id="i1",
            error={"code": "audio_unintelligible", "message": "The sound was noise."},
        ),
        m.InputTranscriptFailed(item_id="i1", error="The sound was noise."),
    ),
    (
        wire(
            "conversation.item.input_audio_transcription.failed",
            item_id="i1",
            error={"code": "DeploymentNotFound", "message": None},
        ),
        m.InputTranscriptFailed(item_id="i1", error="DeploymentNotFound"),
    ),
    (
        wire("response.created", response={"id": "r1", "metadata": {"k": "v"}, "conversation_id": "c"}),
        m.ResponseCreated(response_id="r1", metadata={"k": "v"}),
    ),
    (
        wire("response.created", response={"id": "r1", "metadata": None, "conversation_id": None}),
        m.ResponseCreated(response_id="r1"),
    ),
    (
        wire("response.output_item.added", response_id="r1", output_index=0, item=CALL),
        m.OutputItemAdded(response_id="r1", item=CALL_ITEM),
    ),
    (
        wire("response.output_item.done", response_id="r1", output_index=0, item=SPOKEN),
        m.OutputItemDone(response_id="r1", item=SPOKEN_ITEM),
    ),
    (
        wire("response.function_call_arguments.delta", **IDS, call_id="c1", delta="{"),
        m.ArgumentsDelta(response_id="r1", item_id="i1", call_id="c1", delta="{"),
    ),
    (
        wire("rate_limits.updated", rate_limits=[{"name": "tokens", "remaining": 5}, "odd"]),
        m.RateLimits(limits=({"name": "tokens", "remaining": 5},)),
    ),
    (
        wire(
            "error",
            error={
                "type": "invalid_request_error",
                "code": "invalid_value",
                "message": "no",
                "param": "type",
                "event_id": "e1",
            },
        ),
        m.ProviderError(
            code="invalid_value",
            message="no",
            error_type="invalid_request_error",
            param="type",
            caused_by="e1",
        ),
    ),
]

BOTH_SPELLINGS: list[tuple[str, dict[str, Any], m.Incoming]] = [
    ("audio.delta", {"delta": SOUND}, m.AudioDelta(**IDS, pcm=PCM)),
    ("audio.done", {}, m.AudioDone(**IDS)),
    ("audio_transcript.delta", {"delta": "he"}, m.OutputTranscriptDelta(**IDS, delta="he")),
    ("audio_transcript.done", {"transcript": "hey"}, m.OutputTranscript(**IDS, text="hey")),
    ("text.delta", {"delta": "he"}, m.OutputTextDelta(**IDS, delta="he")),
    ("text.done", {"text": "hey"}, m.OutputText(**IDS, text="hey")),
]
