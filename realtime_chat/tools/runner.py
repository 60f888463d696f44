"""Runs batches of tool calls: changing ones one by one and first, the others side by side (M22, X14).

A call that waits for a human's word holds up only the changing ones after it; what is left runs meanwhile.

Above: the session, through the Toolbox port. Below: the registry and the tools.

    resource           | acquired              | released by
    running call       | _Batch._perform       | its end, or Call.stop at its deadline or the interruption
    async tool's task  | the call's TaskGroup  | its end, or cancel, grace, then its leash is cut
    sync tool's thread | Workers.start         | its return; abandoned, it runs on, daemonic and unheard
    deadline, flag     | the call's TaskGroup  | the call's end
    a human's word     | the batch's Door      | its ruling, or the interruption
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeAlias, assert_never

from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.core.options import ToolSchema
from realtime_chat.core.ports import CancelFlag, Gate, ToolOutcome, ToolRequest
from realtime_chat.tools import outcomes
from realtime_chat.tools.base import Surroundings, ToolContext
from realtime_chat.tools.call import Call, Ready, start
from realtime_chat.tools.door import Door, Permissions
from realtime_chat.tools.grants import GrantBook
from realtime_chat.tools.hooks import BatchHooks, Hooks
from realtime_chat.tools.outcomes import Ending
from realtime_chat.tools.permission import Policy
from realtime_chat.tools.progress import Progress
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.workers import Workers

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Refused:
    """A call that cannot run: no such tool, or arguments that do not fit."""

    request: ToolRequest
    ending: Ending


_Plan: TypeAlias = Ready | _Refused
_Entry: TypeAlias = tuple[int, _Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far tools may go (X11): calls side by side, seconds per call, seconds between a polite and a hard
    stop. Raises InvalidArguments for values that make no sense."""

    max_concurrency: int = 4
    deadline_s: float = 60.0
    grace_s: float = 0.5

    def __post_init__(self) -> None:
        if self.max_concurrency < 1:
            raise InvalidArguments("max_concurrency must be at least 1: calls that cannot run cannot answer.")
        if self.deadline_s <= 0 or self.grace_s < 0:
            raise InvalidArguments("A tool's deadline must be above 0 s and its grace not below.")


