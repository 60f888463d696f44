"""OpenAI Realtime frames → neutral messages: pure, tolerant, dispatching on the raw `type` (docs/protocol.md).

Both spellings of an event are in one table: GA's, and the beta's that compatible servers still speak (M12).
A type that is not in the table, or whose frame lacks what makes it meaningful, is Unrecognised: only the
raw stream shows it. Known types that carry nothing new are left out of the table on purpose (REDUNDANT).
"""

from collections.abc import Callable
from typing import cast, get_args

import msgspec

from realtime_chat.core import messages as m
from realtime_chat.core.events import TranscriptionUsage, Usage
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.transports.openai.fields import Fields, number, obj, objs, text, whole
from realtime_chat.core.transports.openai.items import parse_item

#: Understood, and nothing to tell: what they say comes again with the item or the response that they belong
#: to. Arguments above all: `function_call_arguments.done` also comes for a call that was cut.
REDUNDANT = frozenset(
    {
        "conversation.created",
        "ping",
        "response.content_part.added",
        "response.content_part.done",
        "response.function_call_arguments.done",
    }
)


class _Sound(msgspec.Struct, gc=False):
    type: str
    delta: bytes
    response_id: str = ""
    item_id: str = ""


_SOUND_TYPES = frozenset({"response.output_audio.delta", "response.audio.delta"})
#: Both spellings end so. Every server seen writes `type` first or last; only first gets the short way.
_SOUND_MARK = b'audio.delta"'
_SOUND_MARK_WITHIN = 64
_sound = msgspec.json.Decoder(_Sound).decode


def decode(frame: bytes) -> m.Incoming:
    """The message of one frame; never raises.

    Sound is four fifths of the bytes: one typed decode takes its fields and turns base64 into bytes in the
    same pass (1.6 µs for 20 ms of sound; the general way 2.3; cut by hand, with binascii, 3.7).
    """
    if frame.find(_SOUND_MARK, 0, _SOUND_MARK_WITHIN) >= 0:
        try:
            sound = _sound(frame)
        except (ValueError, RecursionError):
            return decode_any(frame)  # an odd shape: the general way says what is wrong with it
        if sound.type in _SOUND_TYPES:
            return _whole_samples(sound.response_id, sound.item_id, sound.delta)
    return decode_any(frame)


def decode_any(frame: bytes) -> m.Incoming:
    """The general way, for every type; never raises."""
    try:
        fields = read_json(frame)
    except NotJson as error:
        return m.Malformed(detail=f"parse_error: a frame of {len(frame)} bytes is not JSON ({error})")
    if not isinstance(fields, dict):
        return m.Malformed(detail=f"parse_error: a frame of {len(frame)} bytes is not a JSON object")
    return _read(cast(Fields, fields))


def _read(fields: Fields) -> m.Incoming:
    kind = text(fields, "type")
    read = _TABLE.get(kind)
    if read is None:
        return m.Unrecognised(type=kind or "unknown")
    return read(fields) or m.Unrecognised(type=kind)


# ---------------------------------------------------------------- session


def _session_created(fields: Fields) -> m.Incoming:
    session = obj(fields, "session")
    return m.SessionCreated(
        provider_session_id=text(session, "id"),
        model=text(session, "model"),
        voice=_voice(session),
        expires_at=number(session, "expires_at"),
    )


def _session_updated(fields: Fields) -> m.Incoming:
    session = obj(fields, "session")
    return m.SessionUpdated(model=text(session, "model"), voice=_voice(session))


def _voice(session: Fields) -> str:
    """GA: audio.output.voice; beta and xAI: voice. Either a name or an object with an id."""
    for place in (obj(obj(session, "audio"), "output"), session):
        voice = text(place, "voice") or text(obj(place, "voice"), "id")
        if voice:
            return voice
    return ""


# ---------------------------------------------------------------- the user's sound


def _speech_started(fields: Fields) -> m.Incoming:
    return m.UserSpeechStarted(item_id=text(fields, "item_id"), at_ms=whole(fields, "audio_start_ms"))


def _speech_stopped(fields: Fields) -> m.Incoming:
    return m.UserSpeechStopped(item_id=text(fields, "item_id"), at_ms=whole(fields, "audio_end_ms"))


def _committed(fields: Fields) -> m.Incoming:
    previous = text(fields, "previous_item_id") or None
    return m.AudioCommitted(item_id=text(fields, "item_id"), previous_item_id=previous)


def _cleared(_fields: Fields) -> m.Incoming:
    return m.AudioCleared()


def _input_timed_out(fields: Fields) -> m.Incoming:
    return m.InputTimedOut(item_id=text(fields, "item_id"))


