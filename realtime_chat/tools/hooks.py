"""Programs of the user's own that watch over tool calls (X19).

A program gets one call as a JSON object on its stdin and answers by its exit code: 0 goes on, DENY (before a call)
refuses it, HALT ends the use of tools in this turn. The last line that it prints is the reason. Before a call, a
program that gives no such answer (it cannot start, breaks, or takes too long) refuses it, for a guard that fails
must not open the door; after a call, only HALT counts.
"""

import json
import logging
import os
import tempfile
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from realtime_chat.core.errors import ChatError
from realtime_chat.core.ports import CancelFlag
from realtime_chat.core.printable import one_line
from realtime_chat.tools.arguments import decoded
from realtime_chat.tools.base import Surroundings
from realtime_chat.tools.call import Ready
from realtime_chat.tools.outcomes import Ending
from realtime_chat.tools.program import execute

DENY, HALT = 2, 3
#: A reason is for a line on the screen.
REASON_CHARS = 300

#: A program and its arguments.
Command: TypeAlias = tuple[str, ...]
Verdict: TypeAlias = Literal["ok", "deny", "halt"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Word:
    """What the programs said of a call."""

    verdict: Verdict
    reason: str = ""


OK = Word("ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The commands, as words, in the order in which they are asked; each has `timeout_s`."""

    pre_tool_use: tuple[Command, ...] = ()
    post_tool_use: tuple[Command, ...] = ()
    timeout_s: float = 10.0


class BatchHooks:
    """One batch's. The first word that is not ok counts, and after a halt no program is asked again."""

    def __init__(self, hooks: Hooks, surroundings: Surroundings, cancel: CancelFlag) -> None:
        self._hooks = hooks
        self._surroundings = surroundings
        self._cancel = cancel
        self._halt: Word | None = None

    async def before(self, ready: Ready) -> Word:
        """Whether the call may run, as far as the programs go; what they say after the cancel flag counts nothing."""
        for command in self._hooks.pre_tool_use:
            if self._halt is None:
                word = await self._ask(command, _told("pre_tool_use", ready))
                if word.verdict != "ok":
                    return self._kept(word)
        return self._halt or OK

    async def after(self, ready: Ready, ending: Ending) -> bool:
        """True when no tool is to follow in this turn (only halt is honoured)."""
        told = _told("post_tool_use", ready) | {"ok": ending.ok, "output": ending.output}
        for command in self._hooks.post_tool_use:
            if self._halt is None:
                self._kept(await self._ask(command, told))
        return self._halt is not None

    def _kept(self, word: Word) -> Word:
        if word.verdict == "halt":
            self._halt = word
        return word

    async def _ask(self, command: Command, told: dict[str, Any]) -> Word:
        place = self._surroundings
        try:
            with tempfile.TemporaryFile() as stdin:
                stdin.write(json.dumps(told).encode())
                stdin.seek(0)
                ended = await execute(
                    list(command),
                    place.workspace,
                    clock=place.clock,
                    cancel=self._cancel,
                    timeout_s=self._hooks.timeout_s,
                    stdin=stdin,
                )
        except (ChatError, OSError) as error:
            return self._failed(command, str(error))
        if ended.how != "by itself":
            return self._failed(command, f"It gave no answer within {self._hooks.timeout_s:g} s.")
        reason = _last_line(ended.printed)
        match ended.code:
            case 0:
                return OK
            case int(code) if code == DENY:
                return Word("deny", reason)
            case int(code) if code == HALT:
                return Word("halt", reason)
            case code:
                return self._failed(command, f"Its exit code was {code}. {reason}".strip())

    def _failed(self, command: Command, why: str) -> Word:
        name = os.path.basename(command[0])
        if not self._cancel.cancelled:
            _log.warning("The hook %s failed: %s", name, why)
        return Word("deny", f"The hook {one_line(name)} failed, so nothing is let through. {why}")


def _told(hook: str, ready: Ready) -> dict[str, Any]:
    return {
        "hook": hook,
        "call_id": ready.request.call_id,
        "tool": ready.tool.name,
        "need": ready.tool.need,
        "arguments": decoded(ready.request.arguments),
    }


def _last_line(printed: str) -> str:
    lines = printed.strip().splitlines()
    return one_line(lines[-1], REASON_CHARS) if lines else ""
