"""The host's program: `python -m realtime_chat.tools.mcp.host.program`, orders in, reports out.

It ends with its input, whatever ended that: so no server outlives the talk, not even one that was killed.
"""

import asyncio
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, TypeAlias, assert_never

from realtime_chat.tools.mcp.wire import (
    Answered,
    Begin,
    CallTool,
    DropCall,
    Lost,
    Order,
    Report,
    line,
    read_order,
)

if TYPE_CHECKING:
    from realtime_chat.tools.mcp.host.served import Served

#: Below the talk, whose sound cannot wait.
_NICENESS = 5
Tell: TypeAlias = Callable[[Report], None]


class Host:
    """The servers by name, and the calls that run by number. `begun`: from now on a server may be running."""

    def __init__(self, crew: asyncio.TaskGroup, tell: Tell) -> None:
        self._crew = crew
        self._tell = tell
        self.begun = False
        self._servers: dict[str, Served] = {}
        self._lives: list[asyncio.Task[None]] = []
        self._calls: dict[int, asyncio.Task[None]] = {}

    def take(self, order: Order) -> None:
        """Do what was ordered; returns at once."""
        match order:
            case Begin():
                self._begin(order)
            case CallTool():
                task = self._crew.create_task(self._call(order), name=f"call-{order.number}")
                self._calls[order.number] = task
                task.add_done_callback(lambda _: self._calls.pop(order.number, None))
            case DropCall():
                if order.number in self._calls:
                    self._calls[order.number].cancel()
            case _:
                assert_never(order)

    def _begin(self, order: Begin) -> None:
        try:
            # late: the package may be broken, which is told and no more
            from realtime_chat.tools.mcp.host.served import Served
        except Exception as error:
            for spec in order.servers:
                self._tell(Lost(server=spec.name, why=f"the mcp package cannot be used ({error})"))
            return
        self.begun = True
        for spec in order.servers:
            self._servers[spec.name] = Served(spec, self._tell)
            life = self._crew.create_task(self._servers[spec.name].live(), name=f"server-{spec.name}")
            self._lives.append(life)

    def end(self) -> None:
        """Cancel the calls, then the servers; the group waits until they are gone."""
        for task in (*self._calls.values(), *self._lives):
            task.cancel()

    async def _call(self, order: CallTool) -> None:
        server = self._servers.get(order.server)
        if server is None:
            self._tell(Answered(number=order.number, ok=False, text="This MCP server was never started."))
            return
        try:
            self._tell(await server.call(order))
        except Exception as error:  # foreign code: its fault is the call's, not the host's
            text = f"The MCP server {order.server} failed ({type(error).__name__}); try again later."
            self._tell(Answered(number=order.number, ok=False, text=text))


async def _serve(orders: IO[bytes], reports: IO[bytes]) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()

    def tell(report: Report) -> None:
        """Blocks while nobody reads: then the servers wait, too."""
        try:
            reports.write(line(report))
            reports.flush()
        except OSError:
            over.set()

    async with asyncio.TaskGroup() as crew:
        host = Host(crew, tell)
        threading.Thread(target=_listen, args=(orders, loop, host, over), daemon=True).start()
        await over.wait()
        host.end()


def _listen(orders: IO[bytes], loop: asyncio.AbstractEventLoop, host: Host, over: asyncio.Event) -> None:
    for raw in orders:
        loop.call_soon_threadsafe(host.take, read_order(raw))
    if not host.begun:
        os._exit(0)  # nothing to end, and the import of the package holds the loop for a second or more
    loop.call_soon_threadsafe(over.set)


def main() -> None:
    """Serve until the end of the input. Nothing but reports can reach the output."""
    reports = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if sys.platform != "win32":
        os.nice(_NICENESS)
    asyncio.run(_serve(sys.stdin.buffer, reports))


if __name__ == "__main__":
    main()