def _input_transcript_delta(fields: Fields) -> m.Incoming:
    return m.InputTranscriptDelta(item_id=text(fields, "item_id"), delta=text(fields, "delta"))


def _input_transcript(fields: Fields) -> m.Incoming | None:
    if text(fields, "status") == "in_progress":
        return None  # xAI sends several; only the last is the whole
    return m.InputTranscript(
        item_id=text(fields, "item_id"),
        text=text(fields, "transcript"),
        usage=_transcription_usage(obj(fields, "usage")),
    )


def _input_transcript_failed(fields: Fields) -> m.Incoming:
    error = obj(fields, "error")
    reason = text(error, "message") or text(error, "code") or "no reason given"
    return m.InputTranscriptFailed(item_id=text(fields, "item_id"), error=reason)


# ---------------------------------------------------------------- items


def _item_added(fields: Fields) -> m.Incoming:
    previous = text(fields, "previous_item_id") or None
    return m.ItemAdded(item=parse_item(obj(fields, "item")), previous_item_id=previous)


def _item_done(fields: Fields) -> m.Incoming:
    return m.ItemDone(item=parse_item(obj(fields, "item")))


def _item_retrieved(fields: Fields) -> m.Incoming:
    return m.ItemRetrieved(item=parse_item(obj(fields, "item")))


def _item_truncated(fields: Fields) -> m.Incoming:
    return m.ItemTruncated(item_id=text(fields, "item_id"), audio_end_ms=whole(fields, "audio_end_ms") or 0)


def _item_deleted(fields: Fields) -> m.Incoming:
    return m.ItemDeleted(item_id=text(fields, "item_id"))


# ---------------------------------------------------------------- a response and its parts


def _output_item_added(fields: Fields) -> m.Incoming:
    item = parse_item(obj(fields, "item"))
    return m.OutputItemAdded(response_id=text(fields, "response_id"), item=item)


def _output_item_done(fields: Fields) -> m.Incoming:
    item = parse_item(obj(fields, "item"))
    return m.OutputItemDone(response_id=text(fields, "response_id"), item=item)


def _audio_delta(fields: Fields) -> m.Incoming | None:
    delta = fields.get("delta")
    if not isinstance(delta, str):
        return None
    try:
        pcm = msgspec.convert(delta, bytes)
    except msgspec.ValidationError:
        return m.Malformed(detail="bad_audio: a piece of sound is not base64")
    return _whole_samples(text(fields, "response_id"), text(fields, "item_id"), pcm)


def _whole_samples(response_id: str, item_id: str, pcm: bytes) -> m.Incoming:
    """Half a sample at the end is cut off, as recordings of the real service have it: the rest is sound."""
    return m.AudioDelta(response_id=response_id, item_id=item_id, pcm=pcm[:-1] if len(pcm) % 2 else pcm)


def _audio_done(fields: Fields) -> m.Incoming:
    return m.AudioDone(response_id=text(fields, "response_id"), item_id=text(fields, "item_id"))


def _transcript_delta(fields: Fields) -> m.Incoming:
    return m.OutputTranscriptDelta(
        response_id=text(fields, "response_id"), item_id=text(fields, "item_id"), delta=text(fields, "delta")
    )


def _transcript(fields: Fields) -> m.Incoming:
    return m.OutputTranscript(
        response_id=text(fields, "response_id"),
        item_id=text(fields, "item_id"),
        text=text(fields, "transcript"),
    )


def _text_delta(fields: Fields) -> m.Incoming:
    return m.OutputTextDelta(
        response_id=text(fields, "response_id"), item_id=text(fields, "item_id"), delta=text(fields, "delta")
    )


def _text(fields: Fields) -> m.Incoming:
    return m.OutputText(
        response_id=text(fields, "response_id"), item_id=text(fields, "item_id"), text=text(fields, "text")
    )


def _arguments_delta(fields: Fields) -> m.Incoming:
    return m.ArgumentsDelta(
        response_id=text(fields, "response_id"),
        item_id=text(fields, "item_id"),
        call_id=text(fields, "call_id"),
        delta=text(fields, "delta"),
    )


def _response_created(fields: Fields) -> m.Incoming | None:
    response = obj(fields, "response")
    if not response:
        return None
    metadata = {key: value for key, value in obj(response, "metadata").items() if isinstance(value, str)}
    return m.ResponseCreated(response_id=text(response, "id"), metadata=metadata or None)


_STATUSES: dict[str, m.ResponseStatus] = {status: status for status in get_args(m.ResponseStatus)}