class Runner:
    """The Toolbox of the house. One runner may serve many batches, also at the same time.

    Without `permissions` everything runs, and nobody is asked (P18).
    """

    def __init__(
        self,
        registry: Registry,
        surroundings: Surroundings,
        *,
        limits: Limits | None = None,
        permissions: Permissions | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self._registry = registry
        self._surroundings = surroundings
        self._limits = limits or Limits()
        self._hooks = hooks or Hooks()
        workspace = surroundings.workspace
        self._permissions = permissions or Permissions(
            policy=Policy(), book=GrantBook(None, workspace), workspace=workspace
        )
        self._workers = Workers()

    def schemas(self) -> Sequence[ToolSchema]:
        """The tools as the model sees them."""
        return self._registry.schemas()

    @property
    def threads(self) -> int:
        """How many sync tools have not returned yet, abandoned ones included."""
        return self._workers.alive

    async def run(
        self,
        batch: Sequence[ToolRequest],
        cancel: CancelFlag,
        on_outcome: Callable[[ToolOutcome], None],
        on_progress: Callable[[str, str], None],
        gate: Gate | None = None,
    ) -> Sequence[ToolOutcome]:
        """Run one batch; exactly one outcome per request, in call order (M22), come what may (M23).

        `on_outcome` is called as each call ends. After `cancel` no call starts; running ones get the grace.
        Raises nothing but CancelledError; the running tools have ended (or are abandoned) by then.
        """
        work = _Batch(
            limits=self._limits,
            surroundings=self._surroundings,
            workers=self._workers,
            door=Door(self._permissions, gate, cancel, BatchHooks(self._hooks, self._surroundings, cancel)),
            cancel=cancel,
            on_outcome=on_outcome,
            on_progress=on_progress,
        )
        return await work.run([self._prepare(request) for request in batch])

    def _prepare(self, request: ToolRequest) -> _Plan:
        try:
            tool = self._registry.find(request.name)
            return Ready(request, tool, tool.keywords(request.arguments))
        except ChatError as error:
            return _Refused(request, outcomes.raised(error))


class _Batch:
    """One batch on its way; `run` once."""

    def __init__(
        self,
        *,
        limits: Limits,
        surroundings: Surroundings,
        workers: Workers,
        door: Door,
        cancel: CancelFlag,
        on_outcome: Callable[[ToolOutcome], None],
        on_progress: Callable[[str, str], None],
    ) -> None:
        self._limits = limits
        self._surroundings = surroundings
        self._clock = surroundings.clock
        self._workers = workers
        self._door = door
        self._slots = asyncio.Semaphore(limits.max_concurrency)
        self._cancel = cancel
        self._on_outcome = on_outcome
        self._on_progress = on_progress
        self._outcomes: dict[int, ToolOutcome] = {}

    async def run(self, plans: Sequence[_Plan]) -> list[ToolOutcome]:
        alone = [entry for entry in enumerate(plans) if _runs_alone(entry[1])]
        first = list(takewhile(lambda entry: not self._asks(entry[1]), alone))
        await self._one_by_one(first)
        async with asyncio.TaskGroup() as crew:
            crew.create_task(self._one_by_one(alone[len(first) :]), name="tools-one-by-one")
            for entry in enumerate(plans):
                if not _runs_alone(entry[1]):
                    crew.create_task(self._settle(entry, self._slots), name="tool")
        return [self._outcomes[position] for position in range(len(plans))]

    def _asks(self, plan: _Plan) -> bool:
        return isinstance(plan, Ready) and self._door.asks(plan)

    async def _one_by_one(self, entries: Iterable[_Entry]) -> None:
        for entry in entries:
            await self._settle(entry, nullcontext())

    async def _settle(self, entry: _Entry, slots: AbstractAsyncContextManager[None]) -> None:
        """One call to its outcome."""
        position, plan = entry
        duration_ms = 0
        match plan:
            case _ if self._cancel.cancelled:
                ending = outcomes.aborted(started=False)
            case _Refused(ending=ending):
                pass
            case Ready():
                ending, duration_ms = await self._admit(plan, slots)
            case _:
                assert_never(plan)
        outcome = self._outcomes[position] = ending.of(plan.request, duration_ms)
        _tell(lambda: self._on_outcome(outcome))

    async def _admit(self, ready: Ready, slots: AbstractAsyncContextManager[None]) -> tuple[Ending, int]:
        """How it ended and how long it ran: a slot and the time are its own once it may start, not before."""
        call_id = ready.request.call_id
        progress = Progress(lambda text: _tell(lambda: self._on_progress(call_id, text)))
        try:
            refusal = await self._door.refusal(ready, progress)
            if refusal is not None:
                return refusal, 0
            async with slots:
                if self._cancel.cancelled:
                    return outcomes.aborted(started=False), 0
                started = self._clock.monotonic()
                ending = await self._perform(ready, progress)
                duration_ms = round((self._clock.monotonic() - started) * 1000)
                return await self._door.passed(ready, ending), duration_ms
        finally:
            progress.close()

    async def _perform(self, ready: Ready, progress: Progress) -> Ending:
        async with asyncio.TaskGroup() as crew:
            call = start(ready, self._context(progress), self._workers, crew)
            return await self._watch(call, crew) if isinstance(call, Call) else call

    def _context(self, progress: Progress) -> ToolContext:
        return ToolContext(
            workspace=self._surroundings.workspace,
            data_dir=self._surroundings.data_dir,
            clock=self._clock,
            cancel_event=self._cancel,
            progress=progress.report,
        )

    async def _watch(self, call: Call, crew: asyncio.TaskGroup) -> Ending:
        """Wait for the call's end, its deadline, or the interruption with its grace: whichever is first."""
        deadline = crew.create_task(self._clock.sleep(self._limits.deadline_s), name="tool-deadline")
        interruption = crew.create_task(self._interruption(), name="tool-interruption")
        try:
            await asyncio.wait({call.body, deadline, interruption}, return_when=asyncio.FIRST_COMPLETED)
            if call.body.done():
                return call.ending()
            late = outcomes.timed_out(self._limits.deadline_s)
            ending = outcomes.aborted(started=True) if interruption.done() else late
            await call.stop(self._grace())
            return ending
        except asyncio.CancelledError:
            await call.stop(self._grace())
            raise
        finally:
            deadline.cancel()
            interruption.cancel()

    async def _interruption(self) -> None:
        await self._cancel.wait()
        await self._grace()

    async def _grace(self) -> None:
        await self._clock.sleep(self._limits.grace_s)


def _runs_alone(plan: _Plan) -> bool:
    return isinstance(plan, Ready) and plan.tool.mutating


def _tell(listener: Callable[[], None]) -> None:
    """A listener that fails is its own problem, never the batch's (M24)."""
    try:
        listener()
    except Exception:  # somebody else's listener: told in the log, never to the batch
        _log.warning("A listener of a tool batch failed; the batch goes on.", exc_info=True)
