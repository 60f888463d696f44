"""Items of the provider's own: kept as they came, told again at their place to the same model, to no other (P34)."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from realtime_chat.core import messages as wire
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import LinkState
from realtime_chat.core.message_parts import MOST_RAW, Item
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.transports.openai.decode import decode
from realtime_chat.core.transports.openai.encode import encode
from realtime_chat.core.transports.scripted import Script, ScriptedTransport, emit, expect
from tests.core.driving import ASKED, DONE, WORDS, driver

THOUGHT = {"id": "th_1", "type": "reasoning", "encrypted_content": "9f\u00e9=", "summary": [], "n": 1.5}


def hello(model: str) -> list[Any]:
    return [*emit(wire.SessionCreated(model=model)), *expect(wire.Configure)]


def item_done(item: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": "conversation.item.done", "item": item})


def output_done(item: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": "response.output_item.done", "response_id": "r1", "item": item})


def talk(model: str, *thoughts: bytes) -> Script:
    """A turn in which the model left something of its own."""
    left = emit(*(decode(thought) for thought in thoughts))
    return [*hello(model), *emit(wire.SessionUpdated()), *ASKED, left, WORDS, DONE]


def setup_of(script: Script) -> tuple[SessionSetup, ScriptedTransport]:
    transport = ScriptedTransport(script)
    return SessionSetup(transport=lambda: transport, options=SessionOptions(turn_detection="none")), transport


async def held(conversation: Conversation, script: Script) -> str:
    session_id = await conversation.start(setup_of(script)[0])
    turn_id = await conversation.send(session_id, "Think.")
    await conversation.await_turn(session_id, turn_id)
    await conversation.close(session_id)
    return session_id


async def taken_up(conversation: Conversation, session_id: str, script: Script) -> list[Item]:
    """What another connection was told."""
    setup, transport = setup_of(script)
    await conversation.start(setup, session_id)
    assert conversation.status(session_id).link is LinkState.READY
    await conversation.close(session_id)
    return [each.item for each in transport.sent if isinstance(each, wire.CreateItem)]


def again(model: str, count: int, *more: Any) -> Script:
    return [
        *hello(model),
        *(expect(wire.CreateItem) for _ in range(count)),
        *more,
        *emit(wire.SessionUpdated()),
    ]


async def test_it_is_logged_once_and_told_again_verbatim_at_its_place_to_the_same_model(
    tmp_path: Path,
) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await held(conversation, talk("m-1", item_done(THOUGHT), output_done(THOUGHT)))
        (kept,) = conversation.history(session_id).opaque
        told = await taken_up(conversation, session_id, again("m-1", 3))
        assert len(conversation.history(session_id).opaque) == 1
    assert msgspec.json.decode(kept.content) == THOUGHT
    assert [item.kind for item in told] == ["message", "other", "message"]
    frame = msgspec.json.decode(encode(wire.CreateItem(item=told[1])))
    assert frame == {"type": "conversation.item.create", "item": THOUGHT}


async def test_another_model_is_not_told_of_it(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await held(conversation, talk("m-1", output_done(THOUGHT)))
        told = await taken_up(conversation, session_id, again("m-2", 2))
        once_more = await taken_up(conversation, session_id, again("m-1", 3))
    assert [item.kind for item in told] == ["message", "message"]
    assert [item.kind for item in once_more] == ["message", "other", "message"]


@pytest.mark.parametrize(
    "error",
    [
        wire.ProviderError(code="invalid_value", message="No.", caused_by="kept_th_1"),
        wire.ProviderError(code="invalid_value", message="No.", param="item.type"),
    ],
)
async def test_a_provider_that_refuses_it_again_ends_nothing(
    tmp_path: Path, error: wire.ProviderError
) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await held(conversation, talk("m-1", output_done(THOUGHT)))
        assert len(await taken_up(conversation, session_id, again("m-1", 3, *emit(error)))) == 3


@pytest.mark.parametrize(
    "thought",
    [
        {**THOUGHT, "encrypted_content": "x" * MOST_RAW},
        {**THOUGHT, "status": "incomplete"},
        {**THOUGHT, "id": None},
        {"type": 7},
        {"id": "th_1", "type": 7, "status": "in_progress"},
    ],
)
async def test_what_is_too_big_or_not_whole_is_left_out_and_the_talk_goes_on(
    tmp_path: Path, thought: dict[str, Any]
) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await held(conversation, talk("m-1", output_done(thought), item_done(thought)))
        history = conversation.history(session_id)
    assert history.opaque == []
    assert history.turns[0].status == "completed"
