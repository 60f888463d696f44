"""The vendor's own client, unmodified, holds whole conversations with the server.

Every frame is checked against the SDK's types before the SDK parses it.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from tests.local.machine import b64, loud, quiet
from tests.local.serving import TOKEN, running
from tests.local.slow_engines import WORDS, Mouth, engines
from tests.strict_types import check_server_event

CALCULATE = {
    "type": "function",
    "name": "calculate",
    "description": "Work out an arithmetic expression.",
    "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}},
}


class Talk:
    """One SDK connection, and what came over it."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.kinds: list[str] = []
        self.last: Any = None

    async def until(self, kind: str) -> Any:
        """The next event of that type, as the SDK gives it to its users."""
        async with asyncio.timeout(15):
            while not self.kinds or self.kinds[-1] != kind or self.last is None:
                await self._next()
        event, self.last = self.last, None
        return event

    async def _next(self) -> None:
        raw = await self.connection.recv_bytes()
        assert check_server_event(json.loads(raw)) == []
        self.last = self.connection.parse_event(raw)
        self.kinds.append(self.last.type)
        assert self.last.type != "error", self.last

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
async def talking(mouth: Mouth | None = None) -> AsyncGenerator[Talk, None]:
    async with running(engines(mouth)) as url:
        client = AsyncOpenAI(base_url=url, api_key=TOKEN, max_retries=0)
        async with client, client.realtime.connect(model="local-commands") as connection:
            talk = Talk(connection)
            await talk.until("session.created")
            yield talk


async def test_a_typed_turn_in_text() -> None:
    async with talking() as talk:
        await talk.update(output_modalities=["text"])
        await talk.say("hello")
        await talk.connection.response.create()
        response = await talk.answer()
        assert response.status == "completed"
        assert response.output[0].content[0].text == "said hello"
        assert response.usage.total_tokens > 0


async def test_a_push_to_talk_turn() -> None:
    async with talking() as talk:
        audio_input = {"turn_detection": None, "transcription": {"model": "local"}}
        await talk.update(audio={"input": audio_input})
        await talk.append(loud(600))
        await talk.connection.input_audio_buffer.commit()
        await talk.connection.response.create()
        heard = await talk.until("conversation.item.input_audio_transcription.completed")
        assert heard.transcript == WORDS
        response = await talk.answer()
        assert response.output[0].content[0].transcript == f"said {WORDS}"
        assert "response.output_audio.delta" in talk.kinds


async def test_a_turn_by_voice_activity() -> None:
    async with talking() as talk:
        await talk.append(quiet(300) + loud(600) + quiet(700))
        await talk.until("input_audio_buffer.speech_started")
        await talk.until("input_audio_buffer.speech_stopped")
        await talk.until("input_audio_buffer.committed")
        assert (await talk.answer()).status == "completed"


async def test_a_tool_round() -> None:
    async with talking() as talk:
        await talk.update(tools=[CALCULATE])
        await talk.say(WORDS)
        await talk.connection.response.create()
        call = (await talk.answer()).output[0]
        assert (call.type, call.name) == ("function_call", "calculate")
        await talk.connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call.call_id, "output": "84"}
        )
        await talk.connection.response.create()
        assert "84" in (await talk.answer()).output[0].content[0].transcript


async def test_a_cancel_in_the_middle_of_an_answer() -> None:
    mouth = Mouth()
    async with talking(mouth) as talk:
        mouth.gate.clear()
        await talk.say("tell me a long story")
        await talk.connection.response.create()
        await talk.until("response.content_part.added")
        await talk.connection.response.cancel()
        response = await talk.answer()
        mouth.gate.set()
        assert (response.status, response.status_details.reason) == ("cancelled", "client_cancelled")
        assert response.output[0].status == "incomplete"


async def test_a_truncate_to_what_was_heard() -> None:
    async with talking() as talk:
        await talk.say("hello")
        await talk.connection.response.create()
        item = (await talk.answer()).output[0]
        await talk.connection.conversation.item.truncate(item_id=item.id, content_index=0, audio_end_ms=120)
        assert (await talk.until("conversation.item.truncated")).audio_end_ms == 120
        await talk.connection.conversation.item.retrieve(item_id=item.id)
        kept = (await talk.until("conversation.item.retrieved")).item
        assert len(kept.content[0].audio) == len(b64(loud(120)))


async def test_the_models_of_the_server() -> None:
    async with running(engines()) as url, AsyncOpenAI(base_url=url, api_key=TOKEN) as client:
        assert [model.id async for model in client.models.list()] == ["local-commands"]
