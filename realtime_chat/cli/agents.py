"""Which agents a run has, and who of them takes part: the one that is talked with, and those beside the talk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import (
    ProviderChoice,
    choose,
    chosen_name,
    configured_transport,
    is_stateless,
    provider,
)
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import AgentSettings
from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.assistant.agent import ASSISTANT
from realtime_chat.core.agents.profile import Profile, RealtimeProfile, StatelessProfile, TransportKind
from realtime_chat.core.agents.registry import Chosen, Registry
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.core.event_parts import Intent
from realtime_chat.core.ports import Clock
from realtime_chat.core.transports.addresses import host_of
from realtime_chat.core.transports.chat.endpoint import OPENAI_BASE_URL
from realtime_chat.tools.modules import ModuleFailed, Purpose, imported

AGENTS = Purpose("agents", "--agents or [agents.NAME] module")
#: Whose models have the names that our agents know by heart.
NAMES_OF = host_of(OPENAI_BASE_URL)


@dataclass(frozen=True, slots=True)
class Known:
    """All agents, where each comes from, the model that the settings mean for it, and a line about each thing that
    could not be had."""

    registry: Registry = field(default_factory=Registry)
    sources: Mapping[str, str] = field(default_factory=dict[str, str])
    hints: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part in a run: the one that is talked with, and those beside the talk. Nothing is opened yet."""

    known: Known
    name: str
    transport: TransportKind
    beside: tuple[str, ...] = ()


def resolved(
    name: str, transport: str, known: Known, flags: Flags, settings: Settings, environ: Mapping[str, str]
) -> tuple[ProviderChoice, Chosen]:
    """The way to a model for an agent, and the agent with its model there.

    Raises InvalidArguments, naming agent and transport (J3).
    """
    _, kind, profile = known.registry.entry(name, transport)
    hint = table_of(settings, name).model
    named = flags.model or hint or environ.get(profile.model_variable or "-")
    only_so = kind == "stateless" and is_stateless(
        chosen_name(flags, settings, environ)
    )  # it knows that itself
    choice = choose(replace(flags, transport=None if only_so else kind, model=named), settings, environ)
    intent: Intent = "transcription" if listens(profile) else "conversation"
    if intent not in provider(choice.name, kind).intents:
        raise InvalidArguments(
            f"The agent {name} needs a connection for {intent} over the {kind} transport, which {choice.name} does "
            "not have; choose another --provider.",
            agent=name,
            transport=kind,
        )
    own = profile.default_model and host_of(choice.url or "") == NAMES_OF
    offered = None if own else choice.model
    chosen = known.registry.choose(
        name, transport=kind, model=flags.model, hint=hint, offered=offered, environ=environ
    )
    voice = flags.voice or table_of(settings, name).voice or choice.voice
    return replace(choice, model=chosen.model, voice=voice, intent=intent), chosen


async def cast(flags: Flags, settings: Settings, environ: Mapping[str, str], *, before: str = "") -> Cast:
    """Who the flags name, or who it was `before`. Raises InvalidArguments, ConfigError, ModuleFailed (J3)."""
    return cast_of(await known_agents(settings, flags.agents or ()), flags, settings, environ, before=before)


def cast_of(
    known: Known, flags: Flags, settings: Settings, environ: Mapping[str, str], *, before: str = ""
) -> Cast:
    """The same, of agents that are known. Raises InvalidArguments."""
    name = flags.agent or before or ASSISTANT.name
    try:
        agent = known.registry.find(name, flags.transport)
        usual = table_of(settings, name).transport or configured_transport(flags, settings, environ)
        wanted = flags.transport or (usual if usual in agent.profiles else None)
        _, kind, _ = known.registry.entry(name, wanted)
        beside = tuple(_side(known.registry, one) for one in _names(flags.beside))
    except InvalidArguments as error:
        if not known.faults:
            raise
        raise InvalidArguments(f"{known.faults[0]} {error.message}", **error.details) from None
    return Cast(known=known, name=name, transport=kind, beside=beside)


def listens(profile: Profile) -> bool:
    """Whether it writes down what is said and answers nothing."""
    return isinstance(profile, RealtimeProfile) and profile.intent == "transcription"


def _names(text: str | None) -> list[str]:
    return list(dict.fromkeys(filter(None, (one.strip() for one in (text or "").split(",")))))


def _side(registry: Registry, name: str) -> str:
    registry.entry(name, "stateless")
    return name


def table_of(settings: Settings, name: str) -> AgentSettings:
    """What the settings say of an agent."""
    return settings.agents.get(name, AgentSettings())


def instructions_for(flags: Flags, settings: Settings, chosen: Chosen, *, same_agent: bool) -> str:
    """What the agent is told; a talk that goes on with its agent keeps what it had ("")."""
    if flags.instructions or same_agent:
        return flags.instructions or ""
    general = settings.instructions if chosen.agent.name == ASSISTANT.name else None
    own = table_of(settings, chosen.agent.name).instructions
    return own or general or chosen.profile.instructions


async def known_agents(settings: Settings, files: Iterable[Path], clock: Clock | None = None) -> Known:
    """The shipped ones, those of the settings, those of `files`; the later counts. Raises ModuleFailed for `files`."""
    clock = clock or SystemClock()
    registry, faults = Registry(), list[str]()
    sources = {one.name: "built-in" for one in registry.agents}
    for name, table in settings.agents.items():
        try:
            agent = await _of_table(name, table, registry, clock)
        except ChatError as error:
            faults.append(error.message)
            continue
        registry = registry.with_agents([agent])
        sources[name] = str(table.module) if table.module is not None else sources.get(name, "settings")
    for file in files:
        agents = await agents_in(file, clock)
        registry = registry.with_agents(agents)
        sources |= {one.name: str(file) for one in agents}
    hints = {name: table.model for name, table in settings.agents.items()}
    return Known(registry, sources, hints, tuple(faults))


async def agents_in(file: Path, clock: Clock) -> Sequence[Agent]:
    """The agents that a file of the user's own defines or imports. Raises ModuleFailed."""
    module = await imported(file, clock, AGENTS)
    found = [value for value in vars(module).values() if isinstance(value, Agent)]
    if not found:
        raise ModuleFailed(f"{file.name} has no agents; it needs an Agent(…) at its top.")
    return list({one.name: one for one in found}.values())


async def _of_table(name: str, table: AgentSettings, registry: Registry, clock: Clock) -> Agent:
    """What there is of that name, or else the assistant, with the table's wishes. Raises ChatError."""
    base = next((one for one in registry.agents if one.name == name), ASSISTANT)
    if table.module is not None:
        base = next((one for one in await agents_in(table.module, clock) if one.name == name), None)
        if base is None:
            raise ModuleFailed(f"{table.module.name} has no agent {name}; correct [agents.{name}] module.")
    described = base.description if base.name == name else f"{name}, an agent of yours."
    return Agent(
        name=name,
        description=table.description or described,
        default_transport=table.transport or base.default_transport,
        profiles={kind: _with(profile, name, table) for kind, profile in base.profiles.items()},
    )


def _with(profile: Profile, name: str, table: AgentSettings) -> Profile:
    if table.instructions and isinstance(profile, StatelessProfile):
        profile = replace(profile, beside=table.instructions)
    return replace(
        profile,
        agent=name,
        instructions=table.instructions or profile.instructions,
        tools=profile.tools if table.tools is None else tuple(table.tools),
    )
