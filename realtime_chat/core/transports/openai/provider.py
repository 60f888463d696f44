"""The way to an OpenAI-compatible realtime service, put together: address, key, headers, dialect, socket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from realtime_chat.core.errors import ConfigError
from realtime_chat.core.event_parts import Intent
from realtime_chat.core.ports import Capabilities, RawTap
from realtime_chat.core.transports.addresses import is_loopback
from realtime_chat.core.transports.api_key import key_of
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.core.transports.openai.endpoint import OPENAI_BASE_URL, realtime_url
from realtime_chat.core.transports.websocket import WebSocketTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIEndpoint:
    """A realtime service and who we are there.

    `api_key` is called whenever a connection is made and its answer kept nowhere; `key_name` is where the
    user would set it (for advice), `key_header` the header that carries it bare; None: Authorization, as a bearer.
    `correlation_id` goes out as X-Correlation-Id (M27). `headers` come last.
    """

    model: str
    base_url: str = OPENAI_BASE_URL
    api_key: Callable[[], str | None] = field(default=lambda: None, repr=False)
    key_name: str = "OPENAI_API_KEY"
    key_header: str | None = None
    correlation_id: str = ""
    intent: Intent = "conversation"
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    capabilities: Capabilities = field(default_factory=Capabilities)


def openai_transport(
    endpoint: OpenAIEndpoint, *, tap: RawTap | None = None, connect_timeout_s: float = 10.0
) -> WebSocketTransport:
    """A transport for the next connection; opens nothing.

    Raises InvalidArguments for a URL that cannot serve, and ConfigError (kind missing_api_key) when the
    service is not on this machine and there is no key (M30): both before any socket.
    """
    url = realtime_url(endpoint.base_url, endpoint.model, endpoint.intent)
    if not is_loopback(urlsplit(url).hostname or "") and not key_of(endpoint):
        advice = f"Set {endpoint.key_name}, or use a server on this machine."
        raise ConfigError(f"This service needs an API key. {advice}", kind="missing_api_key")
    return WebSocketTransport(
        url,
        codec=OpenAICodec(),
        headers=lambda: _headers(endpoint),
        capabilities=endpoint.capabilities,
        tap=tap,
        connect_timeout_s=connect_timeout_s,
        key_name=endpoint.key_name,
    )


def _headers(endpoint: OpenAIEndpoint) -> dict[str, str]:
    """No OpenAI-Beta among them: the service closes on it (docs/protocol.md)."""
    key = key_of(endpoint)
    header, word = (
        ("Authorization", f"Bearer {key}") if endpoint.key_header is None else (endpoint.key_header, key)
    )
    authorization = {header: word} if key else {}
    correlation = {"X-Correlation-Id": endpoint.correlation_id} if endpoint.correlation_id else {}
    return {**authorization, **correlation, **endpoint.headers}
