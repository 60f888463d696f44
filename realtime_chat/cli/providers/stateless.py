"""Any OpenAI-compatible chat service: no connection is kept, each answer is a request with the talk so far.

A spoken talk with one goes through the embedded server, which hears and speaks for the model.

OpenAI, Ollama, vLLM, llama.cpp, LM Studio, litellm, Azure (v1) and Gemini's door of that kind.
"""

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from realtime_chat.cli.ollama import ollama_url
from realtime_chat.cli.providers.choice import Asked, Provider, ProviderChoice
from realtime_chat.cli.providers.embedded import embedded
from realtime_chat.cli.settings import Settings
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.ports import TransportFactory
from realtime_chat.core.transports.addresses import host_of
from realtime_chat.core.transports.chat.endpoint import OPENAI_BASE_URL
from realtime_chat.core.transports.chat.provider import ChatEndpoint, chat_transport
from realtime_chat.core.transports.openai.azure import KEY_NAME, TOKEN_NAME, azure_base

_OLLAMA = "--url http://127.0.0.1:11434/v1 --model NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """Of a provider: its address and model, unless others are named, and where its key stands."""

    keys: tuple[str, ...]
    url: str | None = None
    find: Callable[[Mapping[str, str]], str] | None = None
    url_variable: str = ""
    model: str | None = None


_SERVICES = {
    "openai": _Service(
        keys=("OPENAI_API_KEY",), url=OPENAI_BASE_URL, url_variable="OPENAI_BASE_URL", model="gpt-4o-mini"
    ),
    "azure": _Service(keys=(KEY_NAME, TOKEN_NAME), url_variable="AZURE_OPENAI_ENDPOINT"),
    "gemini": _Service(
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        url="https://generativelanguage.googleapis.com/v1beta/openai",
        model="gemini-2.5-flash",
    ),
    "ollama": _Service(keys=("OLLAMA_API_KEY",), find=ollama_url),
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
    if url is None and service.find is not None:
        url = service.find(asked.environ)
    if url is None:
        raise InvalidArguments(f"Provider {asked.name} needs an address: {service.url_variable} or --url.")
    at_home = service.url is not None and host_of(url) == host_of(service.url)
    model = asked.model or (service.model if at_home else None)
    if model is None:
        raise InvalidArguments("This server needs the name of a model; give one with --model.")
    return ProviderChoice(
        name=asked.name,
        why=asked.why,
        transport="stateless",
        url=azure_base(url) if asked.name == "azure" else url,
        model=model,
        voice=flags.voice or table.voice,
        transcription_model=model if flags.mode == "voice" else None,
        api_key=asked.key(*service.keys),
        spoken=flags.mode == "voice",
    )


@asynccontextmanager
async def _ways(
    choice: ProviderChoice, settings: Settings, correlation_id: str
) -> AsyncGenerator[TransportFactory]:
    endpoint = ChatEndpoint(
        model=choice.model,
        base_url=choice.url or OPENAI_BASE_URL,
        api_key=choice.key,
        key_name=choice.key_name(_SERVICES[choice.name].keys[0]),
        correlation_id=correlation_id,
    )
    chat_transport(endpoint)  # what cannot be is told before anything begins
    if not choice.spoken:
        yield lambda: chat_transport(endpoint, connect_timeout_s=settings.limits.connect_s)
        return
    async with _spoken(endpoint, choice, settings) as ways:
        yield ways


@asynccontextmanager
async def _spoken(
    endpoint: ChatEndpoint, choice: ProviderChoice, settings: Settings
) -> AsyncGenerator[TransportFactory]:
    """The embedded server around the model, with the ear and the voice of the settings."""
    from realtime_chat.cli.local_engines import engine_settings
    from realtime_chat.local.engines.settings import Chat

    brain = Chat(
        url=endpoint.base_url,
        model=endpoint.model,
        key=(endpoint.api_key() or "").strip(),
        key_name=endpoint.key_name,
    )
    engines = engine_settings(settings.local, os.environ, brain=brain)
    async with embedded(engines, choice, settings, endpoint.correlation_id) as ways:
        yield ways


PROVIDER = Provider(_chosen, _ways)
