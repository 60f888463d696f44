"""OpenAI Realtime, and any server that speaks it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from realtime_chat.cli.providers.choice import Asked, Provider, ProviderChoice
from realtime_chat.cli.settings import Settings
from realtime_chat.core.ports import Capabilities, TransportFactory
from realtime_chat.core.transports.addresses import host_of
from realtime_chat.core.transports.openai.endpoint import OPENAI_BASE_URL
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport

MODEL = "gpt-realtime-2.1"
VOICE = "marin"
KEY_NAME = "OPENAI_API_KEY"
#: Of other servers nobody knows whether they answer beside the talk.
OPENAI_HOST = host_of(OPENAI_BASE_URL)
TRANSCRIPTION = "gpt-realtime-whisper"


def _chosen(asked: Asked) -> ProviderChoice:
    flags, table, environ = asked.flags, asked.table, asked.environ
    transcription = table.transcription_model
    return ProviderChoice(
        name="openai",
        why=asked.why,
        url=flags.url or environ.get("OPENAI_BASE_URL") or table.url or OPENAI_BASE_URL,
        model=asked.model or MODEL,
        voice=flags.voice or table.voice or VOICE,
        transcription_model=TRANSCRIPTION if transcription is None else transcription,
        api_key=asked.key(KEY_NAME),
    )


@asynccontextmanager
async def _ways(
    choice: ProviderChoice, settings: Settings, correlation_id: str
) -> AsyncGenerator[TransportFactory]:
    endpoint = OpenAIEndpoint(
        model=choice.model,
        base_url=choice.url or OPENAI_BASE_URL,
        api_key=choice.key,
        key_name=choice.key_name(KEY_NAME),
        correlation_id=correlation_id,
        capabilities=Capabilities(out_of_band=host_of(choice.url or "") == OPENAI_HOST),
        intent=choice.intent,
    )
    yield lambda: openai_transport(endpoint, connect_timeout_s=settings.limits.connect_s)


PROVIDER = Provider(_chosen, _ways, intents=frozenset({"conversation", "transcription"}))
