"""What an agent is on one kind of transport: configuration and hooks. It runs nothing; a Session does."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from realtime_chat.core.agents.storage import Storage
from realtime_chat.core.callbacks import Callbacks
from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.events import Event, Intent
from realtime_chat.core.history import Aside
from realtime_chat.core.options import SessionOptions

TransportKind: TypeAlias = Literal["realtime", "stateless"]
TRANSPORTS: tuple[TransportKind, ...] = ("realtime", "stateless")
#: What an agent tells (J11); `extra_events` of a profile are told under their own types.
News: TypeAlias = Literal["card", "response", "facts", "transcript", "error"]
#: Gets the event that is the news; sync or async.
Handler: TypeAlias = Callable[[Event], Awaitable[None] | None]


class Beside(Protocol):
    """What a hook of an agent beside a talk has at hand. Above: the hooks. Below: the agent's runner."""

    @property
    def storage(self) -> Storage:
        """This agent's, in this session."""
        ...

    @property
    def earlier(self) -> Sequence[Aside]:
        """What it told in this session before this run, oldest first."""
        ...

    async def ask(self, text: str) -> str:
        """The model's whole answer to it, under the agent's instructions. Raises ChatError."""
        ...

    async def card(self, title: str, text: str = "") -> None:
        """Show and log a card."""
        ...

    async def facts(self, facts: Sequence[str]) -> None:
        """Show and log what was learnt."""
        ...


Hook: TypeAlias = Callable[[Beside], Awaitable[None] | None]
OnMessage: TypeAlias = Callable[[Beside, str], Awaitable[None]]


def as_it_is(options: SessionOptions) -> SessionOptions:
    """No wish of its own."""
    return options


def nothing_more(event: Event) -> Iterable[Event]:
    """No news but the session's own."""
    del event
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What both kinds have. `agent` is the name in the registry.

    Model: see `registry.model_of`. `instructions` "": those of the run. `tools`: the names of those it may use, None
    for all of the run. `configure`: what it wants of the session, after everything else was said.

    `handlers` are called for its news, and for the types in `extra_events`; `route` makes further news of an event of
    the session. `runtime`: called at the session's states, deadlines and end. `classify_error`: how much an error
    weighs, None for what it usually does (J24).
    """

    agent: str
    default_model: str = ""
    model_variable: str = ""
    resolve_model: Callable[[str | None], str | None] | None = None
    instructions: str = ""
    tools: tuple[str, ...] | None = None
    configure: Callable[[SessionOptions], SessionOptions] = as_it_is
    handlers: Mapping[str, Handler] = field(default_factory=dict[str, Handler])
    route: Callable[[Event], Iterable[Event]] = nothing_more
    extra_events: tuple[str, ...] = ()
    runtime: Callbacks = field(default_factory=Callbacks)
    classify_error: Callable[[ErrorInfo], Category | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeProfile(Profile):
    """Over a socket (J12). `intent`: what the connection is for."""

    intent: Intent = "conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatelessProfile(Profile):
    """By request and response (J13).

    As the talk's own agent it is asked like any model. Beside a talk `on_message` gets each turn, and the other hooks
    are called as the session begins, pauses, goes on and ends; each has the agent's storage. `beside`: its instructions
    there, "" for the same.
    """

    on_message: OnMessage
    beside: str = ""
    on_session_start: Hook | None = None
    on_session_pause: Hook | None = None
    on_session_resume: Hook | None = None
    on_session_close: Hook | None = None
