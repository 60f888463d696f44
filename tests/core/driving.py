"""Sessions that run on a script: what a model says, step by step, and the driver that talks with it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Clock
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect

READY = (emit(wire.SessionCreated()), expect(wire.Configure), emit(wire.SessionUpdated()))
ASKED = (expect(wire.CreateItem), expect(wire.CreateResponse), emit(wire.ResponseCreated(response_id="r1")))
WORDS = emit(wire.OutputTextDelta(response_id="r1", item_id="i1", delta="Hello"))
DONE = emit(wire.ResponseDone(response_id="r1", status="completed"))


@asynccontextmanager
async def driver(tmp_path: Path, clock: Clock | None = None) -> AsyncGenerator[Conversation]:
    clock = clock or SystemClock()
    async with asyncio.timeout(10), Supervisor(SessionStore(tmp_path, clock), clock) as supervisor:
        yield Conversation(supervisor)


def setup(*script: Any) -> SessionSetup:
    transport = ScriptedTransport([*READY, *script])
    return SessionSetup(transport=lambda: transport, options=SessionOptions(turn_detection="none"))
