"""A `RealtimeSession` of openai-agents, its events read to the end of the turn. `openai_agents.py PORT`."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession
from samples import FRAME, FRAMES, answer


@asynccontextmanager
async def session() -> AsyncIterator[RealtimeSession]:
    """Connected."""
    runner = RealtimeRunner(RealtimeAgent(name="one", instructions="Answer."))
    url = f"ws://127.0.0.1:{sys.argv[1]}/v1/realtime"
    async with await runner.run(model_config={"api_key": "none", "url": url}) as one:
        await asyncio.sleep(0.1)
        yield one


async def events() -> float:
    """CPU seconds of one answer."""
    async with session() as one:
        began = time.process_time()
        await one.send_message("go")
        async for event in one:
            if event.type == "raw_model_event" and event.data.type == "turn_ended":
                break
        return time.process_time() - began


async def uplink() -> float:
    """CPU seconds of so many frames."""
    async with session() as one:
        began = time.process_time()
        for _ in range(FRAMES):
            await one.send_audio(FRAME)
        return time.process_time() - began


answer({"events": events, "uplink": uplink})
