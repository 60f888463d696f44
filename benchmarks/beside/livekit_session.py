"""A `RealtimeSession` of livekit-agents' plugin, sound and words read to their end: `livekit_session.py PORT`.

It joins frames to longer ones before it sends them.
"""

import asyncio
import sys
import time

from livekit import rtc
from livekit.agents.llm import GenerationCreatedEvent
from livekit.agents.utils import http_context
from livekit.plugins.openai.realtime import RealtimeModel
from samples import FRAME, FRAMES, answer


async def drained(generation: GenerationCreatedEvent) -> None:
    """All of the sound and the words."""

    async def read(stream) -> None:
        async for _ in stream:
            pass

    async for message in generation.message_stream:
        async with asyncio.TaskGroup() as group:
            group.create_task(read(message.audio_stream))
            group.create_task(read(message.text_stream))


def model() -> RealtimeModel:
    """Of the blast server."""
    return RealtimeModel(model="blast", base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none")


async def events() -> float:
    """CPU seconds of one answer."""
    async with http_context.open():
        session = model().session()
        await asyncio.sleep(0.3)
        began = time.process_time()
        await drained(await session.generate_reply())
        spent = time.process_time() - began
        await session.aclose()
        return spent


async def uplink() -> float:
    """CPU seconds of so many frames."""
    async with http_context.open():
        session = model().session()
        await asyncio.sleep(0.3)
        frame = rtc.AudioFrame(FRAME, 24_000, 1, len(FRAME) // 2)
        began = time.process_time()
        for _ in range(FRAMES):
            session.push_audio(frame)
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        spent = time.process_time() - began
        await session.aclose()
        return spent


answer({"events": events, "uplink": uplink})
