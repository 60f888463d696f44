"""One connection after another, for as long as the machine wants one; writes, reads, reports, decides nothing."""

import asyncio
from collections.abc import Awaitable, Callable

from realtime_chat.core import pulse
from realtime_chat.core.clock import leaves, within
from realtime_chat.core.errors import ChatError, TimedOut, TransportError, Unreachable
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.messages import Item
from realtime_chat.core.outbox import Outbox
from realtime_chat.core.performer import Performer
from realtime_chat.core.ports import Clock, Transport
from realtime_chat.core.setup import SessionSetup


class Connector:
    """The transport's owner: made for each connection, closed at its end.

    `seed` tells what a new connection is to know; `lost` is told why one ended that should not have.
    """

    def __init__(
        self,
        setup: SessionSetup,
        machine: SessionMachine,
        *,
        performer: Performer,
        outbox: Outbox,
        clock: Clock,
        seed: Callable[[], tuple[Item, ...]],
        lost: Callable[[ChatError], None],
    ) -> None:
        self._setup = setup
        self._machine = machine
        self._performer = performer
        self._outbox = outbox
        self._clock = clock
        self._seed = seed
        self._lost = lost
        self._ready = asyncio.Event()
        self._hung_up = asyncio.Event()
        self._wanted = asyncio.Event()
        self._after_s: float | None = None

    def ready(self) -> None:
        """The provider took our configuration."""
        self._ready.set()

    def hang_up(self) -> None:
        """End the connection there is, which was not lost, and forget a wish for another one."""
        self._hung_up.set()
        self._after_s = None
        self._wanted.set()

    def connect(self, after_s: float) -> None:
        """Another connection, in so many seconds; takes the place of an earlier wish."""
        self._after_s = after_s
        self._wanted.set()

    async def run(self) -> None:
        """Connect, and again whenever that is asked for. Raises nothing but what is a defect."""
        while True:
            self._hung_up.clear()
            self._ready.clear()
            await self._converse()
            await self._until_due()

    async def _until_due(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            if self._after_s is None:
                continue
            try:
                await within(self._clock, self._after_s, self._wanted.wait(), "The wait for a connection")
            except TimedOut:
                return

    async def _converse(self) -> None:
        """One connection from its opening to its end."""
        self._performer.report(reports.LinkOpening(self._seed()))
        transport: Transport | None = None
        try:
            transport = self._setup.transport()
            until = self._clock.monotonic() + self._setup.connect_timeout_s
            await self._in_time(until, transport.connect, "The connection to the server")
            able = transport.capabilities
            self._performer.report(reports.LinkOpened(able.max_session_s, able))
            async with asyncio.TaskGroup() as crew:
                crew.create_task(self._write(transport), name="writer")
                crew.create_task(self._until_hung_up(), name="hang-up")
                crew.create_task(pulse.feel(self._clock, transport.ping), name="heartbeat")
                # an open connection that never gets ready is no connection
                crew.create_task(
                    self._in_time(until, self._ready.wait, "The server's greeting"), name="greeting"
                )
                await self._read(transport)
        except* _HungUp:
            pass
        except* ChatError as group:
            error = leaves(group)[0]
            assert isinstance(error, ChatError)
            if not self._hung_up.is_set():
                self._lost(error)
        finally:
            self._outbox.clear()
            if transport is not None:
                await transport.close()

    async def _until_hung_up(self) -> None:
        await self._hung_up.wait()
        raise _HungUp

    async def _read(self, transport: Transport) -> None:
        machine, clock, perform = self._machine, self._clock, self._performer.perform
        async for message in transport.messages():
            perform(machine.receive(message, clock.monotonic()))
        raise TransportError("The connection was closed.", kind="closed")

    async def _write(self, transport: Transport) -> None:
        while True:
            await transport.send(await self._outbox.get())

    async def _in_time(self, until: float, work: Callable[[], Awaitable[object]], what: str) -> None:
        """Raises Unreachable (kind timeout) past that moment: the setup allows so long for all of it (T15, J21)."""
        allowed_s = self._setup.connect_timeout_s
        try:
            await within(self._clock, max(0.0, until - self._clock.monotonic()), work(), what)
        except TimedOut:
            text = f"{what} took longer than {allowed_s:g} s. Check the address, or try again later."
            raise Unreachable(text, kind="timeout", after_ms=int(allowed_s * 1000)) from None


class _HungUp(Exception):
    """Leaves the task group: we ended the connection."""
