"""A real conversation with a scripted model behind a real screen."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from realtime_chat.cli.tui.app import ChatApp
from realtime_chat.cli.tui.banner import Banner
from realtime_chat.cli.tui.widgets.draft import Draft
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.cli.words.desk import Desk, Leaving
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import Mode
from realtime_chat.core.messages import (
    Configure,
    CreateItem,
    CreateResponse,
    Incoming,
    Item,
    OutputText,
    OutputTextDelta,
    ResponseCreated,
    ResponseDone,
    SessionCreated,
    SessionUpdated,
)
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.ports import (
    AudioSink,
    AudioSource,
    CancelFlag,
    Clock,
    Gate,
    SoundCard,
    Toolbox,
    ToolOutcome,
    ToolRequest,
)
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import Script, ScriptedTransport, Step, emit, expect

BANNER = Banner(
    provider="local",
    why="no key was found",
    model="parrot",
    voice="en",
    microphone=None,
    speaker=None,
    audio_note="PortAudio is missing.",
)
OPENING: list[Step] = [*emit(SessionCreated()), *expect(Configure, SessionUpdated())]


def asked(*answers: Incoming) -> list[Step]:
    """One typed question and what the model says to it."""
    return [*expect(CreateItem), *expect(CreateResponse, *answers)]


def begun(text: str, number: int = 1) -> list[Incoming]:
    """An answer that has not ended."""
    response, item = f"r{number}", f"a{number}"
    return [
        ResponseCreated(response_id=response),
        OutputTextDelta(response_id=response, item_id=item, delta=text),
    ]


def answered(text: str, number: int = 1) -> list[Incoming]:
    """A whole written answer."""
    response, item = f"r{number}", f"a{number}"
    said = Item(item_id=item, kind="message", role="assistant", status="completed", text=text)
    return [
        *begun(text, number),
        OutputText(response_id=response, item_id=item, text=text),
        ResponseDone(response_id=response, status="completed", items=(said,)),
    ]


def called(name: str, arguments: str, number: int = 1) -> list[Incoming]:
    """A response that is one tool call."""
    item = Item(
        item_id=f"f{number}", kind="function_call", call_id=f"c{number}", name=name, arguments=arguments
    )
    return [
        ResponseCreated(response_id=f"r{number}"),
        ResponseDone(response_id=f"r{number}", status="completed", items=(item,)),
    ]


class Tools:
    """A toolbox that answers every call with the same, when it is let."""

    def __init__(self, output: str, *, ok: bool = True) -> None:
        self.may_end = asyncio.Event()
        self._output = output
        self._ok = ok

    def schemas(self):
        return ()

    async def run(
        self,
        batch: Sequence[ToolRequest],
        cancel: CancelFlag,
        on_outcome: Callable[[ToolOutcome], None],
        on_progress: Callable[[str, str], None],
        gate: Gate | None = None,
    ) -> Sequence[ToolOutcome]:
        await self.may_end.wait()
        outcomes = [
            ToolOutcome(call_id=one.call_id, name=one.name, ok=self._ok, output=self._output, duration_ms=7)
            for one in batch
        ]
        for outcome in outcomes:
            on_outcome(outcome)
        return outcomes


@dataclass
class Stage:
    """What a test sees and touches."""

    app: ChatApp
    pilot: Pilot[Leaving]
    conversation: Conversation
    session_id: str
    transport: ScriptedTransport

    @property
    def screen(self) -> str:
        """The transcript as one reads it."""
        transcript = self.app.screen_stack[0].query_one(Transcript)
        return "\n".join(transcript.render_line(y).text.rstrip() for y in range(transcript.size.height))

    @property
    def strip(self) -> str:
        return str(self.app.screen_stack[0].query_one("StatusStrip", Static).render())

    @property
    def hint(self) -> str:
        return str(self.app.screen_stack[0].query_one("#hint", Static).render())

    @property
    def top(self) -> str:
        """All that one sees, with what lies over the talk."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())  # pyright: ignore[reportPrivateUsage]

    @property
    def draft(self) -> Draft:
        return self.app.screen_stack[0].query_one("#draft", Draft)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return as soon as it holds; a screen that never gets there fails with what it shows."""
        try:
            async with asyncio.timeout(5):
                while not holds():
                    await self.pilot.pause()
        except TimeoutError:
            raise AssertionError(f"{self.strip}\n{self.screen}\n{self.hint}") from None

    async def shows(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.screen for text in texts))

    async def type(self, text: str) -> None:
        self.draft.value = text
        await self.pilot.press("enter")


@asynccontextmanager
async def staged(
    folder: Path,
    script: Script = (),
    *,
    mode: Mode = "text",
    toolbox: Toolbox | None = None,
    sink: AudioSink | None = None,
    source: AudioSource | None = None,
    banner: Banner = BANNER,
    session_id: str | None = None,
    clock: Clock | None = None,
    hands_free: bool = False,
    mute_after_s: float = 0.0,
    card: SoundCard | None = None,
    size: tuple[int, int] = (80, 24),
    keymap: Mapping[str, str] | None = None,
    desk: Desk | None = None,
    provider: str = "local",
    later: Script = (),
) -> AsyncGenerator[Stage]:
    """A screen that is up, over a session that is ready. `later`: what a second connection does."""
    transport = ScriptedTransport([*OPENING, *script])
    connections = iter([transport, ScriptedTransport(later)])
    clock = clock or SystemClock()
    async with Supervisor(SessionStore(folder / "sessions", clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        setup = SessionSetup(
            transport=lambda: next(connections),
            options=SessionOptions(
                turn_detection=ServerVad() if hands_free else "none",
                mute_after_s=mute_after_s,
                idle_timeout_s=0,
                total_timeout_s=0,
            ),
            provider=provider,
            model="parrot",
            mode=mode,
            toolbox=toolbox,
            attended=True,
            sink=sink,
            source=source,
            card=card,
        )
        session_id = await conversation.start(setup, session_id)
        banner = replace(banner, provider=provider)
        app = ChatApp(conversation, session_id, mode=mode, banner=banner, keymap=keymap, desk=desk)
        async with app.run_test(size=size) as pilot:
            yield Stage(app, pilot, conversation, session_id, transport)
