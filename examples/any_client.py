"""The embedded server from another client, here the vendor's own: `pip install 'openai[realtime]'`, then

realtime-chat serve --token secret        # prints http://127.0.0.1:PORT/v1
python examples/any_client.py http://127.0.0.1:PORT/v1 secret "what can you do"
"""

import asyncio
import sys

from openai import AsyncOpenAI


async def ask(url: str, token: str, question: str) -> str:
    """What the server writes back."""
    async with (
        AsyncOpenAI(base_url=url, api_key=token) as client,
        client.realtime.connect(model="local") as talk,
    ):
        await talk.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await talk.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": question}]}
        )
        await talk.response.create()
        answer = ""
        async for event in talk:
            if event.type == "response.output_text.delta":
                answer += event.delta
            elif event.type == "response.done":
                break
        return answer


if __name__ == "__main__":
    print(asyncio.run(ask(*sys.argv[1:4])))
