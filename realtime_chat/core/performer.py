"""Performs what the machine decides, effect by effect, in order; decides nothing.

Tasks it starts (tool batches, timers, the wait for the speaker) belong to the session's TaskGroup and report
back into the machine.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol, assert_never

from realtime_chat.core.callbacks import CallbackRuns
from realtime_chat.core.commands import Answer
from realtime_chat.core.errors import AlreadyClosed, InvalidArguments
from realtime_chat.core.events import CloseReason, Event, LevelMeasured, Noticed, PlaybackAdvanced
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.outbox import Outbox
from realtime_chat.core.ports import Clock, Ledger
from realtime_chat.core.recorder import Recorder
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.speaker import Speaker
from realtime_chat.core.tool_runs import ToolRuns

#: What is told of a device that is not there.
SILENT = LevelMeasured()


class Lines(Protocol):
    """Who has the connection. Above: the Performer. Below: the Session."""

    def became_ready(self) -> None:
        """The provider took our configuration."""
        ...

    def hang_up(self) -> None:
        """Close the connection; the session goes on."""
        ...

    def connect(self, after_s: float) -> None:
        """Make another one, in so many seconds."""
        ...

    async def finish(self, reason: CloseReason) -> None:
        """End the session in good order."""
        ...

    def disconnected(self, order: do.Disconnect) -> None:
        """The session is over."""
        ...


class Performer:
    """One per session; `start` lends it the task group."""

    def __init__(
        self,
        machine: SessionMachine,
        listen: Callable[[bool], None],
        *,
        setup: SessionSetup,
        recorder: Recorder,
        outbox: Outbox,
        clock: Clock,
        lines: "Lines",
    ) -> None:
        """`listen` opens and closes the microphone."""
        self._machine = machine
        self.callbacks = CallbackRuns(setup.callbacks, machine.lifecycle, clock, self.warn)
        self._tools = ToolRuns(setup, report=self.report, answer=self._answer, record=self.record)
        self._recorder = recorder
        self._outbox = outbox
        self._clock = clock
        self._lines = lines
        self._listen = listen
        self.speaker = (
            Speaker(setup.sink, clock, self._played, volume=setup.volume) if setup.sink is not None else None
        )
        self.sync_wanted = asyncio.Event()
        self._crew: asyncio.TaskGroup | None = None
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._level = SILENT

    def start(self, crew: asyncio.TaskGroup) -> None:
        """Tasks go into this group from now on."""
        self._crew = crew
        if self.speaker is not None:
            crew.create_task(self.speaker.report_progress(), name="playback-progress")

    def stop(self) -> None:
        """The group is ending: start nothing any more, ask running tools to stop."""
        self._crew = None
        self._tools.stop()

    def record(self, event: Event) -> None:
        """Log (when durable), then publish."""
        self._recorder.record(event)

    def _played(self, progress: PlaybackAdvanced) -> None:
        self.record(progress)
        self.report(reports.PlaybackReached({progress.item_id: progress.played_ms}))

    def warn(self, text: str) -> None:
        """One line for the user."""
        self.record(Noticed(text=text, level="warning"))

    def levels(self, decibel: Mapping[str, float]) -> None:
        """How loud the devices are; told only when it changed by a whole dB."""
        measured = LevelMeasured(
            input_db=round(decibel.get("microphone", SILENT.input_db)),
            output_db=round(decibel.get("speaker", SILENT.output_db)),
        )
        if measured != self._level:
            self._level = measured
            self.record(measured)

    def report(self, report: reports.Report) -> None:
        """Tell the machine what became of an effect, and perform what follows from it."""
        self.perform(self._machine.report(report, self._clock.monotonic()))

    def perform(self, effects: list[do.Effect]) -> None:
        """Every effect, in order."""
        for effect in effects:
            self._perform_one(effect)

    def _perform_one(self, effect: do.Effect) -> None:
        match effect:
            case do.Emit(event):
                self._recorder.record(event)
            case do.Send(message):
                self._outbox.put(message)
            case do.Sync():
                self.sync_wanted.set()
            case do.Listen(on):
                self._listen(on)
            case do.RunTools():
                self._spawn(effect)
            case do.CancelTools(batch_id):
                self._tools.cancel(batch_id)
            case do.Resolve(call_id, ruling):
                self._tools.resolve(call_id, ruling)
            case do.StartTimer(name):
                self._stop_timer(name)
                self._spawn(effect)
            case do.StopTimer(name):
                self._stop_timer(name)
            case do.NotifyHandlers(move):
                self.callbacks.moved(move)
            case do.NotifyDeadline(deadline):
                self.callbacks.passed(deadline)
            case do.Ready() | do.HangUp() | do.Reconnect() | do.EndSession() | do.Disconnect():
                self._perform_line(effect)
            case (
                do.Play()
                | do.FinishPlayback()
                | do.FlushPlayback()
                | do.ForgetPlayback()
                | do.Duck()
                | do.AwaitPlayback()
            ):
                self._perform_sound(effect)
            case _:
                assert_never(effect)

    def _perform_line(
        self, effect: do.Ready | do.HangUp | do.Reconnect | do.EndSession | do.Disconnect
    ) -> None:
        match effect:
            case do.Ready():
                self._lines.became_ready()
            case do.HangUp():
                self._lines.hang_up()
            case do.Reconnect(after_s):
                self._lines.connect(after_s)
            case do.EndSession(reason):
                if self._crew is not None:
                    self._crew.create_task(self._lines.finish(reason), name="end")
            case do.Disconnect():
                self._lines.disconnected(effect)
            case _:
                assert_never(effect)

    def _perform_sound(
        self,
        effect: do.Play
        | do.FinishPlayback
        | do.FlushPlayback
        | do.ForgetPlayback
        | do.Duck
        | do.AwaitPlayback,
    ) -> None:
        match effect:
            case do.Play(item_id, pcm):
                if self.speaker is not None:
                    self.speaker.play(item_id, pcm)
            case do.FinishPlayback(item_id):
                if self.speaker is not None:
                    self.speaker.finish(item_id)
            case do.FlushPlayback():
                ledger: Ledger = self.speaker.flush() if self.speaker is not None else {}
                self.report(reports.PlaybackFlushed(ledger))
            case do.ForgetPlayback():
                if self.speaker is not None:
                    self.speaker.forget()
            case do.Duck(on):
                if self.speaker is not None:
                    self.speaker.duck(on)
            case do.AwaitPlayback():
                self._spawn(effect)
            case _:
                assert_never(effect)

    def _spawn(self, effect: do.RunTools | do.StartTimer | do.AwaitPlayback) -> None:
        if self._crew is None:
            return
        match effect:
            case do.RunTools():
                self._crew.create_task(self._tools.run(effect), name=f"tools-{effect.batch_id}")
            case do.StartTimer():
                task = self._crew.create_task(self._time(effect), name=f"timer-{effect.name}")
                self._timers[effect.name] = task
            case do.AwaitPlayback():
                self._crew.create_task(self._await_playback(effect), name="playback-end")
            case _:
                assert_never(effect)

    def _stop_timer(self, name: str) -> None:
        task = self._timers.pop(name, None)
        if task is not None:
            task.cancel()

    def _answer(self, command: Answer) -> None:
        """The asker's word; one that comes too late changes nothing."""
        with suppress(InvalidArguments, AlreadyClosed):
            self.perform(self._machine.command(command, self._clock.monotonic()))

    async def _await_playback(self, order: do.AwaitPlayback) -> None:
        cut = False
        if self.speaker is not None:
            await self.speaker.played_out(order.at_most_ms)
            self.speaker.tell_progress()
            cut = self.speaker.was_cut()
        self.report(reports.PlaybackEnded(order.turn_id, cut))

    async def _time(self, order: do.StartTimer) -> None:
        await self._clock.sleep(order.seconds)
        self._timers.pop(order.name, None)  # ours: whatever follows may start it anew
        self.report(reports.TimerFired(order.name))
