"""A connection whose key must be seen nowhere but in its one header."""

from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.transports.websocket import WebSocketTransport

CANARY = "sk-canary-0123456789"


def transport_to(url: str, *, timeout_s: float = 5.0, key: str | None = CANARY) -> WebSocketTransport:
    endpoint = OpenAIEndpoint(
        model="m 1", base_url=url, api_key=lambda: key, key_name="OPENAI_API_KEY", correlation_id="corr-1"
    )
    return openai_transport(endpoint, connect_timeout_s=timeout_s)
