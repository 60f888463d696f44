"""Ollama, where it usually is: chat completions typed, and the embedded server's ear and voice around it spoken."""

from dataclasses import replace

from realtime_chat.cli.providers import stateless
from realtime_chat.cli.providers.choice import Asked, Provider, ProviderChoice
from realtime_chat.core.errors import InvalidArguments


def _chosen(asked: Asked) -> ProviderChoice:
    """It has no other transport; and it has many models or none, so one must be named."""
    if asked.flags.transport == "realtime":
        raise InvalidArguments("Ollama has no realtime transport; leave out --transport.")
    if not asked.model:
        raise InvalidArguments("Name the model of Ollama that answers: -m NAME; `ollama list` shows yours.")
    table = asked.table.model_copy(update={"transport": "stateless"})
    return stateless.PROVIDER.chosen(replace(asked, transport="stateless", table=table))


PROVIDER = Provider(_chosen, stateless.PROVIDER.ways, stateless_only=True)
