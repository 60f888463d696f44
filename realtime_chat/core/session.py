"""The one stateful thing: a conversation's connection, turn slot, lifecycle and tasks.

| resource            | acquired                    | released by                                     |
|---------------------|-----------------------------|-------------------------------------------------|
| writer lease, log   | supervisor, before `run`    | supervisor, after `run` returned                |
| transport           | `connector`, one connection | its own `finally`                               |
| tasks               | `run`'s TaskGroup           | leaving it, which `_ended` causes               |
| speaker, microphone | the caller, in the setup    | `run`'s `finally`                               |
| subscriptions       | the Conversation            | the subscriber, or the bus at the session's end |
"""

import asyncio
from collections.abc import Callable

from realtime_chat.core.callbacks import Step
from realtime_chat.core.clock import leaves, within
from realtime_chat.core.commands import ClearAudio, Close, Command, CommitAudio, SetMode, SetTurnDetection
from realtime_chat.core.connector import Connector
from realtime_chat.core.errors import AlreadyClosed, ChatError, TransportError
from realtime_chat.core.events import CloseReason, LinkChanged, LinkState
from realtime_chat.core.kept_sound import MEANWHILE, UTTERANCE, KeptSound
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.messages import AppendAudio, Item
from realtime_chat.core.outbox import Outbox
from realtime_chat.core.performer import Performer
from realtime_chat.core.ports import Clock, Recording
from realtime_chat.core.recorder import Recorder
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.uplink import Uplink

#: Seconds that a close waits for its last messages to leave.
GOODBYE_S = 1.0
#: Seconds between two looks at what was played, where no microphone sets the pace of a recording.
RECORD_EVERY_S = 0.1

