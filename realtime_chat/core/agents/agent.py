"""An entry of the registry."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from realtime_chat.core.agents.profile import Profile, TransportKind
from realtime_chat.core.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A name, a line about it, and what it is on each transport that it can use (J2).

    Raises ConfigError for a profile of another agent, and for a default transport without a profile.
    """

    name: str
    description: str
    default_transport: TransportKind
    profiles: Mapping[TransportKind, Profile] = field(repr=False)

    def __post_init__(self) -> None:
        """Whatever is put together here belongs together (J8)."""
        if self.default_transport not in self.profiles:
            raise ConfigError(
                f"The agent {self.name} has no profile for its own transport, {self.default_transport}; add one."
            )
        for kind, profile in self.profiles.items():
            if profile.agent != self.name:
                raise ConfigError(
                    f"The {kind} profile of the agent {self.name} is that of {profile.agent}; name both the same."
                )
