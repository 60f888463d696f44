"""Whether Ollama runs here, which the built-in brain's user may not know of. It is told, never chosen."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from realtime_chat.cli.checks.finding import Finding, Verdict
from realtime_chat.cli.flags import Flags
from realtime_chat.core.errors import ChatError

if TYPE_CHECKING:
    from realtime_chat.cli.settings import Settings


async def ollama_findings(flags: Flags, settings: "Settings") -> list[Finding]:
    """One, when the embedded server answers and Ollama would; it is asked for its list of models, for a moment."""
    from realtime_chat.cli.ollama import ollama_models
    from realtime_chat.cli.providers.choice import choose

    try:
        choice = choose(flags, settings, os.environ)
    except ChatError:
        return []  # the server's check tells it
    if choice.name != "local":
        return []
    models = await ollama_models(os.environ)
    return [] if models is None else list(_told(models))


def _told(models: list[str]) -> Iterator[Finding]:
    if models:
        cure = f"to talk with its models: --provider ollama -m {models[0]}"
        yield Finding("ollama", Verdict.OK, "Ollama runs here", cure, {"models": len(models)})
    else:
        yield Finding("ollama", Verdict.OK, "Ollama runs here, without a model", "`ollama pull` brings one")
