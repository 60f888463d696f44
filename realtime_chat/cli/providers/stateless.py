"""Any OpenAI-compatible chat service: no connection is kept, each answer is a request with the talk so far.

OpenAI, Ollama, vLLM, llama.cpp, LM Studio, litellm, Azure (v1) and Gemini's door of that kind.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from realtime_chat.cli.providers.choice import Asked, Provider, ProviderChoice
from realtime_chat.cli.settings import Settings
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.ports import TransportFactory
from realtime_chat.core.transports.chat.endpoint import OPENAI_BASE_URL
from realtime_chat.core.transports.chat.provider import ChatEndpoint, chat_transport

_OLLAMA = "--url http://127.0.0.1:11434/v1 --model NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """Of a provider: its address and model, unless others are named, and where its key stands."""

    keys: tuple[str, ...]
    url: str | None = None
    url_variable: str = ""
    model: str | None = None


_SERVICES = {
    "openai": _Service(
        keys=("OPENAI_API_KEY",), url=OPENAI_BASE_URL, url_variable="OPENAI_BASE_URL", model="gpt-4o-mini"
    ),
    "azure": _Service(keys=("AZURE_OPENAI_API_KEY",), url_variable="AZURE_OPENAI_ENDPOINT"),
    "gemini": _Service(
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        url="https://generativelanguage.googleapis.com/v1beta/openai",
        model="gemini-2.5-flash",
    ),
}


def _chosen(asked: Asked) -> ProviderChoice:
    service = _SERVICES.get(asked.name)
    if service is None:
        raise InvalidArguments(
            f"Provider {asked.name} has no stateless transport; there are: {', '.join(_SERVICES)}. "
            f"For a server on this machine: {_OLLAMA}."
        )
    flags, table = asked.flags, asked.table
    url = flags.url or asked.environ.get(service.url_variable) or table.url or service.url
    if url is None:
        raise InvalidArguments(f"Provider {asked.name} needs an address: {service.url_variable} or --url.")
    at_home = service.url is not None and urlsplit(url).hostname == urlsplit(service.url).hostname
    model = asked.model or (service.model if at_home else None)
    if model is None:
        raise InvalidArguments("This server needs the name of a model; give one with --model.")
    return ProviderChoice(
        name=asked.name,
        why=asked.why,
        transport="stateless",
        url=_azure(url) if asked.name == "azure" else url,
        model=model,
        api_key=asked.key(*service.keys),
    )


def _azure(url: str) -> str:
    """A bare resource's address → its v1 door, which takes the key as all others do."""
    parts = urlsplit(url)
    return url if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}/openai/v1"


@asynccontextmanager
async def _ways(
    choice: ProviderChoice, settings: Settings, correlation_id: str
) -> AsyncGenerator[TransportFactory]:
    secret = choice.api_key
    endpoint = ChatEndpoint(
        model=choice.model,
        base_url=choice.url or OPENAI_BASE_URL,
        api_key=lambda: secret.reveal() if secret else None,
        key_name=_SERVICES[choice.name].keys[0],
        correlation_id=correlation_id,
    )
    yield lambda: chat_transport(endpoint, connect_timeout_s=settings.limits.connect_s)


PROVIDER = Provider(_chosen, _ways)
