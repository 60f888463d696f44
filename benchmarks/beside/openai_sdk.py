"""The vendor's client: it receives and parses, it encodes and sends, nothing more. `openai_sdk.py PORT`."""

import base64
import sys
import time

from openai import AsyncOpenAI
from samples import FRAME, FRAMES, answer

CLIENT = AsyncOpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0)


async def events() -> float:
    """CPU seconds of one answer."""
    async with CLIENT.realtime.connect(model="blast") as connection:
        await connection.recv()
        await connection.session.update(session={"type": "realtime"})
        await connection.recv()
        began = time.process_time()
        await connection.response.create()
        while (await connection.recv()).type != "response.done":
            pass
        return time.process_time() - began


async def uplink() -> float:
    """CPU seconds of so many frames."""
    async with CLIENT.realtime.connect(model="blast") as connection:
        await connection.recv()
        began = time.process_time()
        for _ in range(FRAMES):
            await connection.input_audio_buffer.append(audio=base64.b64encode(FRAME).decode())
        return time.process_time() - began


answer({"events": events, "uplink": uplink})