def _response_done(fields: Fields) -> m.Incoming | None:
    response = obj(fields, "response")
    if not response:
        return None
    said = text(response, "status")
    # An ending we do not know is no clean one; no word about it at all is.
    status = _STATUSES.get(said, "incomplete" if said else "completed")
    details = obj(response, "status_details")
    error = obj(details, "error")
    words = text(response, "status_details")  # xAI: a text in the place of the object
    return m.ResponseDone(
        response_id=text(response, "id"),
        status=status,
        reason=text(details, "reason") or words or (said if said not in _STATUSES else None) or None,
        error_code=text(error, "code") or text(error, "type") or None,
        error_message=text(error, "message") or (words if status == "failed" else None) or None,
        items=tuple(parse_item(each) for each in objs(response, "output")),
        usage=_usage(obj(response, "usage") or obj(fields, "usage")),
    )


_TOTALS = frozenset({"input_tokens", "output_tokens", "total_tokens"})


def _usage(fields: Fields) -> Usage | None:
    """Tokens as reported; everything but the totals is kept as it came in `extras` (M32)."""
    if not fields:
        return None
    into, out = obj(fields, "input_token_details"), obj(fields, "output_token_details")
    cached = obj(into, "cached_tokens_details")
    return Usage(
        input=whole(fields, "input_tokens") or 0,
        output=whole(fields, "output_tokens") or 0,
        total=whole(fields, "total_tokens") or 0,
        input_text=whole(into, "text_tokens") or 0,
        input_audio=whole(into, "audio_tokens") or 0,
        input_image=whole(into, "image_tokens") or 0,
        cached=whole(into, "cached_tokens") or 0,
        cached_text=whole(cached, "text_tokens") or 0,
        cached_audio=whole(cached, "audio_tokens") or 0,
        cached_image=whole(cached, "image_tokens") or 0,
        output_text=whole(out, "text_tokens") or 0,
        output_audio=whole(out, "audio_tokens") or 0,
        extras={key: value for key, value in fields.items() if key not in _TOTALS},
    )


def _transcription_usage(fields: Fields) -> TranscriptionUsage | None:
    """Seconds of sound from the models that are billed by time, tokens from the others."""
    if not fields:
        return None
    if text(fields, "type") == "duration":
        return TranscriptionUsage(seconds=number(fields, "seconds") or 0.0)
    return TranscriptionUsage(tokens=_usage(fields) or Usage())


# ---------------------------------------------------------------- limits and errors


def _rate_limits(fields: Fields) -> m.Incoming:
    return m.RateLimits(limits=tuple(objs(fields, "rate_limits")))


def _error(fields: Fields) -> m.Incoming:
    """Some servers put the code into `type`, some the whole error beside it, some only a text."""
    error = obj(fields, "error")
    kind = text(error, "type")
    words = text(error, "message") or text(fields, "error") or text(fields, "message")
    return m.ProviderError(
        code=text(error, "code") or kind or text(fields, "code") or "unknown_error",
        message=words or "The provider reported an error without words.",
        error_type=kind,
        param=text(error, "param") or None,
        caused_by=text(error, "event_id") or None,
    )


_TABLE: dict[str, Callable[[Fields], m.Incoming | None]] = {
    "session.created": _session_created,
    "session.updated": _session_updated,
    "input_audio_buffer.speech_started": _speech_started,
    "input_audio_buffer.speech_stopped": _speech_stopped,
    "input_audio_buffer.committed": _committed,
    "input_audio_buffer.cleared": _cleared,
    "input_audio_buffer.timeout_triggered": _input_timed_out,
    "conversation.item.added": _item_added,
    "conversation.item.created": _item_added,
    "conversation.item.done": _item_done,
    "conversation.item.retrieved": _item_retrieved,
    "conversation.item.truncated": _item_truncated,
    "conversation.item.deleted": _item_deleted,
    "conversation.item.input_audio_transcription.delta": _input_transcript_delta,
    "conversation.item.input_audio_transcription.completed": _input_transcript,
    "conversation.item.input_audio_transcription.failed": _input_transcript_failed,
    "response.created": _response_created,
    "response.done": _response_done,
    "response.output_item.added": _output_item_added,
    "response.output_item.done": _output_item_done,
    "response.output_audio.delta": _audio_delta,
    "response.audio.delta": _audio_delta,
    "response.output_audio.done": _audio_done,
    "response.audio.done": _audio_done,
    "response.output_audio_transcript.delta": _transcript_delta,
    "response.audio_transcript.delta": _transcript_delta,
    "response.output_audio_transcript.done": _transcript,
    "response.audio_transcript.done": _transcript,
    "response.output_text.delta": _text_delta,
    "response.text.delta": _text_delta,
    "response.output_text.done": _text,
    "response.text.done": _text,
    "response.function_call_arguments.delta": _arguments_delta,
    "rate_limits.updated": _rate_limits,
    "error": _error,
}
