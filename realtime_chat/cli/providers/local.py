"""The embedded server with the engines of the settings: by default no key, no network."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from realtime_chat.cli.providers.choice import Asked, Provider, ProviderChoice
from realtime_chat.cli.providers.embedded import embedded
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import LocalSettings
from realtime_chat.core.ports import TransportFactory
from realtime_chat.core.transports.addresses import is_here

if TYPE_CHECKING:
    from realtime_chat.local.engines.settings import EngineSettings

MODEL = "local-commands"


def _chosen(asked: Asked) -> ProviderChoice:
    local = asked.settings.local
    of_brain = local.brain_model if local.brain == "chat" else None
    return ProviderChoice(
        name="local",
        why=asked.why,
        url=_elsewhere(local),
        model=asked.model or of_brain or MODEL,
        voice=asked.flags.voice or asked.table.voice,
        transcription_model=MODEL,
    )


def _elsewhere(local: LocalSettings) -> str | None:
    """Of the services that it uses, the first that is not on this machine: what one says goes there."""
    used = (
        local.brain_url if local.brain == "chat" else None,
        local.stt_url if local.stt == "http" else None,
        local.tts_url if local.tts == "http" else None,
    )
    return next((url for url in used if url and not is_here(url)), None)


def engines(choice: ProviderChoice, settings: Settings) -> "EngineSettings":
    """Those of the settings, with the model that was chosen. Raises ConfigError for one that lacks what it needs."""
    from realtime_chat.cli.local_engines import engine_settings

    model = None if choice.model == MODEL else choice.model
    return engine_settings(settings.local, os.environ, model=model)


@asynccontextmanager
async def _ways(
    choice: ProviderChoice, settings: Settings, correlation_id: str
) -> AsyncGenerator[TransportFactory]:
    async with embedded(engines(choice, settings), choice, settings, correlation_id) as ways:
        yield ways


PROVIDER = Provider(_chosen, _ways, intents=frozenset({"conversation", "transcription"}))
