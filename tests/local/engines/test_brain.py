"""One contract for all that decides what to answer, and what is special of a model behind a service."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest

from realtime_chat.core.errors import ChatError, Rejected, TransportError, Unreachable
from realtime_chat.local.chosen import chosen_engines
from realtime_chat.local.engines.ports import (
    Brain,
    BrainReply,
    BrainRequest,
    BrainResult,
    BrainTool,
    BrainTurn,
)
from realtime_chat.local.engines.settings import Chat, Commands, Ear, EngineSettings, Sphinx, Transcription
from tests.core.transports.chat_peer import ChatPeer, chunk, peer
from tests.core.transports.http_server import Exchange, http_server
from tests.core.transports.ways import BAD_KEY, GOOD_KEY, Call, Calls, Fails, Hangs, Says, Told
from tests.waiting import eventually

CALCULATE = BrainTool(
    name="calculate",
    description="Work out an expression.",
    parameters={"type": "object", "properties": {"expression": {"type": "string"}}},
)
QUESTION = "what is twelve times seven"
OWN_EAR = Sphinx()
RESULT = BrainResult(name="calculate", arguments={"expression": "12*7"}, output='{"result": 84}')


def request(text: str, *results: BrainResult, **more: Any) -> BrainRequest:
    usual: dict[str, Any] = {
        "understood": True,
        "spoken": False,
        "history": (),
        "tools": (CALCULATE,),
        "instructions": "Be brief.",
        "dialogue": (BrainTurn(role="user", text=text), *results),
    }
    return BrainRequest(text=text, results=results, **{**usual, **more})


def engine(url: str, *, key: str = GOOD_KEY, ear: Ear = OWN_EAR) -> Brain:
    chat = Chat(url=url, model="m", key=key, key_name="BRAIN_API_KEY")
    return chosen_engines(EngineSettings(brain=chat, ear=ear)).brain


async def replies(brain: Brain, asked: BrainRequest) -> list[BrainReply]:
    """All pieces of an answer: only the last says that it is."""
    pieces = [piece async for piece in brain.reply(asked)]
    assert [piece.more for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    assert all(not piece.calls for piece in pieces[:-1])
    return pieces


def text(pieces: list[BrainReply]) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.fixture(params=["commands", "chat"])
async def brain(request: pytest.FixtureRequest) -> AsyncGenerator[Brain]:
    """Each does a sum with the client's tool, and greets."""
    async with AsyncExitStack() as stack:
        made = chosen_engines(EngineSettings(brain=Commands())).brain
        if request.param == "chat":
            served = await stack.enter_async_context(peer())
            served.replies.extend([Calls((Call("calculate", '{"expression": "12*7"}'),)), Says("It is 84.")])
            made = engine(served.server.url)
        made.warm()
        stack.push_async_callback(made.close)
        yield made


async def test_a_question_becomes_a_call_and_its_result_an_answer(brain: Brain) -> None:
    asked = await replies(brain, request(QUESTION))
    (call,) = asked[-1].calls
    assert (call.name, call.arguments) == ("calculate", {"expression": "12*7"})
    told = await replies(brain, request(QUESTION, RESULT))
    assert told[-1].calls == ()
    assert "84" in text(told)


async def test_what_was_not_understood_is_said_and_never_acted_on(brain: Brain) -> None:
    pieces = await replies(brain, request("", understood=False, spoken=True))
    assert text(pieces).startswith("I did not understand")
    assert pieces[-1].calls == ()


async def test_an_answer_that_nobody_wants_any_more_stops_and_the_next_comes(brain: Brain) -> None:
    async with aclosing(brain.reply(request(QUESTION))) as pieces:
        await anext(pieces)
    assert await replies(brain, request(QUESTION, RESULT))


# ---------------------------------------------------------------- a model behind a service


