"""Session id → live Session: one object per id in this process, one writer per id on this machine (P2, P9)."""

import asyncio
import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from types import TracebackType

import msgspec

from realtime_chat import __version__
from realtime_chat.core import session_id as ids
from realtime_chat.core.bus import Bus
from realtime_chat.core.errors import Category, ChatError, ErrorInfo, NotFound
from realtime_chat.core.events import (
    Envelope,
    Event,
    InstructionsChanged,
    Noticed,
    SessionResumed,
    SessionStarted,
    ToolResult,
    ToolsChanged,
    TurnFailed,
)
from realtime_chat.core.folding import Folding, fold
from realtime_chat.core.history import History
from realtime_chat.core.machine.answers import growing
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Clock, Recording
from realtime_chat.core.recorder import Recorder
from realtime_chat.core.seed import Seed
from realtime_chat.core.session import Session
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.statistics import SessionSummary, summary_of
from realtime_chat.core.store.directory import OpenLog, SessionStore

ORPHAN = "The program ended before this was answered."


class Supervisor:
    """An async context manager: sessions live inside it and are closed when it is left."""

    def __init__(self, store: SessionStore, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.bus = Bus()
        self._live: dict[str, Session] = {}
        self._starting = asyncio.Lock()
        self._crew = asyncio.TaskGroup()

    async def __aenter__(self) -> "Supervisor":
        await self._crew.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in list(self._live.values()):
            await session.close("client" if kind is None else "error")
        await self._crew.__aexit__(None, None, None)  # what was raised inside is not the group's to wrap

    async def start(self, session_id: str | None, setup: SessionSetup) -> Session:
        """A new session (None), the live one of this id, or an earlier one taken up again.

        Raises InvalidArguments (not an id), NotFound, WriterActive, CorruptLog, or what the connection failed
        with; a new session whose connection failed leaves nothing behind.
        """
        setup.check()
        async with self._starting:
            session = self._live.get(ids.check(session_id)) if session_id is not None else None
            if session is None:
                session = self._open(session_id, setup)
        await session.until_ready()
        return session

    def live(self, session_id: str) -> Session:
        """The live session. Raises NotFound when this process does not run it."""
        session = self._live.get(session_id)
        if session is None:
            raise NotFound("No session of that id is running here.", id=ids.check(session_id))
        return session

    def is_live(self, session_id: str) -> bool:
        """True while this process runs the session."""
        return session_id in self._live

    def history(self, session_id: str) -> History:
        """All of the log, folded now (P17). Raises NotFound, CorruptLog."""
        return self.view(session_id).history

    def summary(self, session_id: str) -> SessionSummary:
        """A session in numbers; it need not run (T18). Raises NotFound, CorruptLog."""
        lifecycle = self.live(session_id).machine.lifecycle if self.is_live(session_id) else None
        now, seconds = self.clock.wall(), self.clock.monotonic()
        return summary_of(
            self.history(session_id),
            now=now.isoformat(),
            lifecycle=lifecycle,
            dated=lambda at: (now - timedelta(seconds=seconds - at)).isoformat(),
        )

    def view(self, session_id: str) -> Folding:
        """The fold of the log, and of the answer that is growing right now."""
        folding = Folding()
        for envelope in self.store.read(session_id):
            folding.apply(envelope)
        if (session := self._live.get(session_id)) is not None:
            self._apply_growing(folding, session)
        return folding

    def _apply_growing(self, folding: Folding, session: Session) -> None:
        turn = session.machine.turn
        for event in growing(turn.answers, turn.turn_id) if turn is not None else ():
            ts = self.clock.wall().isoformat()
            folding.apply(Envelope(id="view", session_id=session.session_id, seq=None, ts=ts, data=event))

    def _open(self, session_id: str | None, setup: SessionSetup) -> Session:
        is_new = session_id is None
        if session_id is None:
            session_id = ids.generate(self.clock.wall())
        elif not self.store.exists(session_id):
            raise NotFound(
                f"There is no session {session_id}; `realtime-chat sessions list` shows yours.", id=session_id
            )
        opened = self.store.open(session_id)
        try:
            recorder = Recorder(opened.log, self.bus, self.clock)
            if not is_new:
                self._repair(session_id, recorder)
            history = fold(self.store.read(session_id))
            session = self._compose(session_id, setup, recorder, opened, history)
        except BaseException:
            opened.close()
            raise
        self._live[session_id] = session
        self._crew.create_task(self._run(session, opened), name=f"session-{session_id}")
        return session

    def _compose(
        self, session_id: str, setup: SessionSetup, recorder: Recorder, opened: OpenLog, history: History
    ) -> Session:
        options = _options(setup, history)
        machine = SessionMachine(
            options,
            speaker=setup.sink is not None,
            turns_before=len(history.turns),
            attended=setup.attended or setup.asker is not None,
            now=self.clock.monotonic(),
            chance=random.random,
            budget=setup.budget,
            classify=setup.profile.classify_error if setup.profile is not None else None,
        )
        opening = [
            _opening(setup, machine, resumed=not _is_new(history), set_aside=opened.log.set_aside_bytes)
        ]
        if not _is_new(history):
            opening += _otherwise(options, history)

        seed = Seed(
            lambda: self.store.read(session_id),
            options.seed_tokens,
            lambda ref: self.store.images.load(session_id, ref),
        )
        return Session(
            session_id,
            setup=setup,
            machine=machine,
            recorder=recorder,
            clock=self.clock,
            sync=opened.log.sync,
            ready=lambda first: _ready(
                recorder, seed, opening if first else [], setup.recording if first else None
            ),
            seed=seed.items,
        )

    def _repair(self, session_id: str, recorder: Recorder) -> None:
        """Answer what an earlier process left open, so that the provider's replay stays valid (P20, P21)."""
        history = fold(self.store.read(session_id))
        for call in history.open_calls:
            error = ErrorInfo(kind="orphan_tool_call", message=ORPHAN, category=Category.RETRYABLE)
            output = msgspec.json.encode({"error": ORPHAN}).decode()
            recorder.record(
                ToolResult(
                    turn_id=call.turn_id,
                    call_id=call.call_id,
                    name=call.name,
                    ok=False,
                    output=output,
                    error=error,
                )
            )
        for turn in history.open_turns:
            error = ErrorInfo(kind="orphan_turn", message=ORPHAN, category=Category.RETRYABLE)
            recorder.record(TurnFailed(turn_id=turn.turn_id, terminal_status="failed", error=error))

    async def _run(self, session: Session, opened: OpenLog) -> None:
        session_id = session.session_id
        try:
            await session.run()
        finally:
            self._live.pop(session_id, None)
            for what, step in (
                ("log", lambda: self._put_away(session_id, opened)),
                ("snapshot", lambda: self._leave_behind(session_id)),
            ):
                try:
                    step()
                except (ChatError, OSError) as error:  # one that fails keeps no other from its turn (T16)
                    self._tell(session_id, f"The {what} could not be finished: {error}")
            self.bus.end(session_id)
            session.released()

    def _put_away(self, session_id: str, opened: OpenLog) -> None:
        if lost := opened.close():
            self._tell(session_id, f"{lost} events could not be saved: the disk refused them.")

    def _tell(self, session_id: str, text: str) -> None:
        """Of what went wrong after the session's own end."""
        notice = Noticed(text=text, level="warning")
        ts = self.clock.wall().isoformat()
        self.bus.publish(Envelope(id="lost", session_id=session_id, seq=None, ts=ts, data=notice))

    def _leave_behind(self, session_id: str) -> None:
        """A snapshot beside the log; a session in which nothing was logged leaves nothing."""
        history = fold(self.store.read(session_id)) if self.store.exists(session_id) else History()
        if history.last_seq < 0:
            self.store.delete(session_id)
            return
        self.store.snapshot(session_id, history)


def _options(setup: SessionSetup, history: History) -> SessionOptions:
    """What the setup wants, and where it says nothing, what held before."""
    wanted = setup.options
    voice = wanted.voice
    if voice is None and setup.provider == history.provider:  # another one's voices have other names
        voice = history.voice or None
    offered = tuple(setup.toolbox.schemas()) if setup.toolbox is not None else ()
    return msgspec.structs.replace(
        wanted.for_mode(setup.mode),
        instructions=wanted.instructions or history.instructions,
        voice=voice,
        tools=wanted.tools or offered,
        titles=wanted.titles and not (history.name or history.titled),
    )


def _ready(recorder: Recorder, seed: Seed, opening: Iterable[Event], recording: Recording | None) -> None:
    """What a connection that got ready leaves in the log; the first one the most."""
    for event in opening:
        recorder.record(event)
    if recording is not None:
        recorder.record(recording.begin())
    if (news := seed.take_news()) is not None:
        recorder.record(news)


def _is_new(history: History) -> bool:
    """Nothing was logged yet."""
    return history.last_seq < 0


def _otherwise(options: SessionOptions, history: History) -> Iterator[Event]:
    """What a resumed talk is told that it was not before: with another agent, or by a flag."""
    tools = [tool.name for tool in options.tools]
    if options.instructions != history.instructions:
        yield InstructionsChanged(instructions=options.instructions)
    if tools != history.tools:
        yield ToolsChanged(tools=tools)


def _opening(setup: SessionSetup, machine: SessionMachine, *, resumed: bool, set_aside: int) -> Event:
    options = machine.options
    if resumed:
        return SessionResumed(
            provider=setup.provider,
            model=setup.model,
            transcription_model=options.transcription_model,
            voice=options.voice or "",
            mode=setup.mode,
            app_version=__version__,
            agent=setup.agent,
            intent=options.intent,
            set_aside_bytes=set_aside,
        )
    return SessionStarted(
        agent=setup.agent,
        intent=options.intent,
        provider=setup.provider,
        model=setup.model,
        transcription_model=options.transcription_model,
        voice=options.voice or "",
        mode=setup.mode,
        instructions=options.instructions,
        tools=[tool.name for tool in options.tools],
        app_version=__version__,
    )