#: s16le.
SAMPLE_BYTES = 2
HALF_A_SAMPLE = "A piece of sound ended in the middle of a sample; it was left out."
KEPT_TOO_LITTLE = "More was said without a connection than could be kept; the first of it is lost."
#: After these, what was said so far is the model's, or nobody's.
_ENDS_UTTERANCE = (CommitAudio, ClearAudio, SetMode, SetTurnDetection)


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
        ready: Callable[[bool], None],
        seed: Callable[[], tuple[Item, ...]],
    ) -> None:
        """`ready` is told of each connection, whether it is the first; `seed` tells each what was said before."""
        self.session_id = session_id
        self.setup = setup
        self.machine = machine
        self._clock = clock
        self._sync = sync
        self._on_ready = ready
        self.connected_at: str | None = None
        self.asking = asyncio.Lock()  # for who waits for the end of each turn: first come, first served (X6)
        self._kept = KeptSound()
        outbox = self._outbox = Outbox()
        self.uplink = Uplink(setup, machine, self.append_audio, clock, overhears=self.overheard)
        self._bus = recorder.bus
        listen = self.uplink.listen
        self._performer = Performer(
            machine, listen, setup=setup, recorder=recorder, outbox=outbox, clock=clock, lines=self
        )
        self._connector = Connector(
            setup, machine, performer=self._performer, outbox=outbox, clock=clock, seed=seed, lost=self._lost
        )
        self.speaker = self._performer.speaker  # None where answers are not heard
        self._is_ready = asyncio.Event()
        self._ended = asyncio.Event()
        self._released = asyncio.Event()
        self._failure: ChatError | None = None

    # ------------------------------------------------------------ for the supervisor

    async def run(self) -> None:
        """Connect, converse, end. Raises nothing but CancelledError: failures become events."""
        callbacks = self._performer.callbacks
        try:
            async with asyncio.TaskGroup() as tellers:  # they outlive the crew: there is its end to tell of
                tellers.create_task(callbacks.serve(), name="callbacks")
                try:
                    await self._converse()
                finally:
                    callbacks.end()
        finally:
            await self._release()

    async def _converse(self) -> None:
        try:
            async with asyncio.TaskGroup() as crew:
                self._performer.start(crew)
                crew.create_task(self._connector.run(), name="connection")
                crew.create_task(_keep_synced(self._performer.sync_wanted, self._sync), name="log-sync")
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
            self._performer.stop()

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
        if isinstance(command, _ENDS_UTTERANCE):
            self._kept.clear()
        turn = self.machine.turn or before
        return turn.turn_id if turn is not None else None

    @property
    def queue_length(self) -> int:
        """Messages that wait for the wire."""
        return len(self._outbox)

    async def append_audio(self, pcm: bytes) -> None:
        """Send sound, 24 kHz mono s16le; waits while too much is on its way. Raises AlreadyClosed.

        While there is no connection it is kept for the next one, within bounds; in a pause it goes nowhere.
        """
        if self._ended.is_set():
            raise AlreadyClosed("This session is closed. Resume it to go on.")
        if len(pcm) % SAMPLE_BYTES:  # half a sample would turn all that follows into noise (J22)
            self._performer.warn(HALF_A_SAMPLE)
            return
        machine = self.machine
        if machine.options.push_to_talk:
            self._kept.keep(pcm, most=UTTERANCE)
        elif machine.comes_back:
            self._kept.keep(pcm, most=MEANWHILE)
        if machine.link is LinkState.READY:
            machine.audio_appended(len(pcm))
            await self._outbox.put_audio(AppendAudio(pcm=pcm))

    def overheard(self, speaking: bool) -> None:
        """The microphone's ear heard the user begin to speak, or pause."""
        self._performer.report(reports.VoiceHeard(speaking))

    async def linked(self) -> None:
        """Return when there is a connection, or none is on its way."""
        with self._bus.subscribe(self.session_id, only=[LinkChanged.type]) as moves:
            while self.machine.comes_back and await anext(aiter(moves), None) is not None:
                pass

    async def close(self, reason: CloseReason = "client") -> None:
        """End: cut the open turn, tell the server, let go of everything. Idempotent (M28)."""
        await self.finish(reason)
        await self._released.wait()

    async def finish(self, reason: CloseReason) -> None:
        """The same, and return when the end has begun."""
        if not self._ended.is_set() and self.machine.link is not LinkState.CLOSING:
            self.command(Close(reason=reason))
            if self._is_ready.is_set():
                await self._say_goodbye()
            self._performer.report(reports.LinkReleased(reason))
            self._ended.set()

    # ------------------------------------------------------------ tasks

    async def _say_goodbye(self) -> None:
        try:
            await within(self._clock, GOODBYE_S, self._outbox.drained(), "Saying goodbye")
        except ChatError:
            return  # the server hears of it by the closed socket

    # ------------------------------------------------------------ what becomes of the connection

    def became_ready(self) -> None:
        """The provider took our configuration, the first time or anew."""
        self.connected_at = self._clock.wall().isoformat()
        self._connector.ready()
        if self._kept.lost_bytes:
            self._performer.warn(KEPT_TOO_LITTLE)
        for piece in self._kept.pieces():  # what the last connection did not get, or took along
            self.machine.audio_appended(len(piece))
            self._outbox.put(AppendAudio(pcm=piece))
        if not self.machine.options.push_to_talk:
            self._kept.clear()
        self._on_ready(not self._is_ready.is_set())
        self._is_ready.set()

    def connect(self, after_s: float) -> None:
        """Another connection is wanted."""
        self._connector.connect(after_s)

    def hang_up(self) -> None:
        """This one is not wanted any more."""
        self._connector.hang_up()

    def disconnected(self, order: do.Disconnect) -> None:
        """None is wanted any more."""
        if order.error is not None and self._failure is None:
            self._failure = TransportError.of(order.error)
        self._is_ready.set()
        self._ended.set()

    def _lost(self, error: ChatError) -> None:
        if self._ended.is_set():
            return
        if not self._is_ready.is_set():
            self._failure = error
        self._performer.report(reports.LinkLost(error.info))

    def _crashed(self, error: BaseException) -> None:
        text = f"Something went wrong inside: {type(error).__name__}: {error}. What was said is kept."
        self._failure = ChatError(text, kind="internal")
        if not self._ended.is_set():
            self._performer.report(reports.LinkLost(self._failure.info))

    async def _release(self) -> None:
        """What is ours, then what the caller asked for; one that fails keeps no other from its turn (T16)."""
        self._ended.set()
        self._is_ready.set()
        setup = self.setup
        ours: list[Step] = [
            (f"Closing the {name}", port.close)
            for name, port in (
                ("recording", setup.recording),
                ("microphone", setup.source),
                ("speaker", setup.sink),
            )
            if port is not None
        ]
        await self._performer.callbacks.in_order((*ours, *setup.callbacks.cleanup))


async def _keep_synced(wanted: asyncio.Event, sync: Callable[[], None]) -> None:
    """Make the log survive a power loss, off the loop; wishes that come meanwhile are one."""
    while True:
        await wanted.wait()
        wanted.clear()
        await asyncio.to_thread(sync)


async def _record(recording: Recording, clock: Clock) -> None:
    while True:
        await clock.sleep(RECORD_EVERY_S)
        recording.only_played()
