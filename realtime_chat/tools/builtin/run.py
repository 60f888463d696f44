"""Run a program in the workspace: without secrets, and with an end.

Two tools, since a rule or a leave for one must never cover the other: only `run_shell` reads shell.
"""

import os
import shlex
from typing import ClassVar, assert_never

from realtime_chat.core.errors import Category, ChatError, InvalidArguments, TimedOut
from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.program import execute

MAX_SECONDS = 600


class Stopped(ChatError):
    """The user interrupted; the program and all it started were killed."""

    kind: ClassVar[str] = "aborted"
    category: ClassVar[Category] = Category.RETRYABLE


@tool(need="run", target="command", parallel_safe=False)
async def run(command: str, ctx: ToolContext, timeout_s: int = 30) -> str:
    """Run a program in the workspace's folder and read what it prints. Quote its arguments as in a shell; but
    pipes, wildcards and variables are not read."""
    return await _run(_words(command), ctx, timeout_s)


@tool(need="run", target="command", parallel_safe=False)
async def run_shell(command: str, ctx: ToolContext, timeout_s: int = 30) -> str:
    """Run a line of shell in the workspace's folder and read what it prints."""
    return await _run(
        ["cmd", "/c", command] if os.name == "nt" else ["/bin/sh", "-c", command], ctx, timeout_s
    )


async def _run(words: list[str], ctx: ToolContext, timeout_s: int) -> str:
    if not 1 <= timeout_s <= MAX_SECONDS:
        raise InvalidArguments(f"timeout_s must be from 1 to {MAX_SECONDS}.")
    ended = await execute(words, ctx.workspace, clock=ctx.clock, cancel=ctx.cancel_event, timeout_s=timeout_s)
    match ended.how:
        case "interrupted":
            raise Stopped("The program was stopped: the user interrupted.")
        case "late":
            raise TimedOut(f"The program was stopped after {timeout_s} s. It printed: {ended.printed[-500:]}")
        case "by itself":
            return f"exit code {ended.code}\n{ended.printed}"
        case _:
            assert_never(ended.how)


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InvalidArguments(f"The command cannot be read ({error}); mend its quotes.") from error
    if not words or not words[0]:
        raise InvalidArguments("The command is empty.")
    return words
