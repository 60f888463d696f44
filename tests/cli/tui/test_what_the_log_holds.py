"""Through a real server and a real socket: the screen shows what the log holds, whenever it joined."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from realtime_chat.cli.tui.app import ChatApp
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.cli.words.desk import Leaving
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import TextDelta, TranscriptDelta
from realtime_chat.core.folding import Folding, fold
from realtime_chat.core.history import AssistantEntry, History, ToolEntry
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.virtual_audio import VirtualSink
from realtime_chat.tools.standard import standard_toolbox
from tests.cli.tui.stage import BANNER
from tests.local.serving import TOKEN, running
from tests.local.slow_engines import WORDS, Mouth, engines


@asynccontextmanager
async def talking(folder: Path, mouth: Mouth) -> AsyncGenerator[tuple[Conversation, str]]:
    """A spoken session with a server of its own."""
    clock = SystemClock()
    async with (
        running(engines(mouth)) as url,
        Supervisor(SessionStore(folder / "sessions", clock), clock) as supervisor,
    ):
        endpoint = OpenAIEndpoint(model="local-commands", base_url=url, api_key=lambda: TOKEN)
        setup = SessionSetup(
            transport=lambda: openai_transport(endpoint),
            options=SessionOptions(turn_detection="none"),
            mode="voice",
            toolbox=standard_toolbox(workspace=folder, data_dir=folder / "data", clock=clock),
            sink=VirtualSink(clock),
        )
        conversation = Conversation(supervisor)
        session_id = await conversation.start(setup)
        yield conversation, session_id
        mouth.gate.set()
        await conversation.close(session_id)


@asynccontextmanager
async def screen(
    conversation: Conversation, session_id: str
) -> AsyncGenerator[tuple[ChatApp, Pilot[Leaving]]]:
    app = ChatApp(conversation, session_id, mode="voice", banner=BANNER)
    async with app.run_test(size=(100, 40)) as pilot:
        yield app, pilot


def shown(app: ChatApp) -> str:
    """What was said, as the screen has it."""
    said = app.screen_stack[0].query_one(Transcript).whole().splitlines()
    return "\n".join(line for line in said if "Talking with" not in line).strip()


def logged(conversation: Conversation, session_id: str) -> History:
    return fold(conversation.supervisor.store.read(session_id))


async def until(pilot: Pilot[Leaving], holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await pilot.pause(0.02)


async def ask(conversation: Conversation, session_id: str, text: str) -> None:
    turn_id = await conversation.send(session_id, text)
    assert (await conversation.await_turn(session_id, turn_id)).status == "completed"


async def test_the_screen_shows_what_the_log_holds_and_so_does_one_that_joins_later(tmp_path: Path) -> None:
    async with (
        talking(tmp_path, Mouth()) as (conversation, session_id),
        screen(conversation, session_id) as (first, pilot),
    ):
        await ask(conversation, session_id, WORDS)
        await ask(conversation, session_id, "hello there")
        async with screen(conversation, session_id) as (second, _):
            await until(pilot, lambda: "said hello there" in shown(first) and shown(first) == shown(second))
        history = logged(conversation, session_id)
        said = [one.text for one in history.items if isinstance(one, AssistantEntry)]
        assert any(isinstance(one, ToolEntry) for one in history.items)
        assert all(text in shown(first) for text in (WORDS, "hello there", *said))
        assert shown(first).count("said hello there") == 1


async def test_one_that_joins_in_the_middle_of_an_answer_misses_nothing_and_repeats_nothing(
    tmp_path: Path,
) -> None:
    # C24: word for word, against the log
    mouth = Mouth()
    mouth.pause_after = 2
    story = " ".join(f"word{number}" for number in range(12))
    async with (
        talking(tmp_path, mouth) as (conversation, session_id),
        screen(conversation, session_id) as (first, pilot),
    ):
        growing = conversation.subscribe(session_id, only=[TextDelta.type, TranscriptDelta.type])
        turn_id = await conversation.send(session_id, story)
        await anext(growing)
        async with screen(conversation, session_id) as (second, _):
            partial = shown(second)
            assert "word0" in partial
            mouth.pause_after = 0
            mouth.gate.set()
            await conversation.await_turn(session_id, turn_id)
            await until(pilot, lambda: f"said {story}" in " ".join(shown(second).split()))
            await until(pilot, lambda: shown(first) == shown(second))
        (answer,) = [one for one in logged(conversation, session_id).items if isinstance(one, AssistantEntry)]
        assert answer.text == f"said {story}"
        assert " ".join(shown(first).split()).count("word11") == 2  # the question, and the answer once


async def test_a_live_fold_and_the_log_tell_the_same_history(tmp_path: Path) -> None:
    async with talking(tmp_path, Mouth()) as (conversation, session_id):
        attached = conversation.attach(session_id)
        for text in (WORDS, "one more"):
            await ask(conversation, session_id, text)
        folding: Folding = attached.folding
        for envelope in attached.events.waiting():
            folding.apply(envelope)
        history = logged(conversation, session_id)
        for one in (*folding.history.items, *history.items):
            if isinstance(one, AssistantEntry):
                one.at = one.done_at  # only who was there knows when it began
        assert folding.history == history
