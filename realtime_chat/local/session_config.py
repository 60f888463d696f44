"""The session's settings: what may be set, how an update merges, and the typed view the machine reads.

The settings live as the JSON object that `session.created` and `session.updated` show; an update is checked
against a table first and merged as a whole or not at all.
"""

from typing import Any, Literal, TypeAlias

import msgspec

from realtime_chat.local import schema
from realtime_chat.local.errors import Refusal, bad_value
from realtime_chat.local.schema import Json

MODEL = "local-commands"
#: A talk; or a session that writes down what it hears and never answers. Said in the address, for good.
SessionType: TypeAlias = Literal["realtime", "transcription"]
DEFAULT_INSTRUCTIONS = (
    "Answer briefly. Carry out what the built-in sentences cover, and say plainly what is not possible."
)
DEFAULT_VOICE = "default"

#: Quiet that ends a turn, by how eager `semantic_vad` is to answer. The published bounds are 8, 4 and 2 s
#: for a model that judges the words, too; this server has only the silence to go by and takes a quarter.
_EAGERNESS_SILENCE_MS = {"low": 2000, "medium": 1000, "auto": 1000, "high": 500}

_FORMAT = schema.tagged(
    {
        "audio/pcm": schema.record({"type": schema.anything, "rate": schema.choice(24_000)}),
        "audio/pcmu": schema.record({"type": schema.anything}),
        "audio/pcma": schema.record({"type": schema.anything}),
    }
)
_VAD_SWITCHES = {"type": schema.anything, "create_response": schema.flag, "interrupt_response": schema.flag}
_TURN_DETECTION = schema.tagged(
    {
        "server_vad": schema.record(
            {
                **_VAD_SWITCHES,
                "threshold": schema.number(0, 1),
                "prefix_padding_ms": schema.integer(0, 5_000),
                "silence_duration_ms": schema.integer(20, 10_000),
                "idle_timeout_ms": schema.nullable(schema.integer(1_000, 600_000)),
            }
        ),
        "semantic_vad": schema.record(
            {**_VAD_SWITCHES, "eagerness": schema.choice("low", "medium", "high", "auto")}
        ),
    }
)
_TRANSCRIPTION = schema.record(
    {
        "model": schema.text(128),
        "language": schema.nullable(schema.text(32)),
        "languages": schema.nullable(schema.array(schema.text(32))),
        "keywords": schema.nullable(schema.array(schema.text(256))),
        "prompt": schema.nullable(schema.text()),
        "delay": schema.nullable(schema.choice("minimal", "low", "medium", "high", "xhigh")),
    }
)
_NOISE_REDUCTION = schema.record(
    {"type": schema.choice("near_field", "far_field"), "strength": schema.nullable(schema.number(0, 1))}
)
_VOICE = schema.either(string=schema.text(128), otherwise=schema.record({"id": schema.text(128)}, ("id",)))
_FUNCTION = schema.record(
    {
        "type": schema.choice("function"),
        "name": schema.text(128, empty=False),
        "description": schema.nullable(schema.text()),
        "parameters": schema.nullable(schema.json_object),
    },
    ("name",),
)


def _tool(value: Any, path: str) -> Json:
    given = schema.json_object(value, path)
    if given.get("type") == "mcp":
        raise bad_value(f"{path}.type", "this server calls no MCP servers; offer their tools as functions.")
    return {"type": "function", **_FUNCTION(given, path)}


_TOOL_CHOICE = schema.either(
    string=schema.choice("auto", "none", "required"),
    otherwise=schema.record({"type": schema.choice("function"), "name": schema.text(128)}, ("type", "name")),
)


def _modalities(value: Any, path: str) -> list[str]:
    found = schema.array(schema.choice("text", "audio"))(value, path)
    if found not in (["text"], ["audio"]):
        raise bad_value(path, "must be ['audio'] or ['text'].")
    return found


def _no_prompt(value: Any, path: str) -> None:
    if value is not None:
        raise bad_value(path, "this server keeps no prompt templates; send `instructions`.")


