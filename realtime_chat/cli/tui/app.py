"""The screen of `talk`, `text` and `resume`: draws what the conversation tells, asks what the keys mean.

It keeps no history, builds no prompt and runs no tool (P29): rows come from the fold that `attach` gives.
"""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Input, Static

from realtime_chat.cli.tui import keys
from realtime_chat.cli.tui.asking import Asking
from realtime_chat.cli.tui.banner import Banner
from realtime_chat.cli.tui.feed import Feed, Level, Note
from realtime_chat.cli.tui.widgets.approval import ApprovalCard
from realtime_chat.cli.tui.widgets.draft import Draft
from realtime_chat.cli.tui.widgets.help import HelpScreen
from realtime_chat.cli.tui.widgets.strip import StatusStrip, state_word
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import LevelMeasured, Mode, MuteApproaching

#: Seconds between two drawings: at most 30 a second, however fast words come.
FRAME_S = 1 / 30
INTERRUPTED = 130


class ChatApp(App[int]):
    """Returns the exit code: 0, or 130 when it was left by Ctrl+C. The session must run; it is not closed."""

    CSS_PATH = "app.tcss"
    TITLE = "realtime-chat"
    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS

    def __init__(
        self,
        conversation: Conversation,
        session_id: str,
        *,
        mode: Mode,
        banner: Banner,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        """`keymap`: other keys for the bindings of `keys`, by id."""
        super().__init__()
        self._draft = Draft(id="draft", placeholder="Say something")
        self._my_keys = dict(keymap or {})
        self._asking = Asking(conversation, session_id, hears=banner.microphone is not None)
        self._session_id = session_id
        self._banner = banner
        self._mode: Mode = mode
        self._armed = False  # one more Ctrl+C quits
        self._level: LevelMeasured | None = None
        self._mute_in_s = 0
        attached = conversation.attach(session_id, coalesce=True)
        self._events = attached.events
        self._feed = Feed(attached.folding)

    # ------------------------------------------------------------ drawing

    def compose(self) -> ComposeResult:
        """Strip, transcript, what waits for a word, input line, hint."""
        yield StatusStrip(self._banner, self._session_id)
        yield Transcript(self._feed)
        yield ApprovalCard(self._asking.answer)
        yield self._draft
        yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Begin to follow."""
        helping: Screen[None] = HelpScreen(keys.help_text(self._my_keys))
        self.install_screen(helping, "help")  # pyright: ignore[reportUnknownMemberType]
        self.set_keymap(self._my_keys)
        if (unknown := keys.unknown(self._my_keys)) is not None:
            self._say(unknown, "warning")
        self._draft.focus()
        self._asking.begin()
        self.run_worker(self._follow(), name="feed")
        for note in self._banner.notes:
            self._feed.add(Note(note, "warning"))
        self._draw()

    def on_unmount(self) -> None:
        """Stop listening to the session, which goes on."""
        self._events.close()

    async def _follow(self) -> None:
        """Draw what comes, in frames: all that came meanwhile is one drawing."""
        async for envelope in self._events:
            for each in (envelope, *self._events.waiting()):
                match each.data:
                    case LevelMeasured() as level:
                        self._level = level
                    case MuteApproaching(in_s=in_s):
                        self._mute_in_s = in_s
                    case _:
                        self._feed.apply(each)
            self._draw()
            await asyncio.sleep(FRAME_S)
        self._say("The session is over. Ctrl+D leaves.", "warning")

    def _draw(self) -> None:
        status = self._asking.status()
        if status is not None:
            self._mode = status.mode
        word = "closed" if status is None else state_word(status)
        screen = self.screen_stack[0]
        screen.query_one(StatusStrip).show(
            word,
            self._mode,
            self._level,
            volume=status.volume if status is not None else None,
            mute_in_s=self._mute_in_s,
        )
        screen.query_one(Transcript).redraw()
        screen.query_one(ApprovalCard).show(self._feed.asks)
        hands_free = status is not None and status.hands_free
        hint = keys.ARMED if self._armed else keys.hint(self._mode, hands_free=hands_free)
        screen.query_one("#hint", Static).update(hint, layout=False)

    def _say(self, text: str, level: Level = "info") -> None:
        self._feed.add(Note(text, level))
        self._draw()

    # ------------------------------------------------------------ keys

    async def on_event(self, event: events.Event) -> None:
        """Any other key than the second Ctrl+C takes the threat of quitting back."""
        if isinstance(event, events.Key) and event.key != "ctrl+c" and self._armed:
            self._armed = False
            self._draw()
        await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space and Ctrl+D belong to the input line unless it is empty; Space also in text mode."""
        if action not in ("talk", "leave"):
            return True
        if len(self.screen_stack) != 1 or self._draft.value:
            return False
        return action == "leave" or self._mode == "voice"

    @on(Input.Submitted)
    async def send(self, message: Input.Submitted) -> None:
        """Enter: cut what runs, then send; the draft stays when it could not be sent."""
        text = message.value.strip()
        with self._telling():
            if text:
                await self._asking.send(text)
                self._draft.clear()

    async def action_talk(self) -> None:
        """Space."""
        if self._banner.microphone is None:
            note = self._banner.audio_note or "No microphone was found."
            self._say(f"You cannot be heard. {note}", "warning")
            return
        with self._telling():
            await self._asking.talk()

    async def action_dismiss(self) -> None:
        """Esc."""
        with self._telling():
            await self._asking.cut()

    async def action_step_back(self) -> None:
        """Ctrl+C: cut, clear, or (twice) quit."""
        with self._telling():
            if await self._asking.cut():
                return
            if self._draft.value:
                self._draft.clear()
            elif self._armed:
                self.exit(INTERRUPTED)
            else:
                self._armed = True

    def action_leave(self) -> None:
        """Ctrl+D on an empty line."""
        self.exit(0)

    async def action_quit(self) -> None:
        """The palette's word for it."""
        self.exit(0)

    async def action_other_mode(self) -> None:
        """Ctrl+T: from the next turn on."""
        with self._telling():
            await self._asking.other_mode()

    async def action_other_turns(self) -> None:
        """F2: hands-free, or push-to-talk; from the next turn on."""
        if self._mode != "voice" or self._banner.microphone is None:
            self._say("Hands-free needs voice mode and a microphone.", "warning")
            return
        with self._telling():
            hands_free = await self._asking.other_turns()
            self._say(
                "Hands-free: it listens all the time."
                if hands_free
                else "Push-to-talk: Space begins and ends."
            )

    def action_change_volume(self, by: int) -> None:
        """Ctrl+Up, Ctrl+Down: at once."""
        with self._telling():
            self._asking.change_volume(by)

    def action_scroll(self, how: str) -> None:
        """Look back or forth without leaving the input line."""
        transcript = self.screen_stack[0].query_one(Transcript)
        if how == "page_up":
            transcript.scroll_page_up(animate=False)
        else:
            transcript.scroll_page_down(animate=False)

    @contextmanager
    def _telling(self) -> Generator[None]:
        """A refusal stands in place; the talk goes on."""
        try:
            yield
        except ChatError as error:
            self._say(error.message, "error")
        self._draw()
