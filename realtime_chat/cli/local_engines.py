"""From the settings' [local] table to the engines of the embedded server. Pure, but for the variables it is given."""

from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

from realtime_chat.cli.settings_tables import LocalSettings
from realtime_chat.core.errors import ConfigError
from realtime_chat.local.engines.settings import (
    Brain,
    Chat,
    Commands,
    Ear,
    EngineSettings,
    Espeak,
    Mouth,
    Piper,
    Speech,
    Sphinx,
    Transcription,
    Whisper,
)


def engine_settings(
    table: LocalSettings,
    environ: Mapping[str, str],
    *,
    model: str | None = None,
    brain: Brain | None = None,
) -> EngineSettings:
    """The engines that the table names; `model` over its brain's, `brain` over its brain.

    Raises ConfigError for one that lacks what it needs.
    """
    return EngineSettings(
        ear=_ear(table, environ),
        brain=brain or _brain(table, environ, model),
        mouth=_mouth(table, environ),
    )


def _ear(table: LocalSettings, environ: Mapping[str, str]) -> Ear:
    match table.stt:
        case "sphinx":
            return Sphinx()
        case "whisper":
            folder = _needed(table.whisper_model, "stt", "whisper", "whisper_model, the folder of a model")
            return Whisper(model=_path(folder), language=table.language or "")
        case "http":
            return Transcription(
                url=_needed(table.stt_url, "stt", "http", "stt_url, the address of a service"),
                model=table.stt_model,
                language=table.language or "",
                key=_key(table.stt_key_variable, environ),
                key_name=table.stt_key_variable or "[local] stt_key_variable",
            )
        case _:
            assert_never(table.stt)


def _brain(table: LocalSettings, environ: Mapping[str, str], model: str | None) -> Brain:
    match table.brain:
        case "commands":
            return Commands()
        case "chat":
            return Chat(
                url=table.brain_url,
                model=_needed(model or table.brain_model, "brain", "chat", "brain_model, or -m"),
                key=_key(table.brain_key_variable, environ),
                key_name=table.brain_key_variable or "[local] brain_key_variable",
            )
        case _:
            assert_never(table.brain)


def _mouth(table: LocalSettings, environ: Mapping[str, str]) -> Mouth:
    match table.tts:
        case "espeak":
            return Espeak(voice=table.language or "")
        case "piper":
            file = _needed(table.piper_voice, "tts", "piper", "piper_voice, the .onnx file of a voice")
            return Piper(voice=_path(file))
        case "http":
            return Speech(
                url=_needed(table.tts_url, "tts", "http", "tts_url, the address of a service"),
                model=table.tts_model,
                voice=table.tts_voice,
                key=_key(table.tts_key_variable, environ),
                key_name=table.tts_key_variable or "[local] tts_key_variable",
            )
        case _:
            assert_never(table.tts)


def _needed(value: Path | str | None, kind: str, engine: str, what: str) -> str:
    if not value:
        raise ConfigError(f'[local] {kind} = "{engine}" needs {what}; set it in the settings.')
    return str(value)


def _path(value: str) -> str:
    return str(Path(value).expanduser().absolute())


def _key(variable: str | None, environ: Mapping[str, str]) -> str:
    if not variable:
        return ""
    if not (key := environ.get(variable, "").strip()):
        raise ConfigError(f"[local] names the variable {variable} for a key, and it is not set.")
    return key
