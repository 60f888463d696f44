"""The way to an OpenAI-compatible chat service, put together: address, key, headers, requests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from realtime_chat.core.errors import ConfigError, InvalidArguments
from realtime_chat.core.ports import RawTap
from realtime_chat.core.transports.addresses import is_loopback
from realtime_chat.core.transports.api_key import key_of
from realtime_chat.core.transports.chat.endpoint import OPENAI_BASE_URL, chat_addresses
from realtime_chat.core.transports.chat.transport import ChatTransport
from realtime_chat.core.transports.http import HttpClient


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEndpoint:
    """A chat service and who we are there.

    `api_key` is called for each request and its answer kept nowhere; `key_name` is where the user would set it (for
    advice). `correlation_id` goes out as X-Correlation-Id (M27). `headers` come last.
    """

    model: str
    base_url: str = OPENAI_BASE_URL
    api_key: Callable[[], str | None] = field(default=lambda: None, repr=False)
    key_name: str = "OPENAI_API_KEY"
    correlation_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


def chat_transport(
    endpoint: ChatEndpoint, *, tap: RawTap | None = None, connect_timeout_s: float = 10.0
) -> ChatTransport:
    """A transport for the next connection; opens nothing.

    Raises InvalidArguments for a URL that cannot serve and for a missing model, and ConfigError (kind
    missing_api_key) when the service is not on this machine and there is no key (M30): all before any request.
    """
    addresses = chat_addresses(endpoint.base_url)
    if not endpoint.model:
        raise InvalidArguments("This server needs the name of a model; give one with --model.")
    if not is_loopback(addresses.host) and not key_of(endpoint):
        advice = f"Set {endpoint.key_name}, or use a server on this machine."
        raise ConfigError(f"This service needs an API key. {advice}", kind="missing_api_key")
    http = HttpClient(
        addresses.completions,
        headers=lambda: _headers(endpoint),
        key_name=endpoint.key_name,
        connect_timeout_s=connect_timeout_s,
        tap=tap,
    )
    return ChatTransport(http, addresses, model=endpoint.model)


def _headers(endpoint: ChatEndpoint) -> dict[str, str]:
    key = key_of(endpoint)
    authorization = {"Authorization": f"Bearer {key}"} if key else {}
    correlation = {"X-Correlation-Id": endpoint.correlation_id} if endpoint.correlation_id else {}
    return {**authorization, **correlation, **endpoint.headers}
