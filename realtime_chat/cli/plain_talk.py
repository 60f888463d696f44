"""A talk in a terminal without a screen: what is typed goes out line by line, what happens comes in as lines.

An empty line begins and ends what is spoken; hands-free it mutes. Ctrl+C interrupts, and ends an idle talk with 130
(P28); Ctrl+D ends it.
"""

import asyncio
import signal
import sys
from collections.abc import Iterator

from realtime_chat.audio.pcm_stream import ThreadedReads
from realtime_chat.cli import slash
from realtime_chat.cli.announcing import beside, timers_announced
from realtime_chat.cli.asking import Asking
from realtime_chat.cli.compose import Composition
from realtime_chat.cli.failures import INTERRUPTED
from realtime_chat.cli.plain import LinePresenter
from realtime_chat.cli.plain_stage import LineStage
from realtime_chat.cli.signals import endings, handled
from realtime_chat.cli.sound import Sound
from realtime_chat.cli.words.desk import Desk, Leaving
from realtime_chat.cli.words.hand import Hand
from realtime_chat.cli.words.vocabulary import Vocabulary
from realtime_chat.core.agents.assistant.agent import ASSISTANT
from realtime_chat.core.bus import Subscription
from realtime_chat.core.commands import Verdict
from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.core.status import SessionStatus

#: The words that allow; anything else denies (P19).
ALLOWING: dict[str, Verdict] = {
    "y": "allow",
    "yes": "allow",
    "a": "allow_session",
    "p": "allow_always",
}
DENYING = ("n", "no")


class LineTalk:
    """What a typed line means. It keeps no state of the talk: the session knows who listens."""

    def __init__(
        self,
        hand: Hand,
        stage: LineStage,
        lines: LinePresenter,
        *,
        ring: bool,
        unheard: str | None,
    ) -> None:
        """`unheard`: why nobody can be heard, in a line; None where there is a microphone."""
        self._asking = hand.asking
        self._words = Vocabulary(hand)
        self._stage = stage
        self._lines = lines
        self._ring = ring
        self._unheard = unheard

    def begin(self) -> None:
        """Hands-free, it listens from the start on."""
        self._asking.begin()
        status = self._asking.status()
        if status is not None and status.listening:
            self._tell_of_listening()

    async def take(self, line: str) -> None:
        """Do what the line means. A refusal is a line, too, and so is what it changed."""
        before = self._asking.status()
        try:
            await self._do(line)
        except ChatError as error:
            self._lines.say(f"Error: {error.message}")
        after = self._asking.status()
        if before is not None and after is not None:
            self._tell_changes(before, after)

    async def cut(self) -> bool:
        """Ctrl+C; whether there was something to interrupt."""
        try:
            return await self._asking.cut()
        except ChatError:  # it has ended by itself meanwhile
            return False

    async def _do(self, line: str) -> None:
        if (asks := self._lines.asks) is not None:
            await self._decide(asks.call_id, line)
        elif not line:
            await self._talk()
        elif (typed := slash.read(line)) is not None:
            await self._words.run(self._stage.taken(typed))
        else:
            await self._asking.send(line)

    async def _decide(self, call_id: str, line: str) -> None:
        word = line.lower()
        if word not in ALLOWING and word not in DENYING:
            self._lines.say("That was none of y, a and p, so it is a no; it was not sent as a message.")
        try:
            await self._asking.answer(call_id, ALLOWING.get(word, "deny"))
        except InvalidArguments:
            self._lines.say("That call waits no more.")

    async def _talk(self) -> None:
        status = self._asking.status()
        if status is None or status.mode != "voice":
            return
        if self._unheard is not None:
            self._lines.say(f"You cannot be heard. {self._unheard}")
            return
        await self._asking.talk()

    def _tell_changes(self, before: SessionStatus, after: SessionStatus) -> None:
        if after.mode != before.mode:
            self._lines.state(f"{after.mode.capitalize()} mode.")
        if after.listening and not before.listening:
            self._tell_of_listening()
        elif before.listening and not after.listening and after.hands_free and after.mode == "voice":
            self._lines.say("Muted.")

    def _tell_of_listening(self) -> None:
        self._lines.state("Listening.")
        if self._ring:
            bell()


