"""One running tool: a task on a leash when it is async, the future of a thread when it is not."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from realtime_chat.core.errors import ChatError
from realtime_chat.core.ports import ToolRequest
from realtime_chat.tools import outcomes
from realtime_chat.tools.base import Tool, ToolContext
from realtime_chat.tools.leash import Leash
from realtime_chat.tools.outcomes import Ending
from realtime_chat.tools.printing import as_a_tool
from realtime_chat.tools.workers import Workers


@dataclass(frozen=True, slots=True)
class Ready:
    """A call that can run: its tool is there, its arguments fit."""

    request: ToolRequest
    tool: Tool
    keywords: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A running tool. `body` ends with the Ending, or cancelled."""

    body: asyncio.Future[Ending]
    leash: Leash[Ending] | None = None

    def ending(self) -> Ending:
        """How it ended; only after `body` is done."""
        return outcomes.aborted(started=True) if self.body.cancelled() else self.body.result()

    async def stop(self, grace: Coroutine[Any, Any, None]) -> None:
        """End it: a thread is abandoned at once; a task is cancelled and has the grace to clean up."""
        self.body.cancel()
        async with asyncio.TaskGroup() as crew:
            patience = crew.create_task(grace, name="tool-grace")
            await asyncio.wait({self.body, patience}, return_when=asyncio.FIRST_COMPLETED)
            patience.cancel()
        if self.leash is not None and not self.body.done():
            self.leash.cut()
            self.body.cancel()
            await asyncio.wait({self.body})


def start(ready: Ready, context: ToolContext, workers: Workers, crew: asyncio.TaskGroup) -> Call | Ending:
    """Start the tool: async in `crew`, sync in a thread; an Ending when no thread can be had."""
    tool, keywords = ready.tool, ready.keywords
    if tool.context_name is not None:
        keywords = {**keywords, tool.context_name: context}
    if tool.is_async:
        leash = Leash(partial(_run_async, tool, keywords))
        return Call(crew.create_task(leash.hold(), name=f"tool-{tool.name}"), leash)
    try:
        return Call(workers.start(lambda: _run_sync(tool, keywords), name=tool.name))
    except ChatError as error:
        return outcomes.raised(error)


def _run_sync(tool: Tool, keywords: dict[str, Any]) -> Ending:
    """Runs in the thread, and writes the result down there, too: a big one must not hold the loop."""
    try:
        with as_a_tool():
            return outcomes.returned(tool.function(**keywords))
    except BaseException as error:  # sys.exit in a tool ends the call, not us
        return outcomes.raised(error)


async def _run_async(tool: Tool, keywords: dict[str, Any]) -> Ending:
    try:
        with as_a_tool():
            return outcomes.returned(await tool.function(**keywords))
    except (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        return outcomes.raised(error)
