"""The door of a batch: each call is judged here before it starts, and waits here for a human's word.

A waiting call spends none of its own time, holds up no call but those that must come after it, and ends with the
batch's cancel flag. One question at a time: an answer for the session may settle the ones behind it.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, assert_never

from realtime_chat.core.commands import Verdict
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import PermissionDecided
from realtime_chat.core.ports import ApprovalQuestion, CancelFlag, Gate, Ruling
from realtime_chat.tools import outcomes
from realtime_chat.tools.arguments import decoded
from realtime_chat.tools.builtin.workspace import confined, shown
from realtime_chat.tools.call import Ready
from realtime_chat.tools.grants import GrantBook
from realtime_chat.tools.hooks import BatchHooks
from realtime_chat.tools.outcomes import Ending
from realtime_chat.tools.permission import (
    Allowed,
    Asked,
    Decision,
    Denied,
    Grant,
    Policy,
    Wanted,
    judge,
    scope_of,
)
from realtime_chat.tools.progress import Progress

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What the user settled beforehand, what was granted since, and the folder from which places are seen."""

    policy: Policy
    book: GrantBook
    workspace: Path

    def judge(self, wanted: Wanted) -> Decision:
        """The decision as things stand now."""
        return judge(self.policy, self.book.in_force, wanted)

    def see(self, ready: Ready) -> Wanted:
        """The call as the rules see it. Follows links: the one look at the disk."""
        arguments, target = decoded(ready.request.arguments), ready.tool.target
        usual = {one.name: one.default for one in ready.tool.parameters}
        value = arguments.get(target, usual.get(target)) if target is not None else None
        place: str | None = None
        if isinstance(value, str) and ready.tool.need in ("read", "own", "write"):
            place = _place(self.workspace, value)
        return Wanted(
            tool=ready.tool.name, need=ready.tool.need, arguments=arguments, target=target, place=place
        )


class Door:
    """One batch's. `gate` None: nobody can be asked."""

    def __init__(
        self, permissions: Permissions, gate: Gate | None, cancel: CancelFlag, hooks: BatchHooks
    ) -> None:
        self._permissions = permissions
        self._hooks = hooks
        self._gate = gate
        self._cancel = cancel
        self._one_at_a_time = asyncio.Lock()

    def asks(self, ready: Ready) -> bool:
        """True when the call cannot start without a human, as things stand now."""
        return isinstance(self._judge(ready), Asked)

    async def refusal(self, ready: Ready, progress: Progress) -> Ending | None:
        """None: it may run. Waits as long as hooks and the human do, but not longer than the batch."""
        stopped = await self._stopped(ready)
        return await self._withheld(ready, progress) if stopped is None else stopped

    async def passed(self, ready: Ready, ending: Ending) -> Ending:
        """The call's end, after the hooks have seen it."""
        return replace(ending, halt=True) if await self._hooks.after(ready, ending) else ending

    async def _stopped(self, ready: Ready) -> Ending | None:
        """What the hooks refuse; they come before the human, who need not be asked for nothing."""
        word = await self._hooks.before(ready)
        if self._cancel.cancelled:
            return outcomes.aborted(started=False)
        if word.verdict == "ok":
            return None
        self._tell(ready, allowed=False, by="hook", reason=word.reason)
        denied = outcomes.denied("hook", f"{ready.tool.name} was not allowed. {word.reason}".strip())
        return replace(denied, halt=word.verdict == "halt")

    async def _withheld(self, ready: Ready, progress: Progress) -> Ending | None:
        decision = self._judge(ready)
        if not isinstance(decision, Asked):
            return self._settled(ready, decision)
        async with self._one_at_a_time:
            decision = self._judge(ready)
            if isinstance(decision, Asked):
                return await self._ask(ready, decision, progress)
        return self._settled(ready, decision)

    def _judge(self, ready: Ready) -> Decision:
        return self._permissions.judge(self._permissions.see(ready))

    def _settled(self, ready: Ready, decision: Allowed | Denied) -> Ending | None:
        match decision:
            case Allowed(by="need" | "mode"):
                return None
            case Allowed(by=by, reason=reason):
                self._tell(ready, allowed=True, by=by, reason=reason)
                return None
            case Denied(by=by, reason=reason):
                self._tell(ready, allowed=False, by=by, reason=reason)
                return outcomes.denied(by, f"{ready.tool.name} was not allowed. {reason}")
            case _:
                assert_never(decision)

    def _tell(self, ready: Ready, *, allowed: bool, by: str, reason: str) -> None:
        if self._gate is not None:
            call_id, name = ready.request.call_id, ready.tool.name
            self._gate.decided(
                PermissionDecided(call_id=call_id, name=name, allowed=allowed, by=by, reason=reason)
            )

    async def _ask(self, ready: Ready, asked: Asked, progress: Progress) -> Ending | None:
        if self._gate is None:
            return _refused(ready, "no_asker")
        wanted = self._permissions.see(ready)
        scope = scope_of(wanted)
        question = ApprovalQuestion(
            call_id=ready.request.call_id,
            tool=wanted.tool,
            arguments=dict(wanted.arguments),
            reason=asked.reason,
            scope=scope.words,
        )
        ruling = await self._word_on(self._gate, question)
        if ruling is None:
            return outcomes.aborted(started=False)
        if ruling.verdict == "deny":
            return _refused(ready, ruling.by)
        await self._grant(scope, ruling.verdict, progress)
        return None

    async def _word_on(self, gate: Gate, question: ApprovalQuestion) -> Ruling | None:
        """The ruling; None when the batch was cut first, also when both came at once (P33)."""
        if self._cancel.cancelled:
            return None
        async with asyncio.TaskGroup() as crew:
            word = crew.create_task(_ask_safely(gate, question), name="approval")
            cut = crew.create_task(self._cancel.wait(), name="approval-cut")
            await asyncio.wait({word, cut}, return_when=asyncio.FIRST_COMPLETED)
            word.cancel()
            cut.cancel()
        return None if self._cancel.cancelled or word.cancelled() else word.result()

    async def _grant(self, scope: Grant, verdict: Verdict, progress: Progress) -> None:
        book = self._permissions.book
        match verdict:
            case "allow" | "deny":
                return
            case "allow_session":
                book.add(scope)
            case "allow_always":
                book.add(scope)
                try:
                    await asyncio.to_thread(book.keep, scope)
                except ChatError as error:
                    progress.report(f"It is allowed for this session only. {error.message}")
            case _:
                assert_never(verdict)


async def _ask_safely(gate: Gate, question: ApprovalQuestion) -> Ruling:
    try:
        return await gate.ask(question)
    except Exception:  # a gate that fails must not let a call through, nor end the batch
        _log.warning("A gate failed; the call is denied.", exc_info=True)
        return Ruling(verdict="deny", by="no_asker")


def _refused(ready: Ready, by: Literal["user", "no_asker"]) -> Ending:
    name = ready.tool.name
    match by:
        case "user":
            return outcomes.denied(by, f"The user did not allow {name}. Ask before you try it again.")
        case "no_asker":
            return outcomes.denied(
                by, f"{name} needs the user's word, and nobody is there to give it. It did not run."
            )
        case _:
            assert_never(by)


def _place(workspace: Path, path: str) -> str | None:
    try:
        return Path(shown(workspace, confined(workspace, path))).as_posix()
    except ChatError:  # outside: the tool will refuse it, whatever is decided here
        return None