_REASONING = schema.record({"effort": schema.choice("minimal", "low", "medium", "high", "xhigh")})
_TRUNCATION = schema.record(
    {
        "type": schema.choice("retention_ratio"),
        "retention_ratio": schema.number(0, 1),
        "token_limits": schema.record({"post_instructions": schema.integer(0, 1 << 31)}),
    },
    ("type", "retention_ratio"),
)
_TRACING = schema.record(
    {"workflow_name": schema.text(512), "group_id": schema.text(512), "metadata": schema.json_object}
)

#: Fields that a session and a single response share.
SHARED_FIELDS = {
    "instructions": schema.text(),
    "output_modalities": _modalities,
    "tools": schema.array(_tool, 256),
    "tool_choice": _TOOL_CHOICE,
    "max_output_tokens": schema.either(string=schema.choice("inf"), otherwise=schema.integer(1, 4096)),
    "prompt": _no_prompt,
    "reasoning": schema.nullable(_REASONING),
    "parallel_tool_calls": schema.flag,
}
OUTPUT_FORMAT_AND_VOICE = {"format": _FORMAT, "voice": _VOICE}

_INPUT = schema.record(
    {
        "format": _FORMAT,
        "noise_reduction": schema.nullable(_NOISE_REDUCTION),
        "transcription": schema.nullable(_TRANSCRIPTION),
        "turn_detection": schema.nullable(_TURN_DETECTION),
    }
)
_INCLUDE = schema.nullable(schema.array(schema.choice("item.input_audio_transcription.logprobs")))
_TRANSCRIPTION_SESSION = schema.record(
    {
        "type": schema.choice("transcription"),
        "include": _INCLUDE,
        "audio": schema.record({"input": _INPUT}),
    },
    ("type",),
)
_SESSION = schema.record(
    {
        **SHARED_FIELDS,
        "type": schema.choice("realtime"),
        "model": schema.text(128),
        "truncation": schema.either(string=schema.choice("auto", "disabled"), otherwise=_TRUNCATION),
        "tracing": schema.nullable(schema.either(string=schema.choice("auto"), otherwise=_TRACING)),
        "include": _INCLUDE,
        "audio": schema.record(
            {
                "input": _INPUT,
                "output": schema.record({**OUTPUT_FORMAT_AND_VOICE, "speed": schema.number(0.25, 1.5)}),
            }
        ),
    },
    ("type",),
)


class TurnDetection(msgspec.Struct, frozen=True, kw_only=True):
    """How speech becomes turns; both kinds of VAD end in these numbers."""

    threshold: float
    prefix_padding_ms: int
    silence_duration_ms: int
    idle_timeout_ms: int | None
    create_response: bool
    interrupt_response: bool


class SessionConfig:
    """One session's settings."""

    def __init__(self, session_id: str, kind: SessionType = "realtime") -> None:
        self._settings: Json = _defaults(session_id, kind)
        self._kind = kind

    @property
    def shown(self) -> Json:
        """The object as the client sees it."""
        return self._settings if self.answers else _listening(self._settings)

    @property
    def answers(self) -> bool:
        """False for a session that only writes down what it hears."""
        return self._kind == "realtime"

    def update(self, change: Any, *, spoke_already: bool) -> None:
        """Merge a `session.update`; all of it, or Refusal and nothing.

        `spoke_already`: the assistant's voice was heard, so it can no longer change.
        """
        checked = (_SESSION if self.answers else _TRANSCRIPTION_SESSION)(change, "session")
        merged = _merge_session(self._settings, checked)
        voice_changes = merged["audio"]["output"]["voice"] != self._settings["audio"]["output"]["voice"]
        if spoke_already and voice_changes:
            message = "The voice cannot change after the assistant has spoken; open a new session."
            raise Refusal("cannot_update_voice", message, "session.audio.output.voice")
        self._settings = merged

    @property
    def turn_detection(self) -> TurnDetection | None:
        """None means push-to-talk."""
        found: Json | None = self._settings["audio"]["input"]["turn_detection"]
        if found is None:
            return None
        silence = found.get("silence_duration_ms") or _EAGERNESS_SILENCE_MS[found.get("eagerness", "auto")]
        return TurnDetection(
            threshold=found.get("threshold", 0.5),
            prefix_padding_ms=found.get("prefix_padding_ms", 300),
            silence_duration_ms=silence,
            idle_timeout_ms=found.get("idle_timeout_ms") if self.answers else None,
            create_response=found["create_response"] and self.answers,
            interrupt_response=found["interrupt_response"] and self.answers,
        )

    @property
    def transcribes(self) -> bool:
        """The client asked for transcripts of the user's speech."""
        return self._settings["audio"]["input"]["transcription"] is not None

    @property
    def input_format(self) -> str:
        return self._settings["audio"]["input"]["format"]["type"]

    @property
    def speed(self) -> float:
        return self._settings["audio"]["output"]["speed"]


