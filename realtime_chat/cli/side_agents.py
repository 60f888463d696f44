"""The agents beside a talk (`--with`): each with a model over request and response, which the talk need not have."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from uuid import uuid4

from realtime_chat.cli.agents import Cast, resolved
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import (
    chosen_name,
    configured_transport,
    is_stateless,
    keyed,
    provider,
)
from realtime_chat.cli.settings import Settings
from realtime_chat.core.agents.asking import Asking
from realtime_chat.core.agents.profile import StatelessProfile
from realtime_chat.core.agents.stateless import StatelessAgent, StatelessConfig
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import InvalidArguments

NO_MODEL = (
    "The agents beside a talk need a model of their own: set OPENAI_API_KEY, or name one of your Ollama's, "
    "[provider.ollama] model, in the settings."
)


@asynccontextmanager
async def side_agents(
    flags: Flags, settings: Settings, found: Cast, environ: Mapping[str, str]
) -> AsyncGenerator[list[StatelessAgent]]:
    """Those that were asked for; nothing is asked of a model yet. Raises InvalidArguments where there is none."""
    async with AsyncExitStack() as ways:
        agents: list[StatelessAgent] = []
        for name in found.beside:
            theirs = _service(flags, settings, environ, stateless=found.transport == "stateless")
            choice, chosen = resolved(name, "stateless", found.known, theirs, settings, environ)
            transport = await ways.enter_async_context(
                provider(choice.name, "stateless").ways(choice, settings, uuid4().hex)
            )
            assert isinstance(chosen.profile, StatelessProfile)
            config = StatelessConfig(agent=name, model=chosen.model)
            agents.append(
                StatelessAgent(config, chosen.profile, inference=Asking(transport), clock=SystemClock())
            )
        yield agents


def _service(flags: Flags, settings: Settings, environ: Mapping[str, str], *, stateless: bool) -> Flags:
    """The flags as they would be given for such a model: that of the talk where it is of the kind, or else of whom the
    settings or a key name. Raises InvalidArguments.
    """
    if stateless:
        own = flags.url or is_stateless(chosen_name(flags, settings, environ))  # it may have one model only
        return replace(flags, mode="text", model=flags.model if own else None)
    name = _named(flags, settings, environ)
    if name is None:
        raise InvalidArguments(NO_MODEL)
    return replace(flags, mode="text", provider=name, url=None, model=None, voice=None)


def _named(flags: Flags, settings: Settings, environ: Mapping[str, str]) -> str | None:
    if configured_transport(flags, settings, environ) == "stateless":
        return chosen_name(flags, settings, environ)
    tables = settings.provider.items()
    by_table = [name for name, table in tables if table.transport == "stateless" or is_stateless(name)]
    kept = [name for name, table in tables if table.api_key is not None]
    return next(iter([*by_table, *keyed(environ), *kept]), None)
