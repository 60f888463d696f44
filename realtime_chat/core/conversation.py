"""The stateless driver (P1): functions over a session id. It holds one reference, the Supervisor, and nothing
else: no process, no cache, no presentation. A presenter talks to a model through this and through nothing else.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from realtime_chat.core import commands as ask
from realtime_chat.core.bus import Subscription
from realtime_chat.core.clock import within
from realtime_chat.core.commands import Verdict
from realtime_chat.core.errors import AlreadyClosed, InvalidArguments, NotFound, NoTurn
from realtime_chat.core.events import Announced, CloseReason, Envelope, InterruptReason
from realtime_chat.core.folding import Folding
from realtime_chat.core.history import History, TurnEntry
from realtime_chat.core.images import Picture
from realtime_chat.core.options import TurnOptions
from realtime_chat.core.session import Session
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.status import SessionStatus, status_of
from realtime_chat.core.supervisor import Supervisor

#: Seconds of silence on the bus after which a waiting caller gets TimedOut; the turn goes on (P6).
AWAIT_IDLE_S = 120.0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A view taken in one step: `folding` is all so far, the live partial included; `events` goes on from there."""

    folding: Folding
    events: Subscription


@dataclass(frozen=True, slots=True)
class Conversation:
    """Every method takes a session id; all but `start`, `history` and `summary` raise NotFound when it
    does not run here."""

    supervisor: Supervisor

    async def start(
        self,
        setup: SessionSetup,
        session_id: str | None = None,
        *,
        overrides: Mapping[str, Any] | None = None,
    ) -> str:
        """Begin (no id), re-attach, or resume; returns the id (P2), once the provider took the configuration.

        `overrides`: options by name, of this session alone, over those of the setup (M8). Raises InvalidArguments,
        NotFound{id}, WriterActive, CorruptLog, or a TransportError (P3).
        """
        mine = replace(setup, options=setup.options.overridden(overrides)) if overrides else setup
        return (await self.supervisor.start(session_id, mine)).session_id

    async def send(
        self,
        session_id: str,
        text: str,
        images: Sequence[Picture] = (),
        *,
        options: TurnOptions | None = None,
    ) -> str:
        """Begin a typed turn and return its id at once. Raises SessionBusy while one runs (P4).

        With pictures: once they are kept beside the log. Raises InvalidArguments where the model cannot see.
        `options` hold for this turn.
        """
        session = self.supervisor.live(session_id)
        keep = self.supervisor.store.images.keep
        kept = [await asyncio.to_thread(keep, session_id, one) for one in images]
        command = ask.SendText(text=text, images=tuple(kept), options=options or TurnOptions())
        return _turn(session, command)

    def listen(self, session_id: str, on: bool) -> None:
        """Let the microphone's sound through to the model, or not."""
        self.supervisor.live(session_id).command(ask.Listen(on=on))

    def set_volume(self, session_id: str, percent: int) -> None:
        """How loud answers are from now on, 0 to 100. Raises InvalidArguments beyond, or without a speaker."""
        speaker = self.supervisor.live(session_id).speaker
        if speaker is None:
            raise InvalidArguments("There is no speaker whose volume could change.")
        if not 0 <= percent <= 100:
            raise InvalidArguments(f"The volume is 0 to 100 percent, not {percent}.")
        speaker.set_volume(percent)

    async def append_audio(self, session_id: str, pcm: bytes) -> None:
        """More of the user's voice, 24 kHz mono s16le; waits while too much is on its way."""
        await self.supervisor.live(session_id).append_audio(pcm)

    async def commit_audio(self, session_id: str) -> str | None:
        """Push-to-talk: make what was said a turn; its id, or None when it was too short to be speech.

        A microphone that listens is heard out first, then it listens no more; without a connection, the next one is
        waited for. Raises SessionBusy, and Unreachable where none is on its way.
        """
        session = self.supervisor.live(session_id)
        held_ms = await session.uplink.hear_out()
        await session.linked()
        session.command(ask.CommitAudio(held_ms=held_ms))
        turn = session.machine.turn
        return turn.turn_id if turn is not None else None

    async def clear_audio(self, session_id: str) -> None:
        """Push-to-talk: forget what was said."""
        self.supervisor.live(session_id).command(ask.ClearAudio())

    async def announce(self, session_id: str, text: str) -> str:
        """Tell the user something that nobody asked for, aloud in voice mode; the id of the turn that tells it.

        Waits for a quiet moment, and returns when the turn has begun. Raises AlreadyClosed when the session ends
        before (nothing was told then), SessionBusy when too many wait.
        """
        item_id = f"announced_{uuid4().hex[:12]}"
        with self.subscribe(session_id, only=[Announced.type]) as told:
            self.supervisor.live(session_id).command(ask.Announce(text=text, item_id=item_id))
            async for envelope in told:
                if isinstance(envelope.data, Announced) and envelope.data.item_id == item_id:
                    return envelope.data.turn_id
        raise AlreadyClosed("The session ended before this was told.")

    async def answer(self, session_id: str, call_id: str, verdict: Verdict) -> None:
        """A human's word on a call that waits for approval. Raises InvalidArguments when none waits."""
        self.supervisor.live(session_id).command(ask.Answer(call_id=call_id, verdict=verdict))

    async def interrupt(self, session_id: str, reason: InterruptReason = "manual") -> str:
        """Cut the running turn; its id. Raises NoTurn when nothing runs (P8)."""
        return _turn(self.supervisor.live(session_id), ask.Interrupt(reason=reason))

    async def set_paused(self, session_id: str, on: bool) -> None:
        """On: cut what runs and let go of the connection; the talk stays (J16). Off: connect, also where the tries to
        came to their end. What is so already stays so.
        """
        self.supervisor.live(session_id).command(ask.Pause() if on else ask.Resume())

    async def change(self, session_id: str, change: ask.Change) -> None:
        """Something of the session is otherwise from now on: see each of them.

        Raises SessionBusy for the mode and the turn detection while a turn runs, Unreachable for the instructions
        without a connection, InvalidArguments for a name that is none.
        """
        self.supervisor.live(session_id).command(change)

    async def set_hands_free(self, session_id: str, on: bool) -> None:
        """Let a detector end the user's turns, or the user; from the next turn on. Raises SessionBusy."""
        session = self.supervisor.live(session_id)
        session.command(ask.SetTurnDetection(detection=session.setup.hands_free if on else "none"))
        if session.setup.card is not None:
            session.setup.card.hands_free(on)

    async def await_turn(
        self,
        session_id: str,
        turn_id: str,
        *,
        events: Subscription | None = None,
        on_event: Callable[[Envelope], None] | None = None,
        idle_timeout_s: float = AWAIT_IDLE_S,
    ) -> TurnEntry:
        """Wait for a turn's one terminal event: completed, partial_failed, failed, interrupted, timed_out.

        `on_event` sees every event of the session meanwhile: of `events`, a subscription that the caller made
        before (and keeps), or from now on. Raises TimedOut after `idle_timeout_s` without any event; the turn
        goes on. The slot is free when this returns (P6, P7), and no announcement takes it for a moment. A turn that had
        ended already returns at once.
        """
        with nullcontext(events) if events is not None else self.subscribe(session_id) as heard:
            turn = await _until_ended(self.supervisor, heard, turn_id, on_event, idle_timeout_s)
            if on_event is not None:
                for envelope in heard.waiting():
                    on_event(envelope)
        if turn is None:
            raise NotFound("There is no such turn in this session.", turn_id=turn_id)
        return turn

    def history(self, session_id: str) -> History:
        """All that was said, folded from the log now (P17); the session need not run. Raises NotFound, CorruptLog."""
        return self.supervisor.history(session_id)

    def subscribe(
        self, session_id: str, *, only: Iterable[str] | None = None, coalesce: bool = False
    ) -> Subscription:
        """Events from now on. Close the subscription to stop (P8)."""
        self.supervisor.live(session_id)
        return self.supervisor.bus.subscribe(session_id, only=only, coalesce=coalesce)

    def attach(self, session_id: str, *, coalesce: bool = False) -> Attachment:
        """All so far and the stream from there, in one step: nothing is missed or told twice."""
        events = self.subscribe(session_id, coalesce=coalesce)
        return Attachment(self.supervisor.view(session_id), events)

    def status(self, session_id: str) -> SessionStatus:
        """A snapshot of the link and the slot (J10)."""
        return status_of(self.supervisor.live(session_id))

    async def close(self, session_id: str, reason: CloseReason = "client") -> None:
        """End the session; idempotent (M28)."""
        if self.supervisor.is_live(session_id):
            await self.supervisor.live(session_id).close(reason)


def _turn(session: Session, command: ask.Command) -> str:
    turn_id = session.command(command)
    if turn_id is None:
        raise NoTurn("Nothing is running.")
    return turn_id


async def _until_ended(
    supervisor: Supervisor,
    events: Subscription,
    turn_id: str,
    on_event: Callable[[Envelope], None] | None,
    idle_timeout_s: float,
) -> TurnEntry | None:
    folding = supervisor.view(events.session_id)
    while (turn := folding.turn(turn_id)) is not None and turn.status == "running":
        envelope = await within(supervisor.clock, idle_timeout_s, anext(events, None), "Waiting for the turn")
        if envelope is None:  # the session is over; its last word on the turn is in the log
            return supervisor.view(events.session_id).turn(turn_id)
        folding.apply(envelope)
        if on_event is not None:
            on_event(envelope)
    return turn
