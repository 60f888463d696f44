"""A whole talk in which the model uses foreign tools, good and bad ones together."""

import dataclasses
from pathlib import Path

import pytest

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.history import AssistantEntry, ToolEntry
from realtime_chat.core.transports.scripted import emit, expect
from realtime_chat.tools.base import Surroundings
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner
from tests.core.driving import ASKED, DONE, WORDS, driver, setup
from tests.tools.mcp.kit import connected, rogue

pytest.importorskip("mcp", reason="the extra realtime-chat[mcp] is not installed")

WISHES = ("good__ping", "dies-in-call__ping", "hangs-in-call__ping", "fails__ping", "gone__ping")
CALLS = tuple(
    wire.Item(item_id=f"f{n}", kind="function_call", call_id=f"c{n}", name=name, arguments="{}")
    for n, name in enumerate(WISHES)
)
SCRIPT = (
    *ASKED,
    emit(wire.ResponseDone(response_id="r1", status="completed", items=CALLS)),
    *(expect(wire.CreateItem) for _ in CALLS),
    expect(wire.CreateResponse),
    emit(wire.ResponseCreated(response_id="r1")),
    WORDS,
    DONE,
)


async def test_every_foreign_call_is_answered_once_in_order_and_the_talk_goes_on(tmp_path: Path) -> None:
    servers = [rogue("good"), rogue("dies-in-call"), rogue("hangs-in-call", timeout_s=0.2), rogue("fails")]
    async with connected(tmp_path, *servers) as foreign, driver(tmp_path) as conversation:
        place = Surroundings(workspace=tmp_path, data_dir=tmp_path, clock=SystemClock())
        toolbox = Runner(Registry(one.tool for one in foreign.found.tools), place)
        session_id = await conversation.start(dataclasses.replace(setup(*SCRIPT), toolbox=toolbox))
        turn_id = await conversation.send(session_id, "do it all")
        turn = await conversation.await_turn(session_id, turn_id)  # M23, X15, X16
        assert turn.status == "completed"
        items = conversation.history(session_id).items
        calls = [one for one in items if isinstance(one, ToolEntry)]
        assert [one.name for one in calls] == list(WISHES)
        assert [one.status for one in calls] == ["ok", "failed", "failed", "failed", "failed"]
        assert isinstance(items[-1], AssistantEntry)
