"""The agents by name, and what becomes of a wish for one: transport, profile, model; or a refusal, before anything is
opened (J2, J3). To add one: a folder beside this file, and its line in SHIPPED.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.assistant.agent import ASSISTANT
from realtime_chat.core.agents.cards.agent import CARDS
from realtime_chat.core.agents.facts.agent import FACTS
from realtime_chat.core.agents.profile import TRANSPORTS, Profile, TransportKind
from realtime_chat.core.agents.transcript.agent import TRANSCRIPT
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.printable import one_line

SHIPPED: tuple[Agent, ...] = (ASSISTANT, CARDS, TRANSCRIPT, FACTS)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An agent on a transport, with a model."""

    agent: Agent
    transport: TransportKind
    profile: Profile
    model: str


class Registry:
    """Immutable; of two agents of one name the later counts."""

    def __init__(self, agents: Iterable[Agent] = SHIPPED) -> None:
        self._agents = {one.name: one for one in agents}

    @property
    def agents(self) -> tuple[Agent, ...]:
        """In the order in which they were given."""
        return tuple(self._agents.values())

    def with_agents(self, more: Iterable[Agent]) -> "Registry":
        """These, too; they replace those of the same name."""
        return Registry([*self.agents, *more])

    def find(self, name: str, transport: str | None = None) -> Agent:
        """Raises InvalidArguments with all there are, and the nearest."""
        found = self._agents.get(name)
        if found is not None:
            return found
        near = get_close_matches(name, self._agents, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise InvalidArguments(
            f"There is no agent {one_line(name, 60)!r} (transport: {transport or 'its own'}); "
            f"there are: {', '.join(self._agents)}.{meant}",
            agent=one_line(name, 60),
            transport=transport,
        )

    def entry(self, name: str, transport: str | None = None) -> tuple[Agent, TransportKind, Profile]:
        """The agent, and what it is over this transport (None: its own). Raises InvalidArguments."""
        agent = self.find(name, transport)
        kind = _kind(agent, transport)
        return agent, kind, agent.profiles[kind]

    def choose(
        self,
        name: str,
        *,
        transport: str | None = None,
        model: str | None = None,
        hint: str | None = None,
        offered: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Chosen:
        """One entry for whoever wants an agent (J1). `transport` None: the agent's own.

        `model` was named by the user, `hint` by the settings; `offered` is what the provider answers with where nothing
        else is said, which counts instead of the profile's default. Raises InvalidArguments, each naming agent and
        transport: no such agent, not over this transport, no model (J3).
        """
        agent, kind, profile = self.entry(name, transport)
        environ = os.environ if environ is None else environ
        found = model_of(profile, explicit=model, hint=hint, environ=environ, default=offered)
        if not found:
            cure = f", or set {profile.model_variable}" if profile.model_variable else ""
            raise InvalidArguments(
                f"The agent {name} has no model over the {kind} transport; give one with --model{cure}.",
                agent=name,
                transport=kind,
            )
        return Chosen(agent, kind, profile, found)


def model_of(
    profile: Profile,
    *,
    explicit: str | None = None,
    hint: str | None = None,
    environ: Mapping[str, str],
    default: str | None = None,
) -> str:
    """What the user named; else what the profile makes of the hint, if it has a way to; else the hint, the profile's
    variable as it is set now, the default (J4, J5). "" when there is none.
    """
    if explicit:
        return explicit
    if profile.resolve_model is not None:
        return profile.resolve_model(hint) or ""
    variable = environ.get(profile.model_variable) if profile.model_variable else None
    return hint or variable or default or profile.default_model


def _kind(agent: Agent, transport: str | None) -> TransportKind:
    wanted = transport or agent.default_transport
    for kind in TRANSPORTS:
        if kind == wanted and kind in agent.profiles:
            return kind
    raise InvalidArguments(
        f"The agent {agent.name} cannot be had over the {one_line(wanted, 40)} transport; "
        f"it has: {', '.join(agent.profiles)}.",
        agent=agent.name,
        transport=one_line(wanted, 40),
    )
