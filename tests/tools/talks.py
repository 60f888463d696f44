"""Talks in which a scripted model calls tools, through a whole session."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.history import ToolEntry
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect
from realtime_chat.tools.base import Surroundings, Tool
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner
from tests.core.driving import ASKED, READY, driver, setup


def calls(*items: tuple[str, str, str]) -> wire.ResponseDone:
    """The end of a response that makes these calls: id, name, arguments."""
    return wire.ResponseDone(
        response_id="r1",
        status="completed",
        items=tuple(
            wire.Item(
                item_id=f"i_{call_id}", kind="function_call", call_id=call_id, name=name, arguments=text
            )
            for call_id, name, text in items
        ),
    )


def is_output(message: wire.Outgoing) -> bool:
    """Whether it answers a call."""
    return isinstance(message, wire.CreateItem) and message.item.kind == "function_call_output"


def asking(*items: tuple[str, str, str], then: Sequence[Any]) -> ScriptedTransport:
    """A model that makes these calls; what comes then is up to the test."""
    return ScriptedTransport([*READY, *ASKED, emit(calls(*items)), *then])


def follow_up(outputs: int) -> list[Any]:
    """It takes so many outputs, is asked once for more, and speaks."""
    spoken = emit(
        wire.ResponseCreated(response_id="r2"),
        wire.OutputText(response_id="r2", item_id="i2", text="Let us go on"),
        wire.ResponseDone(response_id="r2", status="completed"),
    )
    return [*[expect(is_output) for _ in range(outputs)], expect(wire.CreateResponse), spoken]


def outputs(transport: ScriptedTransport) -> list[tuple[str | None, str | None]]:
    """What went to the model: (call id, output), in order."""
    items = [one.item for one in transport.sent if isinstance(one, wire.CreateItem) and is_output(one)]
    return [(item.call_id, item.output) for item in items]


def entries(conversation: Conversation, session_id: str) -> list[ToolEntry]:
    """The calls as the history has them."""
    return [one for one in conversation.history(session_id).items if isinstance(one, ToolEntry)]


@asynccontextmanager
async def talking(
    folder: Path,
    transport: ScriptedTransport,
    clock: VirtualClock,
    *tools: Tool,
    options: SessionOptions | None = None,
) -> AsyncGenerator[tuple[Conversation, str]]:
    """A session on that script, with these tools."""
    toolbox = Runner(Registry(tools), Surroundings(workspace=folder, data_dir=folder, clock=clock))
    made = replace(setup(), transport=lambda: transport, toolbox=toolbox)
    if options is not None:
        made = replace(made, options=options)
    async with driver(folder, clock) as conversation:
        yield conversation, await conversation.start(made)
