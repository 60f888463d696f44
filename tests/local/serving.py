"""A real server on a real port, for as long as a test needs it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from realtime_chat.local.server import serve
from realtime_chat.local.workshop import EngineSet
from tests.strict_types import check_server_event

TOKEN = "a-token-that-must-not-leak"


@asynccontextmanager
async def running(engines: EngineSet) -> AsyncGenerator[str, None]:
    """The base URL of a running server."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(host="127.0.0.1", port=0, token=TOKEN, on_ready=ready.set_result, engines=engines)
    )
    try:
        yield await asyncio.wait_for(ready, 5)
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


def socket(base_url: str, *, headers: dict[str, str] | None = None, **more: Any) -> connect:
    url = base_url.replace("http://", "ws://") + "/realtime?model=local-commands"
    headers = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
    return connect(url, additional_headers=headers, max_size=None, compression=None, **more)


async def send(client: ClientConnection, kind: str, **fields: Any) -> None:
    await client.send(json.dumps({"type": kind, **fields}))


async def until(client: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """The events up to the next of that type."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while not events or events[-1]["type"] != kind:
            event = json.loads(await client.recv())
            assert check_server_event(event) == []
            events.append(event)
    return events


async def ask(client: ClientConnection, text: str) -> None:
    content = [{"type": "input_text", "text": text}]
    await send(
        client, "conversation.item.create", item={"type": "message", "role": "user", "content": content}
    )
    await send(client, "response.create")
