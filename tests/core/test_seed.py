"""What a new connection is told of a long talk: its last part, and the log says what was left out."""

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import HistoryTrimmed
from realtime_chat.core.messages import CreateItem, Item
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.replay import latest
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import ScriptedTransport, expect
from tests.core.driving import ASKED, DONE, READY, WORDS

TEXTS = st.text(max_size=200)
MESSAGE = st.builds(lambda text: [Item(item_id="", kind="message", role="user", text=text)], TEXTS)
CALL = st.builds(
    lambda arguments, output: [
        Item(item_id="", kind="function_call", call_id="c", name="f", arguments=arguments),
        Item(item_id="", kind="function_call_output", call_id="c", output=output),
    ],
    TEXTS,
    TEXTS,
)


@given(st.lists(MESSAGE | CALL, max_size=20), st.integers(0, 600))
def test_the_end_of_a_talk_is_told_as_far_as_it_fits_and_calls_keep_their_outputs(
    talk: list[list[Item]], tokens: int
) -> None:
    items = [item for entry in talk for item in entry]
    told = latest(items, tokens)
    assert told == items[len(items) - len(told) :]
    assert not told or told[0].kind != "function_call_output"
    assert (
        sum(len(one.text or "") + len(one.output or "") + len(one.arguments or "") for one in told)
        <= 4 * tokens
    )


def test_a_talk_that_fits_is_told_whole() -> None:
    items = [Item(item_id="", kind="message", role="user", text="hello")] * 3
    assert latest(items, 1000) == items


async def test_what_a_connection_is_not_told_stands_in_the_log(tmp_path: Path) -> None:
    clock, store = VirtualClock(), SessionStore(tmp_path, VirtualClock())
    options = SessionOptions(turn_detection="none", seed_tokens=20)
    greeted, configured, ready = READY
    first = ScriptedTransport([*READY, *ASKED, WORDS, DONE])
    transports = iter([first])
    setup = SessionSetup(transport=lambda: next(transports), options=options)
    async with asyncio.timeout(10), Supervisor(store, clock) as supervisor:
        conversation = Conversation(supervisor)
        session_id = await conversation.start(setup)
        turn = await conversation.send(
            session_id, "a question that is much too long to be told a second time"
        )
        await conversation.await_turn(session_id, turn)
        await conversation.close(session_id)
        second = ScriptedTransport([greeted, configured, expect(CreateItem), ready])
        transports = iter([second])
        await conversation.start(
            SessionSetup(transport=lambda: next(transports), options=options), session_id
        )
        assert [one.item.text for one in second.sent if isinstance(one, CreateItem)] == ["Hello"]
        notes = [one.data for one in store.read(session_id) if isinstance(one.data, HistoryTrimmed)]
        assert notes == [HistoryTrimmed(told=1, left_out=1)]
