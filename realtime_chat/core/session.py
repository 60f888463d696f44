"""The one stateful thing: a conversation's connection, turn slot, lifecycle and tasks.

| resource            | acquired                    | released by                                     |
|---------------------|-----------------------------|-------------------------------------------------|
| writer lease, log   | supervisor, before `run`    | supervisor, after `run` returned                |
| transport           | `_converse`, one connection | its own `finally`                               |
| tasks               | `run`'s TaskGroup           | leaving it, which `_ended` causes               |
| speaker, microphone | the caller, in the setup    | `run`'s `finally`                               |
| subscriptions       | the Conversation            | the subscriber, or the bus at the session's end |
"""

import asyncio
from collections.abc import Awaitable, Callable

from realtime_chat.core.clock import leaves, within
from realtime_chat.core.commands import Close, Command
from realtime_chat.core.errors import (
    AlreadyClosed,
    ChatError,
    ErrorInfo,
    TimedOut,
    TransportError,
    Unreachable,
)
from realtime_chat.core.events import CloseReason, LinkState
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.messages import AppendAudio
from realtime_chat.core.outbox import Outbox
from realtime_chat.core.performer import Performer
from realtime_chat.core.ports import Clock, Recording, Transport
from realtime_chat.core.recorder import Recorder
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.uplink import Uplink

#: Seconds that a close waits for its last messages to leave.
GOODBYE_S = 1.0
#: Seconds between two looks at what was played, where no microphone sets the pace of a recording.
RECORD_EVERY_S = 0.1


class _Ended(Exception):
    """Leaves the task group: the session is over."""


