"""A service on a network as an engine: connected to when first needed, let go at the end."""

import asyncio

from realtime_chat.core.transports.http import SILENCE_S, HttpClient
from realtime_chat.local.engines.settings import Service

CONNECT_TIMEOUT_S = 10.0


class ServiceEngine:
    """Base of the engines that ask an OpenAI-compatible service. Connections are pooled.

    `silence_s`: a service that says nothing for so long is gone.
    """

    def __init__(self, service: Service, *, silence_s: float = SILENCE_S) -> None:
        key = service.key
        self._url = service.url
        self._client = HttpClient(
            service.url,
            headers=lambda: {"Authorization": f"Bearer {key}"} if key else {},
            key_name=service.key_name,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            silence_s=silence_s,
        )
        self._opening = asyncio.Lock()
        self._open = False

    def warm(self) -> None:
        """Nothing: nobody may be asked before somebody speaks."""

    async def close(self) -> None:
        """See Engine."""
        await self._client.close()

    async def _opened(self) -> HttpClient:
        """Ready to be asked. Raises Unreachable."""
        async with self._opening:
            if not self._open:
                await self._client.open()
                self._open = True
        return self._client
