"""Runs batches in the toolbox beside the talk, and carries questions and answers between it and the machine.

resource       | acquired | released by
cancel switch  | run      | the batch's end
waiting future | ask      | its ruling, or the toolbox, which stops waiting at the cancel switch
asker's task   | ask      | the same: it lives inside the ask
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, get_args

from realtime_chat.core.commands import Answer, Verdict
from realtime_chat.core.events import Event, Noticed, PermissionDecided, ToolProgressed
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.ports import ApprovalQuestion, Asker, Ruling, ToolOutcome
from realtime_chat.core.setup import SessionSetup


class CancelSwitch:
    """A batch's cancel flag (M4): set once, at the interruption."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def cancelled(self) -> bool:
        """True from the interruption on."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Return when the flag is set."""
        await self._event.wait()

    def cancel(self) -> None:
        """Set it."""
        self._event.set()


class ToolRuns:
    """One per session. `report` tells the machine, `answer` commands it, `record` publishes."""

    def __init__(
        self,
        setup: SessionSetup,
        *,
        report: Callable[[reports.Report], None],
        answer: Callable[[Answer], None],
        record: Callable[[Event], None],
    ) -> None:
        self._toolbox = setup.toolbox
        self._asker = setup.asker
        self._report = report
        self._answer = answer
        self._record = record
        self._switches: dict[str, CancelSwitch] = {}
        #: Bound: one for each open call. Ends with its ruling or with whoever waits.
        self._waiting: dict[str, asyncio.Future[Ruling]] = {}

    def run(self, order: do.RunTools) -> Coroutine[Any, Any, None]:
        """One batch to its end; reports every outcome, then the end. Can be cancelled before its first step."""
        switch = self._switches[order.batch_id] = CancelSwitch()
        return self._run(order, switch)

    async def _run(self, order: do.RunTools, switch: CancelSwitch) -> None:
        gate = _Gate(order.batch_id, self._report, self._word_on)

        def ended(outcome: ToolOutcome) -> None:
            self._report(reports.ToolFinished(order.batch_id, outcome))

        try:
            if self._toolbox is not None:
                await self._toolbox.run(order.calls, switch, ended, self._progressed, gate)
        except (
            Exception
        ) as error:  # a toolbox of somebody else's must not end the talk; its calls are answered
            self._record(Noticed(text=f"The tools failed: {type(error).__name__}.", level="warning"))
        finally:
            self._switches.pop(order.batch_id, None)
        self._report(reports.BatchFinished(order.batch_id))

    def cancel(self, batch_id: str) -> None:
        """Set the batch's flag, if it still runs."""
        if (switch := self._switches.get(batch_id)) is not None:
            switch.cancel()

    def stop(self) -> None:
        """Ask all that runs to stop."""
        for switch in self._switches.values():
            switch.cancel()

    def resolve(self, call_id: str, ruling: Ruling) -> None:
        """The word on a waiting call, if anybody still waits."""
        waiting = self._waiting.get(call_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(ruling)

    async def _word_on(self, wanted: reports.ApprovalWanted) -> Ruling:
        question = wanted.question
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[question.call_id] = waiting
        try:
            self._report(wanted)
            if self._asker is None or waiting.done():
                return await waiting
            async with asyncio.TaskGroup() as crew:
                asking = crew.create_task(self._put(self._asker, question), name="asker")
                ruling = await waiting
                asking.cancel()
            return ruling
        finally:
            self._waiting.pop(question.call_id, None)

    async def _put(self, asker: Asker, question: ApprovalQuestion) -> None:
        """Anything but an allowing word denies, a failing asker's too (P19)."""
        try:
            verdict: Verdict = await asker(question)
        except Exception as error:  # somebody else's code; its failure must not let a call through
            self._record(Noticed(text=f"The asker failed: {type(error).__name__}.", level="warning"))
            verdict = "deny"
        known = verdict if verdict in get_args(Verdict) else "deny"
        self._answer(Answer(call_id=question.call_id, verdict=known))

    def _progressed(self, call_id: str, text: str) -> None:
        self._record(ToolProgressed(call_id=call_id, text=text))


class _Gate:
    """One batch's way to a human's word."""

    def __init__(
        self,
        batch_id: str,
        report: Callable[[reports.Report], None],
        word_on: Callable[[reports.ApprovalWanted], Awaitable[Ruling]],
    ) -> None:
        self._batch_id = batch_id
        self._report = report
        self._word_on = word_on

    async def ask(self, question: ApprovalQuestion) -> Ruling:
        return await self._word_on(reports.ApprovalWanted(self._batch_id, question))

    def decided(self, decision: PermissionDecided) -> None:
        self._report(reports.PermissionSettled(self._batch_id, decision))
