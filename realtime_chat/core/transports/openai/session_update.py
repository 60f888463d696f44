"""`SessionOptions` → the GA `session.update` (M18–M20). Pure; what is None is left out, so that the
service's own default stays."""

from collections.abc import Iterable
from typing import assert_never

from realtime_chat.core.options import (
    AudioFormat,
    SemanticVad,
    ServerVad,
    SessionOptions,
    ToolSchema,
    TurnDetection,
)
from realtime_chat.core.transports.openai.fields import Fields, obj

_FORMATS: dict[AudioFormat, Fields] = {
    "pcm16": {"type": "audio/pcm", "rate": 24_000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}


def build_session_update(options: SessionOptions) -> Fields:
    """The whole event {type, session}, without an event id.

    Instructions "" are left out: sent, they would not clear but restore the service's own. Tools and their
    choice are always said, so a second configuration can take tools away. Temperature never is (M20).
    `extras` come last and win, key by key; inside `audio`, `audio.input` and `audio.output`, too.
    A transcription session has input settings and nothing else; its detector can neither answer nor interrupt.
    """
    if not options.answers:
        written = {"type": "transcription", "audio": {"input": _input(options)}}
        return {"type": "session.update", "session": _with_extras(written, options.extras)}
    session: Fields = {
        "type": "realtime",
        "output_modalities": ["audio"] if options.aloud else ["text"],
        "audio": {"input": _input(options), "output": _output(options)},
        "tools": [_tool(each) for each in options.tools],
        "tool_choice": _tool_choice(options.tool_choice),
    }
    if options.instructions:
        session["instructions"] = options.instructions
    if options.max_output_tokens is not None:
        session["max_output_tokens"] = options.max_output_tokens
    if options.reasoning_effort is not None:
        session["reasoning"] = {"effort": options.reasoning_effort}
    if options.truncation is not None:
        session["truncation"] = _truncation(options.truncation)
    return {"type": "session.update", "session": _with_extras(session, options.extras)}


def build_instructions_update(instructions: str) -> Fields:
    """A partial `session.update` of only the instructions (M7); "" restores the service's own."""
    return {"type": "session.update", "session": {"type": "realtime", "instructions": instructions}}


def build_tools_update(tools: Iterable[ToolSchema]) -> Fields:
    """A partial `session.update` of only the tools (M7)."""
    return {
        "type": "session.update",
        "session": {"type": "realtime", "tools": [_tool(each) for each in tools]},
    }


def _input(options: SessionOptions) -> Fields:
    fields: Fields = {"format": _FORMATS[options.input_audio_format]}
    if options.turn_detection is not None:
        found = _turn_detection(options.turn_detection)
        fields["turn_detection"] = found if options.answers else _only_listening(found)
    if options.transcription is not None:
        fields["transcription"] = options.transcription or None
    if options.noise_reduction is not None:
        fields["noise_reduction"] = options.noise_reduction or None
    return fields


def _output(options: SessionOptions) -> Fields:
    """Said for text sessions, too: the service takes it, and a later turn may be spoken."""
    fields: Fields = {"format": _FORMATS[options.output_audio_format]}
    if options.voice is not None:
        fields["voice"] = options.voice
    if options.speed is not None:
        fields["speed"] = options.speed
    return fields


def _turn_detection(detection: TurnDetection) -> Fields | None:
    match detection:
        case "none":
            return None
        case ServerVad():
            return {"type": "server_vad", **_said(detection)}
        case SemanticVad():
            return {"type": "semantic_vad", **_said(detection)}
        case _:
            assert_never(detection)


def _only_listening(detection: Fields | None) -> Fields | None:
    answering = ("create_response", "interrupt_response", "idle_timeout_ms")
    return detection and {name: value for name, value in detection.items() if name not in answering}


def _said(detection: ServerVad | SemanticVad) -> Fields:
    values = {name: getattr(detection, name) for name in detection.__struct_fields__}
    return {name: value for name, value in values.items() if value is not None}


def _tool(tool: ToolSchema) -> Fields:
    described = {"description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "name": tool.name, **described}


def _truncation(truncation: str | float) -> str | Fields:
    if isinstance(truncation, str):
        return truncation
    return {"type": "retention_ratio", "retention_ratio": truncation}


def _tool_choice(choice: str | dict[str, str]) -> str | Fields:
    return choice if isinstance(choice, str) else {"type": "function", **choice}


def _with_extras(session: Fields, extras: Fields) -> Fields:
    """`extras` over `session`. A leaf inside audio (a turn detection, say) is replaced whole: half of one
    kind and half of another would be neither."""
    merged = {**session, **extras}
    if not obj(extras, "audio"):
        return merged
    ours, theirs = session["audio"], obj(extras, "audio")
    there = [side for side in ("input", "output") if side in ours or side in theirs]
    sides = {side: {**obj(ours, side), **obj(theirs, side)} for side in there}
    return {**merged, "audio": {**ours, **theirs, **sides}}
