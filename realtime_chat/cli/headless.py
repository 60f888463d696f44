"""Turns without a screen: one PROMPT, a spoken file, or one line of stdin after another."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

from realtime_chat.audio.pcm_stream import ThreadedReads
from realtime_chat.cli import stdin
from realtime_chat.cli.announcing import beside, timers_announced
from realtime_chat.cli.company import Company
from realtime_chat.cli.compose import Composition
from realtime_chat.cli.failures import INTERRUPTED
from realtime_chat.cli.present import Presenter, exit_code
from realtime_chat.cli.signals import endings, handled
from realtime_chat.core.bus import Subscription
from realtime_chat.core.commands import Interrupt
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import AudioUnavailable, InvalidArguments, NoTurn
from realtime_chat.core.events import TERMINAL
from realtime_chat.core.images import Picture
from realtime_chat.core.ports import AudioSource
from realtime_chat.core.printable import one_line

Begin = Callable[[Conversation, str], Awaitable[str]]


class Stopped(Exception):
    """A signal ended the run; carries the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Over(Exception):
    """The session ended by itself: its time, its money, or its connection."""


class Run:
    """A session on its way, and a presenter that is shown every event of this process, in order."""

    def __init__(
        self,
        conversation: Conversation,
        session_id: str,
        presenter: Presenter,
        events: Subscription,
        await_idle_s: float,
        company: Company | None = None,
    ) -> None:
        """`company`: each turn of the user's ends when those beside the talk took it in."""
        self._company = company
        self.conversation = conversation
        self.session_id = session_id
        self._presenter = presenter
        self._events = events
        self._await_idle_s = await_idle_s

    async def turn(self, begin: Begin) -> int:
        """One turn, after one that the program began by itself; the exit code."""
        running = self.conversation.status(self.session_id).turn_id
        if running is not None:
            await self._until_ended(running)
        return await self._until_ended(await begin(self.conversation, self.session_id))

    async def attend(self) -> None:
        """Show what happens between the user's turns, until cancelled; raises _Over at the session's end."""
        async for envelope in self._events:
            self._presenter.event(envelope)
            if isinstance(envelope.data, TERMINAL):
                history = self.conversation.history(self.session_id)
                turn_id = envelope.data.turn_id
                self._presenter.ended(history, next(one for one in history.turns if one.turn_id == turn_id))
        raise _Over

    async def _until_ended(self, turn_id: str) -> int:
        conversation, session_id = self.conversation, self.session_id
        entry = await conversation.await_turn(
            session_id,
            turn_id,
            events=self._events,
            on_event=self._presenter.event,
            idle_timeout_s=self._await_idle_s,
        )
        if self._company is not None:
            await self._company.settled(turn_id)
            for envelope in self._events.waiting():
                self._presenter.event(envelope)
        history = conversation.history(session_id)
        self._presenter.ended(history, entry)
        return exit_code(history, entry)

    async def close(self) -> None:
        """End the session, and show its last events."""
        await self.conversation.close(self.session_id)
        async for envelope in self._events:
            self._presenter.event(envelope)


@asynccontextmanager
async def run(composition: Composition, presenter: Presenter, *, await_idle_s: float) -> AsyncGenerator[Run]:
    """Start (or resume), converse inside, close."""
    conversation = composition.conversation
    resumed = composition.session_id
    before = conversation.history(resumed).last_seq if resumed is not None else -1
    for note in composition.notes:
        print(f"warning: {one_line(note)}", file=sys.stderr)
    session_id = await composition.start()
    if (damage := conversation.history(session_id).damage) is not None:
        print(f"warning: {one_line(str(damage))}", file=sys.stderr)
    with conversation.subscribe(session_id) as events, _stoppable(conversation, session_id):
        for envelope in conversation.supervisor.store.read(session_id):
            if envelope.seq is not None and envelope.seq > before:  # what was logged until there was a reader
                presenter.event(envelope)
        held = Run(conversation, session_id, presenter, events, await_idle_s, composition.company)
        yield held
        await held.close()


async def one_turn(
    composition: Composition, begin: Begin, presenter: Presenter, *, await_idle_s: float
) -> int:
    """One turn of a session; the exit code."""
    async with run(composition, presenter, await_idle_s=await_idle_s) as held:
        return await held.turn(begin)


async def lines(composition: Composition, presenter: Presenter, *, await_idle_s: float) -> int:
    """One turn a line of stdin until its end; the last turn's exit code."""
    code = 0
    read = aiter(ThreadedReads(stdin.lines()))
    async with (
        run(composition, presenter, await_idle_s=await_idle_s) as held,
        timers_announced(composition, held.session_id),
    ):
        while (text := await _next_line(read, held)) is not None:
            code = await held.turn(typed(text))
    return code


async def _next_line(read: AsyncIterator[str], held: Run) -> str | None:
    """None at the end of stdin, or of the session. What happens meanwhile is shown."""
    with suppress(_Over):
        async with beside(held.attend(), "between-lines"):
            return await anext(read, None)
    return None


def typed(text: str, images: Sequence[Picture] = ()) -> Begin:
    """A typed turn, and the pictures that go with it."""

    async def begin(conversation: Conversation, session_id: str) -> str:
        return await conversation.send(session_id, text, images)

    return begin


def spoken(source: AudioSource) -> Begin:
    """A spoken turn: all of the sound, then the commit. The source is closed, also when either fails."""

    async def begin(conversation: Conversation, session_id: str) -> str:
        try:
            async for frame in source.frames():
                await conversation.append_audio(session_id, frame)
            turn_id = await conversation.commit_audio(session_id)
        finally:
            await source.close()
        if turn_id is None:
            raise AudioUnavailable("The recording is shorter than a tenth of a second; speak longer.")
        return turn_id

    return begin


@contextmanager
def _stoppable(conversation: Conversation, session_id: str) -> Generator[None]:
    """Ctrl+C interrupts the turn, and ends an idle run with 130 (P28); SIGTERM and SIGHUP end it with theirs."""
    task = asyncio.current_task()
    assert task is not None
    stopped: list[int] = []

    def stop(code: int) -> None:
        stopped.append(code)
        task.cancel()

    def interrupt() -> None:
        session = conversation.supervisor.live(session_id)
        if session.machine.turn is None:
            stop(INTERRUPTED)
        else:
            with suppress(NoTurn):
                session.command(Interrupt())

    try:
        with handled({signal.SIGINT: interrupt, **endings(stop)}):
            yield
    except asyncio.CancelledError:
        if not stopped:
            raise
        task.uncancel()
        raise Stopped(stopped[0]) from None


def require_text(text: str | None) -> str:
    """The prompt. Raises InvalidArguments when it is blank."""
    if text is None or not text.strip():
        raise InvalidArguments("The prompt is empty; there is nothing to ask.")
    return text.strip()
