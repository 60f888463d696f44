"""The screen of `talk`, `text` and `resume`: draws what the conversation tells, asks what the keys mean.

It keeps no history, builds no prompt and runs no tool (P29): rows come from the fold that `attach` gives.
"""

import asyncio
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from realtime_chat.cli import slash
from realtime_chat.cli.asking import Asking
from realtime_chat.cli.tui import keys
from realtime_chat.cli.tui.banner import Banner
from realtime_chat.cli.tui.editor import edited
from realtime_chat.cli.tui.input_history import typed_in
from realtime_chat.cli.tui.screen_stage import ScreenStage
from realtime_chat.cli.tui.surface import LIVE, Manner, Place, Surface
from realtime_chat.cli.tui.widgets.draft import Composer, Draft
from realtime_chat.cli.words.desk import Desk, Leaving
from realtime_chat.cli.words.hand import Hand
from realtime_chat.cli.words.vocabulary import Vocabulary
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import Mode

#: Seconds between two drawings: at most 30 a second, however fast words come.
FRAME_S = 1 / 30
INTERRUPTED = 130
#: Columns from which on there is room for two things side by side.
WIDE = 100
PLACEHOLDER = "Type here, or / for words"


class ChatApp(App[Leaving]):
    """Returns the exit code (0, or 130 when it was left by Ctrl+C), or what to go on with.

    The session must run; it is not closed. `surface` draws, `draft` is typed into, `stage` is the words', `followed`
    is what comes.
    """

    CSS_PATH = "app.tcss"
    TITLE = "realtime-chat"
    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS
    MANNER: ClassVar[Manner] = LIVE
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - as Textual declares it

    def __init__(
        self,
        conversation: Conversation,
        session_id: str,
        *,
        mode: Mode,
        banner: Banner,
        keymap: Mapping[str, str] | None = None,
        desk: Desk | None = None,
    ) -> None:
        """`keymap`: other keys for the bindings of `keys`, by id."""
        super().__init__()
        desk = desk or Desk()
        self._my_keys = dict(keymap or {})
        self._asking = Asking(conversation, session_id, hears=banner.microphone is not None)
        self._banner = banner
        attached = conversation.attach(session_id, coalesce=True)
        self.followed = attached.events
        supervisor = conversation.supervisor
        place = Place(
            banner,
            session_id,
            desk,
            store=supervisor.store,
            wall=supervisor.clock.wall,
            manner=self.MANNER,
        )
        self.surface = Surface(self, attached.folding, self._asking, place, mode=mode)
        self.stage = ScreenStage(self, self.surface, place)
        self._words = Vocabulary(
            Hand(self.stage, self._asking, conversation=conversation, session_id=session_id, desk=desk)
        )
        self.draft = Draft(placeholder=PLACEHOLDER, history=typed_in(attached.folding.history))

    # ------------------------------------------------------------ drawing

    def compose(self) -> ComposeResult:
        """Strip, transcript, what waits for a word, input line, hint."""
        yield from self.surface.widgets(Composer(self.draft, self._words.choices))

    def on_mount(self) -> None:
        """Begin to follow."""
        self.set_keymap(self._my_keys)
        self.draft.focus()
        self._asking.begin()
        self.surface.begin(self._my_keys)
        self.run_worker(self._follow(), name="feed")
        self.set_interval(1.0, self.surface.tick)

    def on_unmount(self) -> None:
        """Stop listening to the session, which goes on."""
        self.followed.close()
        self.surface.end()

    async def _follow(self) -> None:
        """Draw what comes, in frames: all that came meanwhile is one drawing."""
        async for envelope in self.followed:
            for each in (envelope, *self.followed.waiting()):
                self.surface.take(each)
            self.surface.draw()
            await asyncio.sleep(FRAME_S)
        self.surface.say("The session is over. Ctrl+D leaves.", "warning")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette knows the words behind a slash, too."""
        yield from super().get_system_commands(screen)  # pyright: ignore[reportUnknownMemberType]
        for word in slash.WORDS:
            typed = slash.Typed(word.name, "", word)
            if not word.argument or word.argument.startswith("["):
                yield SystemCommand(f"/{word.name}", word.summary, partial(self._run_word, typed))

    # ------------------------------------------------------------ keys

    async def on_event(self, event: events.Event) -> None:
        """Any other key than the second Ctrl+C takes the threat of quitting back."""
        if isinstance(event, events.Key) and event.key != "ctrl+c" and self.surface.armed:
            self.surface.armed = False
            self.surface.draw()
        await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space and Ctrl+D belong to the input line unless it is empty; Space also in text mode. What moves the
        transcript is for what lies over it, while something does."""
        if action not in ("talk", "leave"):
            return action not in ("look", "edit") or len(self.screen_stack) == 1
        if len(self.screen_stack) != 1 or self.draft.value:
            return False
        return action == "leave" or self.surface.mode == "voice"

    @on(Draft.Submitted)
    async def send(self, message: Draft.Submitted) -> None:
        """Enter: a word behind a slash is ours; else cut what runs, then send. What was refused stays in the draft."""
        text = message.value.strip()
        with self._telling():
            if (typed := slash.read(text)) is not None:
                await self._words.run(typed)
            elif text:
                await self._asking.send(text)
            if text and (typed is None or typed.word is not None):
                self.draft.sent()

    async def action_talk(self) -> None:
        """Space."""
        if self._banner.microphone is None:
            note = self._banner.audio_note or "No microphone was found."
            self.surface.say(f"You cannot be heard. {note}", "warning")
            return
        with self._telling():
            await self._asking.talk()

    async def action_dismiss(self) -> None:
        """Esc: the innermost thing first."""
        with self._telling():
            if not self.stage.select_nothing() and not self.surface.forget_find():
                await self._asking.cut()

    async def action_step_back(self) -> None:
        """Ctrl+C: copy what is selected, cut, clear, or (twice) quit."""
        with self._telling():
            if self.stage.copy_selected() or await self._asking.cut():
                return
            if self.draft.value:
                self.draft.value = ""
            elif self.surface.armed:
                self.exit(INTERRUPTED)
            else:
                self.surface.armed = True

    def action_leave(self) -> None:
        """Ctrl+D on an empty line."""
        self.exit(0)

    async def _run_word(self, typed: slash.Typed) -> None:
        with self._telling():
            await self._words.run(typed)

    async def action_other_mode(self) -> None:
        """Ctrl+T: from the next turn on."""
        with self._telling():
            await self._asking.other_mode()

    async def action_other_turns(self) -> None:
        """F2: hands-free, or push-to-talk; from the next turn on."""
        if self.surface.mode != "voice" or self._banner.microphone is None:
            self.surface.say("Hands-free needs voice mode and a microphone.", "warning")
            return
        with self._telling():
            hands_free = await self._asking.other_turns()
            self.surface.say(
                "Hands-free: it listens all the time."
                if hands_free
                else "Push-to-talk: Space begins and ends."
            )

    def action_change_volume(self, by: int) -> None:
        """Ctrl+Up, Ctrl+Down: at once."""
        with self._telling():
            self._asking.change_volume(by)

    def action_look(self, how: str) -> None:
        """Page up and down, turns, hits, tool cards: without leaving the input line."""
        self.surface.look(how)

    def action_edit(self) -> None:
        """Ctrl+G: write the draft in the user's editor."""
        with self._telling():
            self.draft.value = edited(self, self.draft.value)

    @contextmanager
    def _telling(self) -> Generator[None]:
        """A refusal stands in place; the talk goes on."""
        try:
            yield
        except ChatError as error:
            self.surface.say(error.message, "error")
        self.surface.draw()
