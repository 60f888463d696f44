"""The embedded server as a way to a model: started for this run, whatever its engines are."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from realtime_chat.cli.providers.choice import ProviderChoice
from realtime_chat.cli.settings import Settings
from realtime_chat.core.ports import Capabilities, Transport, TransportFactory
from realtime_chat.core.transports.late import LateTransport
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport

if TYPE_CHECKING:
    from realtime_chat.local.engines.settings import EngineSettings

#: Its engines are told words, whatever they are; none of them is shown a picture.
ABLE = Capabilities(image_input=False)


@asynccontextmanager
async def embedded(
    engines: "EngineSettings", choice: ProviderChoice, settings: Settings, correlation_id: str
) -> AsyncGenerator[TransportFactory]:
    """For as long as the run lasts. Raises ConfigError for an engine that is not there, Unreachable."""
    from realtime_chat.local.child import EmbeddedServer
    from realtime_chat.local.engines.installed import check

    check(engines)
    server = EmbeddedServer(engines)

    async def there() -> Transport:
        found = await server.start()  # the same one, or another when it has died
        endpoint = OpenAIEndpoint(
            model=choice.model,
            base_url=found.url,
            api_key=lambda: found.token,
            correlation_id=correlation_id,
            capabilities=ABLE,
            intent=choice.intent,
        )
        return openai_transport(endpoint, connect_timeout_s=settings.limits.connect_s)

    try:
        await server.start()  # what can go wrong is told before a session begins
        yield lambda: LateTransport(there)
    finally:
        await server.stop()
