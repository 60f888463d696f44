"""The vendor's own client, unmodified, on one connection; every frame is checked before the SDK parses it."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from realtime_chat.core.pcm import pcm_ms
from tests.local.machine import b64
from tests.strict_types import check_server_event


class Talk:
    """One SDK connection, and what came over it."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.kinds: list[str] = []
        self.last: Any = None
        self.sound_ms = 0

    async def until(self, kind: str) -> Any:
        """The next event of that type, as the SDK gives it to its users."""
        async with asyncio.timeout(15):
            while not self.kinds or self.kinds[-1] != kind or self.last is None:
                self.last = await self._next()
                assert kind == "error" or self.last.type != "error", self.last
        event, self.last = self.last, None
        return event

    async def _next(self) -> Any:
        raw = await self.connection.recv_bytes()
        assert check_server_event(json.loads(raw)) == []
        event: Any = self.connection.parse_event(raw)
        self.kinds.append(event.type)
        if event.type == "response.output_audio.delta":
            self.sound_ms += pcm_ms(len(base64.b64decode(event.delta)))
        return event

    async def say(self, text: str) -> None:
        await self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        )

    async def update(self, **session: Any) -> None:
        await self.connection.session.update(session=cast(Any, {"type": "realtime", **session}))
        await self.until("session.updated")

    async def append(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), 960):
            await self.connection.input_audio_buffer.append(audio=b64(pcm[start : start + 960]))

    async def answer(self) -> Any:
        return (await self.until("response.done")).response


@asynccontextmanager
async def talking(url: str, token: str) -> AsyncGenerator[Talk, None]:
    """A session that has begun."""
    client = AsyncOpenAI(base_url=url, api_key=token, max_retries=0)
    async with client, client.realtime.connect(model="local-commands") as connection:
        talk = Talk(connection)
        await talk.until("session.created")
        yield talk