async def test_the_model_is_told_the_whole_talk_in_its_order() -> None:
    dialogue = (
        BrainTurn(role="user", text="add six and seven"),
        BrainResult(name="calculate", arguments={"expression": "6+7"}, output="13"),
        BrainTurn(role="assistant", text="Thirteen."),
        BrainTurn(role="user", text=QUESTION),
        RESULT,
        RESULT,
        BrainTurn(role="system", text='The timer "tea" has ended.'),
    )
    async with peer() as served:
        served.replies.append(Says("Your tea, and 84."))
        brain = engine(served.server.url)
        await replies(brain, request(QUESTION, RESULT, RESULT, dialogue=dialogue))
        await brain.close()
        assert served.heard == [
            Told("user", "add six and seven"),
            Told("call", "calculate"),
            Told("output", "13"),
            Told("assistant", "Thirteen."),
            Told("user", QUESTION),
            *(Told("call", "calculate"), Told("output", RESULT.output)),
            *(Told("call", "calculate"), Told("output", RESULT.output)),
            Told("system", 'The timer "tea" has ended.'),
        ]
        (body,) = served.bodies
    assert body["model"] == "m"
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert body["tools"][0]["function"]["parameters"] == CALCULATE.parameters


async def test_words_come_while_the_model_still_thinks_and_leaving_ends_the_request() -> None:
    async with peer() as served:
        served.replies.append(Hangs("Well, let me"))
        brain = engine(served.server.url)
        async with aclosing(brain.reply(request(QUESTION))) as pieces:
            assert await anext(pieces) == BrainReply(text="Well, let me", more=True)
            assert served.server.writers
        await eventually(lambda: not served.server.writers)
        await brain.close()


@pytest.mark.parametrize(
    ("ear", "told"),
    [
        (OWN_EAR, "built-in commands"),
        (Transcription(url="http://127.0.0.1:1/v1", model="whisper-1"), "say it again"),
    ],
)
async def test_what_nobody_understood_is_kept_from_the_model_and_the_ear_blamed_if_it_is_the_cause(
    served: ChatPeer, ear: Ear, told: str
) -> None:
    brain = engine(served.server.url, ear=ear)
    pieces = await replies(brain, request("", understood=False, spoken=True))
    await brain.close()
    assert served.bodies == []
    assert told in text(pieces)


async def test_arguments_that_a_model_broke_reach_the_tool_as_none() -> None:
    async with peer() as served:
        served.replies.append(Calls((Call("calculate", '{"expression": '),)))
        brain = engine(served.server.url)
        pieces = await replies(brain, request(QUESTION))
        await brain.close()
    assert pieces[-1].calls[0].arguments == {}


async def test_a_server_that_does_not_stream_is_read_whole() -> None:
    async def at_once(exchange: Exchange) -> None:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": "It is 84."},
            "finish_reason": "stop",
        }
        await exchange.answer(200, {"choices": [choice]})

    async with http_server(at_once) as server:
        brain = engine(server.url)
        assert text(await replies(brain, request(QUESTION))) == "It is 84."
        await brain.close()


async def failed(url: str, key: str = GOOD_KEY) -> ChatError:
    brain = engine(url, key=key)
    with pytest.raises(ChatError) as told:
        await replies(brain, request(QUESTION))
    await brain.close()
    assert "\n" not in told.value.message
    assert key not in told.value.message
    return told.value


async def test_what_goes_wrong_is_told_in_one_line(served: ChatPeer) -> None:
    assert isinstance(error := await failed(served.server.url, BAD_KEY), Rejected)
    assert "BRAIN_API_KEY" in error.message
    served.replies.append(Fails("server_error", "Out of memory"))
    assert isinstance(error := await failed(served.server.url), Unreachable)
    assert "Out of memory" in error.message


async def test_an_error_within_the_stream_is_one() -> None:
    async def breaks(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.event(chunk({"content": "Well"}))
        await exchange.piece(
            b"data: " + json.dumps({"error": {"message": "CUDA is gone"}}).encode() + b"\n\n"
        )
        await exchange.end()

    async with http_server(breaks) as server:
        error = await failed(server.url)
    assert isinstance(error, TransportError)
    assert "CUDA is gone" in error.message


@pytest.fixture
async def served() -> AsyncGenerator[ChatPeer]:
    async with peer() as playing:
        yield playing