def voice_name(voice: str | Json) -> str:
    """The name in either spelling of a voice."""
    return voice if isinstance(voice, str) else voice["id"]


def response_defaults(shown: Json) -> Json:
    """What a response takes over from its session."""
    taken = {name: shown[name] for name in ("instructions", "output_modalities", "tools", "tool_choice")}
    output = {name: shown["audio"]["output"][name] for name in ("format", "voice")}
    return {**taken, "max_output_tokens": shown["max_output_tokens"], "audio": {"output": output}}


def _listening(settings: Json) -> Json:
    """Of the settings, what a transcription session has."""
    heard = dict(settings["audio"]["input"])
    if heard["turn_detection"] is not None:
        answering = ("create_response", "interrupt_response", "idle_timeout_ms")
        detection: Json = heard["turn_detection"]
        heard["turn_detection"] = {name: each for name, each in detection.items() if name not in answering}
    return {
        "type": "transcription",
        "object": "realtime.transcription_session",
        **{name: settings[name] for name in ("id", "include")},
        "audio": {"input": heard},
    }


def _merge_session(old: Json, change: Json) -> Json:
    merged: Json = {**old, **change, "model": MODEL, "audio": dict(old["audio"])}
    if change.get("instructions") == "":  # seen on the real service: empty means the default, not none
        merged["instructions"] = DEFAULT_INSTRUCTIONS
    audio: Json = change.get("audio", {})
    for side in ("input", "output"):
        merged["audio"][side] = {**old["audio"][side], **audio.get(side, {})}
    _complete(merged["audio"]["input"], old["audio"]["input"]["turn_detection"])
    _complete_formats(merged["audio"])
    return merged


def _complete(audio_input: Json, before: Json | None) -> None:
    detection: Json | None = audio_input["turn_detection"]
    if detection is None:
        return
    kind: Literal["server_vad", "semantic_vad"] = detection["type"]
    base = before if before is not None and before["type"] == kind else _VAD_DEFAULTS[kind]
    audio_input["turn_detection"] = {**base, **detection}


def _complete_formats(audio: Json) -> None:
    for side in ("input", "output"):
        if audio[side]["format"]["type"] == "audio/pcm":
            audio[side]["format"] = dict(_PCM)


_PCM = {"type": "audio/pcm", "rate": 24_000}
_VAD_DEFAULTS: dict[str, Json] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}


def _defaults(session_id: str, kind: SessionType) -> Json:
    return {
        "type": kind,
        "object": "realtime.session",
        "id": session_id,
        "model": MODEL,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "audio": {
            "input": {
                "format": dict(_PCM),
                "transcription": None if kind == "realtime" else {"model": MODEL},
                "noise_reduction": None,
                "turn_detection": dict(_VAD_DEFAULTS["server_vad"]),
            },
            "output": {"format": dict(_PCM), "voice": DEFAULT_VOICE, "speed": 1.0},
        },
    }
