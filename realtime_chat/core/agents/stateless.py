"""One agent beside one session: its storage, its hooks, its status (J13, J15). It keeps no connection to its model."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

import msgspec

from realtime_chat.core.agents.profile import Hook, StatelessProfile
from realtime_chat.core.agents.storage import Storage
from realtime_chat.core.clock import within
from realtime_chat.core.errors import AlreadyClosed, ChatError, InvalidArguments
from realtime_chat.core.events import CardWritten, ErrorOccurred, FactsNoted
from realtime_chat.core.history import Aside
from realtime_chat.core.ports import Clock

#: Seconds that a turn, and seconds that another hook may take.
MESSAGE_S, HOOK_S = 60.0, 5.0

Told: TypeAlias = CardWritten | FactsNoted | ErrorOccurred
Tell: TypeAlias = Callable[[Told], Awaitable[None]]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is asked, outside of any session."""

    model: str
    instructions: str
    text: str


class Inference(Protocol):
    """One answer to one question. Above: agents beside a talk. Below: a stateless transport."""

    async def __call__(self, question: Question) -> str:
        """The whole answer. Raises ChatError."""
        ...


class AgentStatus(StrEnum):
    """Whether turns are taken (J9)."""

    NEW = "new"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class StatelessConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which agent is wanted, and which model it asks."""

    agent: str
    model: str


class StatelessAgent:
    """Raises InvalidArguments for a profile of another agent than the wanted one (J8).

    Nothing that a hook does raises: it is told as an error, the first of a run, and the talk goes on.
    """

    def __init__(
        self,
        config: StatelessConfig,
        profile: StatelessProfile,
        *,
        inference: Inference,
        clock: Clock,
        on_status: Callable[[AgentStatus], None] = lambda _: None,
        kept: Mapping[str, Any] | None = None,
    ) -> None:
        """`kept`: a snapshot of the storage to begin with."""
        if config.agent != profile.agent:
            raise InvalidArguments(
                f"The agent {config.agent} is wanted, but the stateless profile is that of {profile.agent}; "
                "take both from one registry."
            )
        self._profile = profile
        self.model = config.model
        self._inference = inference
        self._clock = clock
        self._on_status = on_status
        self._tell: Tell | None = None
        self._told_error = False
        self._turn_id = ""
        self.storage = Storage(kept)
        self.earlier: Sequence[Aside] = ()
        self.status = AgentStatus.NEW

    @property
    def name(self) -> str:
        """As in the registry."""
        return self._profile.agent

    # ------------------------------------------------------------ its life

    async def start(self, tell: Tell, earlier: Sequence[Aside] = ()) -> None:
        """The session runs; `earlier`: what the agent told in it before. Raises InvalidArguments at a second start."""
        if self.status is not AgentStatus.NEW:
            raise InvalidArguments(f"The agent {self.name} was started before; make another one.")
        self._tell, self.earlier = tell, earlier
        self._enter(AgentStatus.ACTIVE)
        await self._call(self._profile.on_session_start)

    async def take(self, text: str, *, turn_id: str) -> None:
        """A turn of the talk. Raises AlreadyClosed when the agent is not active."""
        if self.status is not AgentStatus.ACTIVE:
            raise AlreadyClosed(f"The agent {self.name} takes no turns now; it is {self.status}.")
        self._turn_id = turn_id
        await self._tried(self._profile.on_message(self, text), MESSAGE_S)

    async def pause(self) -> None:
        """No turns are taken; nothing to pause changes nothing."""
        if self.status is AgentStatus.ACTIVE:
            self._enter(AgentStatus.PAUSED)
            await self._call(self._profile.on_session_pause)

    async def resume(self) -> None:
        """After a pause, with all that was in the storage. Raises InvalidArguments without one."""
        if self.status is not AgentStatus.PAUSED:
            raise InvalidArguments(f"The agent {self.name} is not paused; it is {self.status}.")
        self._enter(AgentStatus.ACTIVE)
        await self._call(self._profile.on_session_resume)

    async def close(self) -> None:
        """The hook, then the storage is empty and the agent closed, whatever became of the hook (J15). Idempotent."""
        if self.status is AgentStatus.CLOSED:
            return
        try:
            await self._call(self._profile.on_session_close)
        finally:
            self.storage.clear()
            self._enter(AgentStatus.CLOSED)

    # ------------------------------------------------------------ for its hooks (profile.Beside)

    async def ask(self, text: str) -> str:
        """The model's answer. Raises ChatError."""
        instructions = self._profile.beside or self._profile.instructions
        return await self._inference(Question(model=self.model, instructions=instructions, text=text))

    async def card(self, title: str, text: str = "") -> None:
        """Tell a card about the turn."""
        await self._say(CardWritten(agent=self.name, turn_id=self._turn_id, title=title, text=text))

    async def facts(self, facts: Sequence[str]) -> None:
        """Tell what was learnt from the turn."""
        await self._say(FactsNoted(agent=self.name, turn_id=self._turn_id, facts=list(facts)))

    # ------------------------------------------------------------ inside

    async def _call(self, hook: Hook | None) -> None:
        if hook is not None:
            await self._tried(_run(hook, self), HOOK_S)

    async def _tried(self, work: Awaitable[None], seconds: float) -> None:
        try:
            await within(self._clock, seconds, work, f"The agent {self.name}")
        except ChatError as error:
            await self._fail(error)
        except Exception as error:  # somebody else's code
            await self._fail(ChatError(f"{type(error).__name__}: {error}", kind="agent_failed"))

    async def _fail(self, error: ChatError) -> None:
        """Once: the talk is not about this."""
        if self._told_error:
            return
        self._told_error = True
        info = msgspec.structs.replace(
            error.info,
            message=f"The agent {self.name} beside this talk failed; the talk goes on. {error.message}",
            details={**error.info.details, "agent": self.name},
        )
        await self._say(ErrorOccurred(error=info, recoverable=True))

    async def _say(self, told: Told) -> None:
        if self._tell is not None:
            await self._tell(told)

    def _enter(self, status: AgentStatus) -> None:
        self.status = status
        try:
            self._on_status(status)
        except Exception:  # somebody else's code: a failing one breaks nothing (J9)
            return


async def _run(hook: Hook, agent: StatelessAgent) -> None:
    pending = hook(agent)
    if pending is not None:
        await pending
