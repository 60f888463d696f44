"""Google's Gemini Live."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from realtime_chat.cli.providers.choice import Asked, Provider, ProviderChoice
from realtime_chat.cli.settings import Settings
from realtime_chat.core.pcm import RATE
from realtime_chat.core.ports import TransportFactory
from realtime_chat.core.transports.gemini.endpoint import GEMINI_BASE_URL
from realtime_chat.core.transports.gemini.provider import INPUT_RATE, GeminiEndpoint, gemini_transports
from realtime_chat.core.transports.gemini.speaking import Downsampler

MODEL = "gemini-3.8-live"
VOICE = "Puck"
#: The first that is set counts.
KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")


def _chosen(asked: Asked) -> ProviderChoice:
    """It writes down what is said by itself, whatever model is named for that; "" switches it off."""
    flags, table = asked.flags, asked.table
    model = asked.model or MODEL
    return ProviderChoice(
        name="gemini",
        why=asked.why,
        url=flags.url or table.url or GEMINI_BASE_URL,
        model=model,
        voice=flags.voice or table.voice or VOICE,
        transcription_model=None if table.transcription_model == "" else model,
        api_key=asked.key(*KEYS),
    )


@asynccontextmanager
async def _ways(
    choice: ProviderChoice, settings: Settings, correlation_id: str
) -> AsyncGenerator[TransportFactory]:
    endpoint = GeminiEndpoint(
        model=choice.model,
        downsampler=_downsampler,
        base_url=choice.url or GEMINI_BASE_URL,
        api_key=choice.key,
        key_name=choice.key_name(KEYS[0]),
    )
    yield gemini_transports(endpoint, connect_timeout_s=settings.limits.connect_s)


def _downsampler() -> Downsampler:
    from realtime_chat.audio.resample import Resampler

    return Resampler(RATE, INPUT_RATE)


PROVIDER = Provider(_chosen, _ways)
