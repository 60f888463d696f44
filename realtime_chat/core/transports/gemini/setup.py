"""`SessionOptions` → the first frame of a connection, in which everything is settled. Pure."""

from typing import Any, assert_never, cast

from realtime_chat.core.options import SemanticVad, ServerVad, SessionOptions, ToolSchema
from realtime_chat.core.transports.gemini.schema import parameters
from realtime_chat.core.transports.openai.fields import Fields

#: Above it the user must speak clearly to be heard beginning, below its mirror image a hint of a voice is enough.
_SURE = 0.6


def build_setup(options: SessionOptions, model: str) -> Fields:
    """All but the handle of an earlier connection. `extras` come last and win, key by key, objects within objects.

    Answers are sound, whatever is wanted of them: the models that talk live give no other, and the words come beside
    it. Function calls block: the default of newer models is to talk on while they run.
    """
    setup: Fields = {
        "model": model if model.startswith("models/") else f"models/{model}",
        "generationConfig": _generation(options),
        "realtimeInputConfig": _listening(options),
        "outputAudioTranscription": {},
        "sessionResumption": {},
    }
    if options.truncation != "disabled":
        setup["contextWindowCompression"] = {"slidingWindow": {}}
    if options.transcription:
        language = options.transcription.get("language")
        setup["inputAudioTranscription"] = {"languageCodes": [language]} if language else {}
    if options.instructions:
        setup["systemInstruction"] = {"parts": [{"text": options.instructions}]}
    if options.tools and options.tool_choice != "none":
        setup["tools"] = [{"functionDeclarations": [_function(tool) for tool in options.tools]}]
    return _merged(setup, options.extras)


def with_handle(setup: Fields, handle: str | None) -> Fields:
    """The same, going on where an earlier connection was."""
    if not handle or "sessionResumption" not in setup:
        return setup
    return {**setup, "sessionResumption": {**setup["sessionResumption"], "handle": handle}}


def _generation(options: SessionOptions) -> Fields:
    found: Fields = {"responseModalities": ["AUDIO"]}
    if options.voice is not None:
        found["speechConfig"] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": options.voice}}}
    if options.reasoning_effort is not None:
        level = {"xhigh": "HIGH"}.get(options.reasoning_effort, options.reasoning_effort.upper())
        found["thinkingConfig"] = {"thinkingLevel": level}
    if isinstance(options.max_output_tokens, int):
        found["maxOutputTokens"] = options.max_output_tokens
    return found


def _listening(options: SessionOptions) -> Fields:
    match options.turn_detection:
        case "none":
            return {"automaticActivityDetection": {"disabled": True}}
        case None:
            return {"automaticActivityDetection": {}}
        case ServerVad() as silence:
            return {"automaticActivityDetection": _by_silence(silence)}
        case SemanticVad(eagerness=eagerness):
            ends = {"low": "END_SENSITIVITY_LOW", "high": "END_SENSITIVITY_HIGH"}.get(eagerness or "")
            return {"automaticActivityDetection": {"endOfSpeechSensitivity": ends} if ends else {}}
        case _:
            assert_never(options.turn_detection)


def _by_silence(detection: ServerVad) -> Fields:
    found: Fields = {}
    if detection.threshold is not None and not 1 - _SURE < detection.threshold < _SURE:
        strict = detection.threshold >= _SURE
        found["startOfSpeechSensitivity"] = "START_SENSITIVITY_LOW" if strict else "START_SENSITIVITY_HIGH"
    if detection.prefix_padding_ms is not None:
        found["prefixPaddingMs"] = detection.prefix_padding_ms
    if detection.silence_duration_ms is not None:
        found["silenceDurationMs"] = detection.silence_duration_ms
    return found


def _function(tool: ToolSchema) -> Fields:
    found: Fields = {"name": tool.name, "description": tool.description, "behavior": "BLOCKING"}
    takes = parameters(tool.parameters)
    return found if takes is None else {**found, "parameters": takes}


def _merged(below: Fields, above: dict[str, Any]) -> Fields:
    together = dict(below)
    for key, value in above.items():
        under = together.get(key)
        both = isinstance(under, dict) and isinstance(value, dict)
        together[key] = _merged(cast(Fields, under), cast(Fields, value)) if both else value
    return together
