"""The screen for `talk`, `text` and `resume`: it subscribes, folds, draws, asks; it decides nothing (P29).

Deltas are folded as they come and drawn at most FPS times a second, only the entries that changed.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, cast

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Key
from textual.widgets import Input, Static

from realtime_chat.cli.tui.lines import entry_text, labelled
from realtime_chat.core import events as ev
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import ChatError, NoTurn
from realtime_chat.core.events import Mode, TurnPhase
from realtime_chat.core.printable import one_line

FPS = 30
PHASES = {
    TurnPhase.IDLE: "ready",
    TurnPhase.HEARING: "listening",
    TurnPhase.THINKING: "thinking",
    TurnPhase.RESPONDING: "answering",
    TurnPhase.ACTING: "using tools",
    TurnPhase.SPEAKING: "speaking",
}
KEYS = "Enter send · Space (empty) talk · Esc interrupt · Ctrl+T text⇄voice · Ctrl+D quit"


@dataclass(frozen=True, slots=True)
class Banner:
    """What the status line tells of this run."""

    provider: str
    why: str
    model: str
    sound: str


class Prompt(Input):
    """The input line; Space and Ctrl+D mean something else while it is empty."""

    BINDINGS: ClassVar[list[BindingType]] = []

    async def _on_key(self, event: Key) -> None:
        if not self.value and event.key in ("space", "ctrl+d"):
            event.stop()
            event.prevent_default()
            app = cast("App[int]", self.app)  # pyright: ignore[reportUnknownMemberType]
            await app.run_action("talk" if event.key == "space" else "leave")
            return
        await super()._on_key(event)


class ChatApp(App[int]):
    """Returns the exit code: 0, or 130 after Ctrl+C twice."""

    CSS = """
    #status { height: 2; background: $panel; color: $text; padding: 0 1; }
    #transcript { padding: 0 1; }
    #transcript Static { margin-bottom: 1; }
    #hint { height: 1; color: $text-muted; padding: 0 1; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "interrupt", "Interrupt", id="interrupt", priority=True),
        Binding("ctrl+c", "stop", "Stop", id="stop", priority=True),
        Binding("ctrl+t", "switch", "Text or voice", id="mode", priority=True),
        Binding("ctrl+q", "leave", "Quit", id="quit", priority=True),
    ]

    def __init__(self, conversation: Conversation, session_id: str, *, mode: Mode, banner: Banner) -> None:
        super().__init__()
        self._conversation = conversation
        self._session_id = session_id
        self._mode: Mode = mode
        self._banner = banner
        self._attached = conversation.attach(session_id, coalesce=True)
        self._drawn: list[tuple[Static, Text]] = []
        self._notices: list[Text] = []
        self._changed = True
        self._armed: Literal["no", "quit"] = "no"

    def compose(self) -> ComposeResult:
        """Status, transcript, hint, input."""
        yield Static(id="status", markup=False)
        yield VerticalScroll(id="transcript", can_focus=False)
        yield Static(KEYS, id="hint", markup=False)
        yield Prompt(placeholder="Type, or press Space to talk", id="prompt")

    async def on_mount(self) -> None:
        """Begin to follow the session."""
        self.query_one(Prompt).focus()
        self.set_interval(1 / FPS, self._draw)
        self.run_worker(self._follow(), name="feed", exclusive=True)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: what runs is interrupted, then the text is sent."""
        text = event.value.strip()
        if not text:
            return
        try:
            await self._cut()
            await self._conversation.send(self._session_id, text)
        except ChatError as error:
            self._tell(error.message)
            return
        event.input.value = ""

    def on_input_changed(self) -> None:
        """Who types does not want to quit: the second Ctrl+C is disarmed."""
        self._disarm()

    async def action_interrupt(self) -> None:
        """Esc: cut the running turn; never quits."""
        self._disarm()
        await self._cut()

    async def action_stop(self) -> None:
        """Ctrl+C: interrupt, else clear the draft, else quit when pressed twice (P28)."""
        prompt = self.query_one(Prompt)
        if self._phase() is not TurnPhase.IDLE:
            await self._cut()
        elif prompt.value:
            prompt.value = ""
        elif self._armed == "quit":
            self.exit(130)
        else:
            self._armed = "quit"
            self._hint("Press Ctrl+C again to quit")

    def action_leave(self) -> None:
        """Ctrl+D on an empty line."""
        self.exit(0)

    async def action_switch(self) -> None:
        """Answers in writing or aloud."""
        other: Mode = "text" if self._mode == "voice" else "voice"
        try:
            await self._conversation.set_mode(self._session_id, other)
        except ChatError as error:
            self._tell(error.message)
            return
        self._mode = other
        self._changed = True

    async def action_talk(self) -> None:
        """Space on an empty line: begin to talk, or send what was said."""
        session = self._conversation.supervisor.live(self._session_id)
        if session.setup.source is None:
            self._tell(f"You cannot be heard: {self._banner.sound}.")
            return
        try:
            if session.listening:
                self._conversation.listen(self._session_id, False)
                await self._conversation.commit_audio(self._session_id)
            else:
                await self._cut()
                await self._conversation.clear_audio(self._session_id)
                self._conversation.listen(self._session_id, True)
        except ChatError as error:
            self._tell(error.message)
        self._changed = True

    async def _cut(self) -> None:
        try:
            await self._conversation.interrupt(self._session_id)
        except NoTurn:
            return

    async def _follow(self) -> None:
        async for envelope in self._attached.events:
            self._attached.folding.apply(envelope)
            match envelope.data:
                case ev.Noticed(text=text):
                    self._tell(text)
                case ev.ErrorOccurred(error=error) | ev.TurnFailed(error=error):
                    self._tell(error.message)
                case _:
                    pass  # the fold has taken it
            self._changed = True
        self._tell("The session has ended. Ctrl+D leaves; `realtime-chat resume` goes on.")

    def _draw(self) -> None:
        if not self._changed:
            return
        self._changed = False
        self.query_one("#status", Static).update(self._status())
        transcript = self.query_one("#transcript", VerticalScroll)
        follows = transcript.scroll_offset.y >= transcript.max_scroll_y - 1
        texts = [entry_text(entry) for entry in self._attached.folding.history.items]
        for (widget, old), new in zip(self._drawn, texts, strict=False):
            if old != new or old.spans != new.spans:
                widget.update(new)
        self._drawn = [(widget, new) for (widget, _), new in zip(self._drawn, texts, strict=False)]
        fresh = [(Static(text, markup=False), text) for text in texts[len(self._drawn) :]]
        self._drawn += fresh
        notices = [Static(text, markup=False) for text in self._notices]
        self._notices.clear()
        added = [widget for widget, _ in fresh] + notices
        if added:
            transcript.mount(*added)
        if follows:
            transcript.scroll_end(animate=False)

    def _status(self) -> Text:
        banner, phase = self._banner, self._phase()
        listening = self._is_listening() and phase is TurnPhase.IDLE
        word = "listening, Space sends" if listening else PHASES[phase]
        first = f"● {word} · {self._mode} · {banner.provider} · {banner.model} ({banner.why})"
        return Text(one_line(first) + "\n" + one_line(f"session {self._session_id} · {banner.sound}"))

    def _phase(self) -> TurnPhase:
        if not self._conversation.supervisor.is_live(self._session_id):
            return TurnPhase.IDLE
        return self._conversation.status(self._session_id).phase

    def _is_listening(self) -> bool:
        supervisor = self._conversation.supervisor
        return supervisor.is_live(self._session_id) and supervisor.live(self._session_id).listening

    def _tell(self, text: str) -> None:
        self._notices.append(labelled("Error") + Text(one_line(text)))
        self._changed = True

    def _hint(self, text: str) -> None:
        self.query_one("#hint", Static).update(text)

    def _disarm(self) -> None:
        if self._armed == "quit":
            self._armed = "no"
            self._hint(KEYS)
