"""Connections to Gemini Live: the dialect over a WebSocket, with the key in a header and never in an address."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

from realtime_chat.core.errors import ConfigError
from realtime_chat.core.ports import Capabilities, RawTap, TransportFactory
from realtime_chat.core.transports.addresses import is_loopback
from realtime_chat.core.transports.api_key import key_of
from realtime_chat.core.transports.dialects import DialectTransport, Frames
from realtime_chat.core.transports.gemini.dialect import GeminiDialect
from realtime_chat.core.transports.gemini.endpoint import GEMINI_BASE_URL, live_url
from realtime_chat.core.transports.gemini.resumption import Resumption
from realtime_chat.core.transports.gemini.speaking import Downsampler
from realtime_chat.core.transports.websocket import WebSocketLine

#: Hz, as the service hears.
INPUT_RATE = 16_000
#: It says itself when it wants to end a connection, which is after ten minutes.
CAPABILITIES = Capabilities(
    live_instructions=False,
    live_tools=False,
    judged_speech=False,
    max_session_s=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeminiEndpoint:
    """A live service and who we are there.

    `api_key` is called whenever a connection is made and its answer kept nowhere; `key_name` is where the user would
    set it, and `key_names` where that can be. `downsampler` makes a new one for each connection.
    """

    model: str
    downsampler: Callable[[], Downsampler]
    base_url: str = GEMINI_BASE_URL
    api_key: Callable[[], str | None] = field(default=lambda: None, repr=False)
    key_name: str = "GEMINI_API_KEY"
    key_names: str = "GEMINI_API_KEY or GOOGLE_API_KEY"


def gemini_transports(
    endpoint: GeminiEndpoint, *, tap: RawTap | None = None, connect_timeout_s: float = 10.0
) -> TransportFactory:
    """Transports for the connections of one session, in turn: each may go on where the one before it was.

    The factory opens nothing. It raises InvalidArguments for a URL that cannot serve, and ConfigError (kind
    missing_api_key) when the service is not on this machine and there is no key: both before any socket.
    """
    resumption = Resumption()

    def transport() -> DialectTransport:
        url = live_url(endpoint.base_url)
        if not is_loopback(urlsplit(url).hostname or "") and not key_of(endpoint):
            raise ConfigError(f"Gemini needs an API key. Set {endpoint.key_names}.", kind="missing_api_key")
        line = WebSocketLine(
            url,
            codec=Frames(),
            headers=lambda: _headers(endpoint),
            tap=tap,
            connect_timeout_s=connect_timeout_s,
            key_name=endpoint.key_name,
        )
        dialect = GeminiDialect(
            endpoint.model,
            endpoint.downsampler(),
            name=f"g{uuid4().hex[:8]}",
            resumption=resumption,
            key_name=endpoint.key_name,
        )
        return DialectTransport(line, dialect, capabilities=CAPABILITIES)

    return transport


def _headers(endpoint: GeminiEndpoint) -> dict[str, str]:
    key = key_of(endpoint)
    return {"x-goog-api-key": key} if key else {}