def bell() -> None:
    """The terminal's own sound."""
    sys.stdout.write("\a")
    sys.stdout.flush()


def put(line: str) -> None:
    """A whole line, at once: what one types meanwhile is echoed before or after it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def nothing() -> None:
    """Where no sound is wanted."""


async def talk_by_line(
    composition: Composition, typed: Iterator[str], *, desk: Desk, quiet: bool, earcons: bool
) -> Leaving:
    """Hold the talk; the exit code (0, or that of what ended it from outside), or what to go on with.

    `typed` gives lines as they are typed, and outlives the talk: what was typed ahead is for the next one.
    """
    lines = LinePresenter(put, ring=bell if earcons else nothing, quiet=quiet)
    conversation = composition.conversation
    lines.state(f"Connecting to {composition.provider.name}.")
    session_id = await composition.start()
    sound = composition.sound
    left, interrupted = Left(), asyncio.Event()
    stage = LineStage(lines, conversation, session_id, desk=desk, leave=left.leave)
    asking = Asking(conversation, session_id, hears=sound.microphone is not None)
    hand = Hand(stage, asking, conversation=conversation, session_id=session_id, desk=desk)
    unheard = None if sound.microphone is not None else sound.note
    talk = LineTalk(hand, stage, lines, ring=earcons, unheard=unheard)
    attached = conversation.attach(session_id, coalesce=True)
    with attached.events as events, handled({signal.SIGINT: interrupted.set, **endings(left.leave)}):
        _introduce(composition, lines)
        lines.earlier(attached.folding.history)
        talk.begin()
        async with (
            timers_announced(composition, session_id),
            beside(_follow(lines, events, left), "follow"),
            beside(_read(talk, typed, left), "read"),
            beside(_interrupt(talk, interrupted, left), "interrupts"),
        ):
            return await left.how


class Left:
    """Whether the talk is to end: the first word counts."""

    def __init__(self) -> None:
        self.how: asyncio.Future[Leaving] = asyncio.get_running_loop().create_future()

    def leave(self, how: Leaving) -> None:
        """End with this exit code, or go on with another talk."""
        if not self.how.done():
            self.how.set_result(how)


async def _follow(lines: LinePresenter, events: Subscription, left: Left) -> None:
    async for envelope in events:
        lines.event(envelope)
    lines.say("The session is over.")
    left.leave(0)


async def _read(talk: LineTalk, typed: Iterator[str], left: Left) -> None:
    async for line in ThreadedReads(typed):
        await talk.take(line)
        if left.how.done():  # the next line is for the next talk
            return
    left.leave(0)


async def _interrupt(talk: LineTalk, interrupted: asyncio.Event, left: Left) -> None:
    while await interrupted.wait():
        interrupted.clear()
        put("")  # the terminal shows ^C where the cursor stands
        if not await talk.cut():
            left.leave(INTERRUPTED)


def _introduce(composition: Composition, lines: LinePresenter) -> None:
    """With whom one talks, through what, and how."""
    choice, sound, setup = composition.provider, composition.sound, composition.setup
    for note in composition.notes:
        lines.say(f"Warning: {note}")
    agent = "" if setup.agent == ASSISTANT.name else f", agent {setup.agent}"
    lines.state(f"You talk with {choice.name}, model {choice.model}{agent}: {choice.why}.")
    if composition.company is not None and composition.company.names:
        lines.state(f"Beside the talk: {', '.join(composition.company.names)}.")
    if setup.mode == "voice":
        lines.say(_devices(sound))
    lines.state(f"{_how(composition)} Ctrl+C interrupts, Ctrl+D ends, /help tells more.")


def _devices(sound: Sound) -> str:
    if sound.microphone is None:
        return f"You cannot be heard, but you can type. {sound.note}"
    if sound.speaker is None:
        return f"You cannot hear the answers, but read them. {sound.note}"
    return f"Microphone: {sound.microphone}. Speaker: {sound.speaker}."


def _how(composition: Composition) -> str:
    setup = composition.setup
    if setup.mode != "voice" or composition.sound.microphone is None:
        return "Type a message and press Enter."
    if setup.options.turn_detection != "none":
        return "Just talk, Enter mutes; or type a message."
    return "Enter begins and ends what you say; or type a message."
