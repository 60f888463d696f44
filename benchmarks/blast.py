"""A server that answers every `response.create` with the same long, realistic answer, as fast as it is read.

A process of its own, so that its time is not ours: `python -m benchmarks.blast` prints its port.
"""

import asyncio
import base64
import json
import random
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

#: An answer of about two minutes: sound in pieces of 100 ms, one transcript delta for every two of them.
PIECES = 1200
PIECE_BYTES = 4800


def answer() -> list[str]:
    """The frames of one response, as the GA protocol has them."""
    noise = random.Random(0)
    sounds = [base64.b64encode(noise.randbytes(PIECE_BYTES)).decode() for _ in range(16)]
    common = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
    response = {
        "object": "realtime.response",
        "id": "resp_1",
        "output_modalities": ["audio"],
        "metadata": None,
    }
    item: dict[str, Any] = {"id": "item_1", "object": "realtime.item", "type": "message", "role": "assistant"}
    part = {"type": "output_audio", "transcript": ""}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
        {
            "type": "response.output_item.added",
            "response_id": "resp_1",
            "output_index": 0,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **common, "part": part},
    ]
    for number in range(PIECES):
        events.append({"type": "response.output_audio.delta", **common, "delta": sounds[number % 16]})
        if number % 2:
            events.append(
                {"type": "response.output_audio_transcript.delta", **common, "delta": f" w{number}"}
            )
    whole = "".join(f" w{number}" for number in range(1, PIECES, 2))
    done = {**item, "status": "completed", "content": [{"type": "output_audio", "transcript": whole}]}
    events += [
        {"type": "response.output_audio.done", **common},
        {"type": "response.output_audio_transcript.done", **common, "transcript": whole},
        {
            "type": "response.output_item.done",
            "response_id": "resp_1",
            "output_index": 0,
            "item": done,
        },
        {
            "type": "response.done",
            "response": {
                **response,
                "status": "completed",
                "output": [done],
                "usage": {"total_tokens": 30, "input_tokens": 10, "output_tokens": 20},
            },
        },
    ]
    return [json.dumps({"event_id": f"event_{n}", **event}) for n, event in enumerate(events)]


ANSWER = answer()
SESSION: dict[str, Any] = {
    "type": "realtime",
    "id": "sess_1",
    "model": "blast",
    "output_modalities": ["audio"],
}


async def talk(socket: ServerConnection) -> None:
    """One connection."""
    await socket.send(json.dumps({"type": "session.created", "event_id": "a", "session": SESSION}))
    async for frame in socket:
        assert isinstance(frame, str)
        if "input_audio_buffer.append" in frame[:60]:
            continue
        match (event := json.loads(frame))["type"]:
            case "session.update":
                await socket.send(
                    json.dumps({"type": "session.updated", "event_id": "b", "session": SESSION})
                )
            case "response.create":
                # Some clients know their answer by what they sent along.
                asked: dict[str, Any] = event.get("response") or {}
                told = json.dumps(asked.get("metadata"))
                created, *rest = ANSWER
                await socket.send(created.replace('"metadata": null', f'"metadata": {told}'))
                for said in rest:
                    await socket.send(said)
            case _:
                pass


@contextmanager
def blasting() -> Generator[int]:
    """Its port, while it runs."""
    command = [sys.executable, "-m", "benchmarks.blast"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


async def main() -> None:
    """Serve until stdin ends."""
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
