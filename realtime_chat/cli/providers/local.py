"""The embedded server: no key, no network, started for this run."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from realtime_chat.cli.providers.choice import Asked, Provider, ProviderChoice
from realtime_chat.cli.settings import Settings
from realtime_chat.core.ports import Transport, TransportFactory
from realtime_chat.core.transports.late import LateTransport
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport

MODEL = "local-commands"


def _chosen(asked: Asked) -> ProviderChoice:
    return ProviderChoice(
        name="local",
        why=asked.why,
        model=asked.model or MODEL,
        voice=asked.flags.voice or asked.table.voice,
        transcription_model=MODEL,
    )


@asynccontextmanager
async def _ways(
    choice: ProviderChoice, settings: Settings, correlation_id: str
) -> AsyncGenerator[TransportFactory]:
    from realtime_chat.local.child import EmbeddedServer

    server = EmbeddedServer()

    async def there() -> Transport:
        found = await server.start()  # the same one, or another when it has died
        endpoint = OpenAIEndpoint(
            model=choice.model,
            base_url=found.url,
            api_key=lambda: found.token,
            correlation_id=correlation_id,
        )
        return openai_transport(endpoint, connect_timeout_s=settings.limits.connect_s)

    try:
        await server.start()  # what can go wrong is told before a session begins
        yield lambda: LateTransport(there)
    finally:
        await server.stop()


PROVIDER = Provider(_chosen, _ways)
