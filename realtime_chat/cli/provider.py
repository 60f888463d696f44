"""Which model answers, and why that one: the choice is always told."""

from collections.abc import Mapping
from dataclasses import dataclass

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.settings import ProviderSettings, Settings
from realtime_chat.core.errors import InvalidArguments

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_MODEL = "gpt-realtime-2.1"
OPENAI_VOICE = "marin"
OPENAI_TRANSCRIPTION = "gpt-realtime-whisper"
LOCAL_MODEL = "local-commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderChoice:
    """`url` None: the embedded server, started for this run. `api_key` never shows in a repr."""

    name: str
    why: str
    model: str
    url: str | None = None
    voice: str | None = None
    transcription_model: str | None = None
    api_key: "Secret | None" = None


class Secret:
    """A key that does not show itself; `reveal` is for the one header that needs it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The key."""
        return self._value


def choose(flags: Flags, settings: Settings, environ: Mapping[str, str]) -> ProviderChoice:
    """The provider in force. Raises InvalidArguments for one we do not know."""
    name, why = _name(flags, settings, environ)
    table = settings.provider.get(name, ProviderSettings())
    match name:
        case "local":
            return ProviderChoice(
                name="local",
                why=why,
                model=flags.model or table.model or LOCAL_MODEL,
                voice=flags.voice or table.voice,
                transcription_model=LOCAL_MODEL,
            )
        case "openai":
            return _openai(flags, table, environ, why)
        case "azure" | "gemini":
            raise InvalidArguments(
                f"The provider {name} is not built in yet; use openai (with --url for any compatible server) or local."
            )
        case _:
            raise InvalidArguments("Unknown provider; there are: openai, local.")


def _name(flags: Flags, settings: Settings, environ: Mapping[str, str]) -> tuple[str, str]:
    if flags.provider:
        return flags.provider, "named by --provider"
    if flags.url:
        return "openai", "an address was given by --url"
    if settings.default_provider:
        return settings.default_provider, "default_provider in the settings"
    if environ.get("OPENAI_API_KEY"):
        return "openai", "OPENAI_API_KEY is set"
    return "local", "no key and no server are configured"


def _openai(flags: Flags, table: ProviderSettings, environ: Mapping[str, str], why: str) -> ProviderChoice:
    in_table = table.api_key.get_secret_value() if table.api_key else None
    key = environ.get("OPENAI_API_KEY") or in_table
    transcription = table.transcription_model
    return ProviderChoice(
        name="openai",
        why=why,
        url=flags.url or environ.get("OPENAI_BASE_URL") or table.url or OPENAI_URL,
        model=flags.model or table.model or OPENAI_MODEL,
        voice=flags.voice or table.voice or OPENAI_VOICE,
        transcription_model=OPENAI_TRANSCRIPTION if transcription is None else transcription,
        api_key=Secret(key) if key else None,
    )
