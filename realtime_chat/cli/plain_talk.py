"""A talk in a terminal without a screen: what is typed goes out line by line, what happens comes in as lines.

An empty line begins and ends what is spoken; hands-free it mutes. Ctrl+C interrupts, and ends an idle talk with 130
(P28); Ctrl+D ends it.
"""

import asyncio
import signal
import sys

from realtime_chat.audio.pcm_stream import ThreadedReads
from realtime_chat.cli import slash, stdin
from realtime_chat.cli.announcing import beside, timers_announced
from realtime_chat.cli.compose import Composition
from realtime_chat.cli.failures import INTERRUPTED
from realtime_chat.cli.plain import LinePresenter
from realtime_chat.cli.signals import endings, handled
from realtime_chat.cli.sound import Sound
from realtime_chat.cli.tui.asking import Asking
from realtime_chat.core.bus import Subscription
from realtime_chat.core.commands import Verdict
from realtime_chat.core.errors import ChatError, InvalidArguments

#: The words that allow; anything else denies (P19).
ALLOWING: dict[str, Verdict] = {
    "y": "allow",
    "yes": "allow",
    "a": "allow_session",
    "p": "allow_always",
}
DENYING = ("n", "no")
#: The words behind a slash that mean something here; the others need the screen.
WORDS = ("help", "mute", "ptt", "vad", "quit")


class LineTalk:
    """What a typed line means. It keeps no state of the talk: the session knows who listens."""

    def __init__(self, asking: Asking, lines: LinePresenter, *, ring: bool, unheard: str | None) -> None:
        """`unheard`: why nobody can be heard, in a line; None where there is a microphone."""
        self._asking = asking
        self._lines = lines
        self._ring = ring
        self._unheard = unheard

    def begin(self) -> None:
        """Hands-free, it listens from the start on."""
        self._asking.begin()
        self._tell_of_microphone()

    async def take(self, line: str) -> bool:
        """Do what the line means; False when it ends the talk. A refusal is a line, too."""
        try:
            if (asks := self._lines.asks) is not None:
                await self._decide(asks.call_id, line)
            elif not line:
                await self._talk()
            elif (typed := slash.read(line)) is not None:
                return await self._word(typed)
            else:
                await self._asking.send(line)
        except ChatError as error:
            self._lines.say(f"Error: {error.message}")
        return True

    async def cut(self) -> bool:
        """Ctrl+C; whether there was something to interrupt."""
        try:
            return await self._asking.cut()
        except ChatError:  # it has ended by itself meanwhile
            return False

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
        if status.hands_free and status.listening:
            self._lines.say("Muted.")
        self._tell_of_microphone()

    def _tell_of_microphone(self) -> None:
        status = self._asking.status()
        if status is not None and status.listening:
            self._lines.state("Listening.")
            self._bell()

    async def _word(self, typed: slash.Typed) -> bool:
        match typed.word.name if typed.word is not None else None:
            case "quit":
                return False
            case "mute":
                await self._talk()
            case "vad" | "ptt" as how:
                await self._change_turns(hands_free=how == "vad")
            case "help":
                self._help()
            case None:
                self._lines.say(slash.unknown(typed))
            case name:
                self._lines.say(f"/{name} needs the screen; nothing was sent.")
        return True

    def _help(self) -> None:
        self._lines.say("An empty line begins and ends what you say; hands-free it mutes.")
        self._lines.say("A typed line is sent; it interrupts an answer. Ctrl+C only interrupts.")
        for word in (one for one in slash.WORDS if one.name in WORDS):
            self._lines.say(f"{word.usage}: {word.summary}.")

    async def _change_turns(self, *, hands_free: bool) -> None:
        status = self._asking.status()
        if status is None or status.mode != "voice" or self._unheard is not None:
            self._lines.say("That needs voice mode and a microphone.")
            return
        if status.hands_free != hands_free:
            await self._asking.other_turns()
        self._lines.say("Hands-free." if hands_free else "Push-to-talk: Enter begins and ends what you say.")
        self._tell_of_microphone()

    def _bell(self) -> None:
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


async def talk_by_line(composition: Composition, *, quiet: bool, earcons: bool) -> int:
    """Hold the talk; the exit code: 0, or what ended it from outside."""
    lines = LinePresenter(put, ring=bell if earcons else nothing, quiet=quiet)
    session_id = await composition.start()
    sound = composition.sound
    talk = LineTalk(
        Asking(composition.conversation, session_id, hears=sound.microphone is not None),
        lines,
        ring=earcons,
        unheard=None if sound.microphone is not None else sound.note,
    )
    left, interrupted = Left(), asyncio.Event()
    attached = composition.conversation.attach(session_id, coalesce=True)
    with attached.events as events, handled({signal.SIGINT: interrupted.set, **endings(left.leave)}):
        _introduce(composition, lines)
        lines.earlier(attached.folding.history)
        talk.begin()
        async with (
            timers_announced(composition, session_id),
            beside(_follow(lines, events, left), "follow"),
            beside(_read(talk, left), "read"),
            beside(_interrupt(talk, interrupted, left), "interrupts"),
        ):
            return await left.code


class Left:
    """Whether the talk is to end: the first word counts."""

    def __init__(self) -> None:
        self.code: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def leave(self, code: int) -> None:
        """End with this exit code."""
        if not self.code.done():
            self.code.set_result(code)


async def _follow(lines: LinePresenter, events: Subscription, left: Left) -> None:
    async for envelope in events:
        lines.event(envelope)
    lines.say("The session is over.")
    left.leave(0)


async def _read(talk: LineTalk, left: Left) -> None:
    async for line in ThreadedReads(stdin.typed_lines()):
        if not await talk.take(line):
            break
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
    lines.state(f"You talk with {choice.name}, model {choice.model}: {choice.why}.")
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
