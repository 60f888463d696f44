"""The vendor's own client against the server's shell, with engines that a test can hold still.

The same conversations with the real engines are in test_offline_conversations.py.
"""

from openai import AsyncOpenAI

from tests.local.machine import b64, loud
from tests.local.sdk_talk import talking
from tests.local.serving import TOKEN, running
from tests.local.slow_engines import Mouth, engines


async def test_a_cancel_in_the_middle_of_an_answer_leaves_it_incomplete() -> None:
    mouth = Mouth()
    async with running(engines(mouth)) as url, talking(url, TOKEN) as talk:
        mouth.gate.clear()
        await talk.say("tell me a long story")
        await talk.connection.response.create()
        await talk.until("response.content_part.added")
        await talk.connection.response.cancel()
        response = await talk.answer()
        mouth.gate.set()
        assert (response.status, response.status_details.reason) == ("cancelled", "client_cancelled")
        assert response.output[0].status == "incomplete"


async def test_a_truncated_answer_keeps_the_sound_that_was_heard() -> None:
    async with running(engines()) as url, talking(url, TOKEN) as talk:
        await talk.say("hello")
        await talk.connection.response.create()
        item = (await talk.answer()).output[0]
        await talk.connection.conversation.item.truncate(item_id=item.id, content_index=0, audio_end_ms=120)
        assert (await talk.until("conversation.item.truncated")).audio_end_ms == 120
        await talk.connection.conversation.item.retrieve(item_id=item.id)
        kept = (await talk.until("conversation.item.retrieved")).item
        assert len(kept.content[0].audio) == len(b64(loud(120)))


async def test_the_vendors_client_lists_the_one_model() -> None:
    async with running(engines()) as url, AsyncOpenAI(base_url=url, api_key=TOKEN) as client:
        assert [model.id async for model in client.models.list()] == ["local-commands"]
