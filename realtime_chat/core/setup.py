"""What one session is made of; composed by whoever starts it."""

from dataclasses import dataclass, field

from realtime_chat.core.agents.profile import Profile
from realtime_chat.core.budget import Budget
from realtime_chat.core.callbacks import Callbacks
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import Mode
from realtime_chat.core.options import ServerVad, SessionOptions, TurnDetection
from realtime_chat.core.ports import (
    Asker,
    AudioSink,
    AudioSource,
    Recording,
    SoundCard,
    SpeechGate,
    Toolbox,
    TransportFactory,
    VoiceEar,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSetup:
    """`transport` opens nothing by itself; `sink` and `source` are closed by the session at its end.

    Times are seconds, `volume` is percent. `options.modalities` follows `mode`; tools come from the toolbox;
    `hands_free` is the detector that a switch to hands-free asks for; `gate` keeps what is no speech from being sent
    then. `ear` is asked where a backchannel is tolerated; without one, a voice over an answer counts as going on until
    the provider tells its end. Calls that need a human's word go to `asker`, or to whoever answers the session's
    ApprovalRequested when it is `attended`; else they are denied. A spent `budget` ends the session. `profile` is the
    agent's for this transport; None: an agent that is a name and nothing else.
    """

    transport: TransportFactory
    options: SessionOptions
    agent: str = "assistant"
    profile: Profile | None = None
    provider: str = ""
    model: str = ""
    mode: Mode = "text"
    toolbox: Toolbox | None = None
    asker: Asker | None = None
    attended: bool = False
    sink: AudioSink | None = None
    source: AudioSource | None = None
    card: SoundCard | None = None
    recording: Recording | None = None
    gate: SpeechGate | None = None
    ear: VoiceEar | None = None
    volume: int = 100
    hands_free: TurnDetection = field(default_factory=ServerVad)
    connect_timeout_s: float = 10.0
    budget: Budget | None = None
    callbacks: Callbacks = field(default_factory=Callbacks)

    def check(self) -> None:
        """Raises InvalidArguments where the parts do not belong together (J8)."""
        if self.profile is not None and self.profile.agent != self.agent:
            raise InvalidArguments(
                f"This session is for the agent {self.agent}, but its profile is that of {self.profile.agent}; "
                "take both from one registry."
            )