class Session:
    """Lives in this process under its id; driven by the Conversation, owned by the Supervisor."""

    def __init__(
        self,
        session_id: str,
        *,
        setup: SessionSetup,
        machine: SessionMachine,
        recorder: Recorder,
        clock: Clock,
        sync: Callable[[], None],
        ready: Callable[[], None],
    ) -> None:
        self.session_id = session_id
        self.setup = setup
        self.machine = machine
        self._clock = clock
        self._sync = sync
        self._on_ready = ready
        self.connected_at: str | None = None
        self._outbox = Outbox()
        self.uplink = Uplink(
            setup,
            machine,
            self.append_audio,
            clock,
            overhears=lambda speaking: self._performer.report(reports.VoiceHeard(speaking)),
        )
        self._performer = Performer(
            machine,
            setup=setup,
            recorder=recorder,
            outbox=self._outbox,
            clock=clock,
            ready=self._became_ready,
            disconnect=self._disconnected,
        )
        self.speaker = self._performer.speaker  # None where answers are not heard
        self._is_ready = asyncio.Event()
        self._ended = asyncio.Event()
        self._released = asyncio.Event()
        self._failure: ChatError | None = None

    # ------------------------------------------------------------ for the supervisor

    async def run(self) -> None:
        """Connect, converse, end. Raises nothing but CancelledError: failures become events."""
        try:
            async with asyncio.TaskGroup() as crew:
                self._performer.start(crew)
                crew.create_task(self._converse(), name="connection")
                crew.create_task(self._keep_synced(), name="log-sync")
                if self.setup.source is not None:
                    crew.create_task(self.uplink.run(), name="uplink")
                elif self.setup.recording is not None:
                    crew.create_task(_record(self.setup.recording, self._clock), name="recording")
                if self.setup.card is not None:
                    crew.create_task(
                        self.setup.card.watch(self._performer.warn, self._performer.levels), name="sound-card"
                    )
                await self._ended.wait()
                raise _Ended
        except* _Ended:
            pass
        except* Exception as group:  # a defect of ours must end the turn at once, not let it hang (P6)
            self._crashed(leaves(group)[0])
        finally:
            await self._release()

    async def until_ready(self) -> None:
        """Return when the model took our configuration. Raises what made that impossible."""
        await self._is_ready.wait()
        if self._failure is not None:
            raise self._failure

    def released(self) -> None:
        """The supervisor let go of log and lease: `close` may return."""
        self._released.set()

    # ------------------------------------------------------------ for the conversation

    def command(self, command: Command) -> str | None:
        """Perform a command; the id of the turn that is open afterwards, or was cut by it.

        Raises what the machine refuses it with.
        """
        before = self.machine.turn
        self._performer.perform(self.machine.command(command, self._clock.monotonic()))
        turn = self.machine.turn or before
        return turn.turn_id if turn is not None else None

    @property
    def queue_length(self) -> int:
        """Messages that wait for the wire."""
        return len(self._outbox)

    async def append_audio(self, pcm: bytes) -> None:
        """Send sound, 24 kHz mono s16le; waits while too much is on its way. Raises AlreadyClosed."""
        if self._ended.is_set():
            raise AlreadyClosed("This session is closed. Resume it to go on.")
        self.machine.audio_appended(len(pcm))
        await self._outbox.put_audio(AppendAudio(pcm=pcm))

    async def close(self, reason: CloseReason = "client") -> None:
        """End: cut the open turn, tell the server, let go of everything. Idempotent (M28)."""
        if not self._ended.is_set() and self.machine.link is not LinkState.CLOSING:
            self.command(Close(reason=reason))
            if self._is_ready.is_set():
                await self._say_goodbye()
            self._performer.report(reports.LinkReleased(reason))
            self._ended.set()
        await self._released.wait()

    # ------------------------------------------------------------ tasks

    async def _converse(self) -> None:
        """One connection from its opening to its end."""
        self._performer.report(reports.LinkOpening())
        transport: Transport | None = None
        try:
            transport = self.setup.transport()
            await self._in_time(transport.connect, "The connection to the server")
            async with asyncio.TaskGroup() as crew:
                crew.create_task(self._write(transport), name="writer")
                # an open connection that never gets ready is no connection
                crew.create_task(self._in_time(self._is_ready.wait, "The server's greeting"), name="greeting")
                await self._read(transport)
        except* ChatError as group:
            self._lost(leaves(group)[0])
        finally:
            self._outbox.clear()
            if transport is not None:
                await transport.close()

    async def _read(self, transport: Transport) -> None:
        machine, clock, perform = self.machine, self._clock, self._performer.perform
        async for message in transport.messages():
            perform(machine.receive(message, clock.monotonic()))
        raise TransportError("The connection was closed.", kind="closed")

    async def _write(self, transport: Transport) -> None:
        while True:
            await transport.send(await self._outbox.get())

    async def _in_time(self, work: Callable[[], Awaitable[object]], what: str) -> None:
        """Raises Unreachable (kind timeout) when it takes longer than the setup allows (T15)."""
        allowed_s = self.setup.connect_timeout_s
        try:
            await within(self._clock, allowed_s, work(), what)
        except TimedOut:
            text = f"{what} took longer than {allowed_s:g} s. Check the address, or try again later."
            raise Unreachable(text, kind="timeout", after_ms=int(allowed_s * 1000)) from None

    async def _keep_synced(self) -> None:
        """Make the log survive a power loss, off the loop; wishes that come meanwhile are one."""
        wanted = self._performer.sync_wanted
        while True:
            await wanted.wait()
            wanted.clear()
            await asyncio.to_thread(self._sync)

    async def _say_goodbye(self) -> None:
        try:
            await within(self._clock, GOODBYE_S, self._outbox.drained(), "Saying goodbye")
        except ChatError:
            return  # the server hears of it by the closed socket

    # ------------------------------------------------------------ what ends it

    def _became_ready(self) -> None:
        self.connected_at = self._clock.wall().isoformat()
        self._on_ready()
        self._is_ready.set()

    def _disconnected(self, order: do.Disconnect) -> None:
        if order.error is not None and self._failure is None:
            self._failure = TransportError.of(order.error)
        self._is_ready.set()
        self._ended.set()

    def _lost(self, error: BaseException) -> None:
        if self._ended.is_set():
            return
        info = error.info if isinstance(error, ChatError) else ErrorInfo(kind="internal", message=str(error))
        if isinstance(error, ChatError):
            self._failure = error
        self._performer.report(reports.LinkLost(info))

    def _crashed(self, error: BaseException) -> None:
        text = f"Something went wrong inside: {type(error).__name__}: {error}. What was said is kept."
        self._failure = ChatError(text, kind="internal")
        if not self._ended.is_set():
            self._performer.report(reports.LinkLost(self._failure.info))

    async def _release(self) -> None:
        self._performer.stop()
        self._ended.set()
        self._is_ready.set()
        if self.setup.recording is not None:
            self.setup.recording.close()
        for port in (self.setup.source, self.setup.sink):
            if port is not None:
                await port.close()


async def _record(recording: Recording, clock: Clock) -> None:
    while True:
        await clock.sleep(RECORD_EVERY_S)
        recording.only_played()
