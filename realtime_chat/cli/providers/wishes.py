"""What the user wants of a provider's session beyond address, key and model; what nobody asked for is not said."""

from typing import Any

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import ProviderChoice
from realtime_chat.cli.settings_tables import ProviderSettings


def wishes(flags: Flags, table: ProviderSettings, choice: ProviderChoice) -> dict[str, Any]:
    """Session options by name, for `SessionOptions.overridden`; flags before the provider's table."""
    wished = {
        "voice": choice.voice,
        "speed": table.speed if flags.speed is None else flags.speed,
        "transcription": _transcription(choice.transcription_model, flags.language or table.language),
        "noise_reduction": _noise_reduction(table.noise_reduction),
        "reasoning_effort": flags.reasoning or table.reasoning_effort,
        "max_output_tokens": table.max_output_tokens,
        "truncation": table.truncation,
        "extras": table.extras,
    }
    return {name: value for name, value in wished.items() if value is not None}


def _transcription(model: str | None, language: str | None) -> dict[str, str] | None:
    if not model:
        return None
    return {"model": model, "language": language} if language else {"model": model}


def _noise_reduction(kind: str | None) -> dict[str, str] | bool | None:
    match kind:
        case None:
            return None
        case "off":
            return False
        case _:
            return {"type": kind}
