"""A title that a model gave, from the wire to the list of sessions."""

import asyncio
from pathlib import Path

from realtime_chat.core.commands import Rename
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from tests.core.driving import driver
from tests.core.transports.azure_peer import peer
from tests.core.transports.ways import Says, Told


async def ask(conversation: Conversation, session_id: str, text: str) -> None:
    await conversation.await_turn(session_id, await conversation.send(session_id, text))


async def test_a_talk_is_titled_beside_itself_and_the_list_shows_it_until_it_has_a_name(
    tmp_path: Path,
) -> None:
    async with peer() as playing, driver(tmp_path) as conversation:
        wanted = SessionOptions(turn_detection="none", titles=True)
        setup = SessionSetup(transport=playing.transport, options=wanted)
        session_id = await conversation.start(setup)
        playing.replies.extend([Says("One."), Says("Two."), Says("Counting"), Says("Three.")])
        with conversation.subscribe(session_id, only=["session_titled"]) as titled:
            await ask(conversation, session_id, "Count.")
            await ask(conversation, session_id, "Go on.")
            async with asyncio.timeout(5):
                await anext(titled)
        assert playing.heard == [Told("user", "User: Count.\nAssistant: One.\nUser: Go on.\nAssistant: Two.")]
        history = conversation.history(session_id)
        assert (history.title, len(history.turns), len(history.reports)) == ("Counting", 2, 3)
        await ask(conversation, session_id, "Go on.")
        assert [told.text for told in playing.heard][-2:] == ["Two.", "Go on."]
        await conversation.change(session_id, Rename(name="numbers"))
        await conversation.close(session_id)
        (listed,) = conversation.supervisor.store.summaries()
        assert (listed.name, listed.title) == ("numbers", "Counting")
        await conversation.start(setup, session_id)
        assert not conversation.supervisor.live(session_id).machine.options.titles
