"""The model of an agent beside a talk: one question over a way that keeps nothing."""

import asyncio

import pytest

from realtime_chat.core.agents.asking import Asking
from realtime_chat.core.agents.stateless import Question
from realtime_chat.core.errors import ChatError
from tests.core.transports import chat_peer
from tests.core.transports.ways import Fails, Says


async def test_each_question_is_asked_by_itself_and_answered_or_fails_as_the_model_does():
    # J2
    question = Question(model="small", text="User: Hi", instructions="Note the facts.")
    async with asyncio.timeout(20), chat_peer.peer() as peer:
        peer.replies.extend([Says("They say hello."), Says("-"), Fails("overloaded", "Too much.")])
        ask = Asking(peer.transport)
        assert await ask(question) == "They say hello."
        assert await ask(question) == "-"
        assert [(one["role"], one["content"]) for one in peer.bodies[1]["messages"]] == [
            ("system", "Note the facts."),
            ("user", "User: Hi"),
        ]
        with pytest.raises(ChatError, match=r"Too much\."):
            await ask(question)
