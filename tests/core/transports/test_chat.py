"""The stateless transport: it behaves like a connection, though there is none."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from realtime_chat.core import messages as m
from realtime_chat.core.errors import ConnectionLost, InvalidArguments, Rejected, Unreachable
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Transport
from realtime_chat.core.transports.chat.provider import ChatEndpoint, chat_transport
from tests.core.transports import chat_peer
from tests.core.transports.chat_peer import ChatPeer, chunk
from tests.core.transports.http_server import Exchange, Handler, http_server
from tests.core.transports.ways import BAD_KEY, GOOD_KEY, Fails, Hangs, Says, Told

ASK = m.CreateResponse(event_id="create_1", metadata={"request": "create_1"})
Kind = TypeVar("Kind")


@pytest.fixture
async def peer() -> AsyncGenerator[ChatPeer]:
    async with asyncio.timeout(10), chat_peer.peer() as playing:
        yield playing


class Line:
    """A transport and its one reader."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.send = transport.send
        self._messages = aiter(transport.messages())

    async def until(self, kind: type[Kind]) -> tuple[list[m.Incoming], Kind]:
        """What comes before the next message of a kind, and that one."""
        before: list[m.Incoming] = []
        while not isinstance(message := await anext(self._messages), kind):
            before.append(message)
        return before, message

    async def asked(self, *messages: m.Outgoing) -> tuple[list[m.Incoming], m.ResponseDone]:
        for message in messages:
            await self.send(message)
        return await self.until(m.ResponseDone)

    async def rest(self) -> list[m.Incoming]:
        return [message async for message in self._messages]


@asynccontextmanager
async def opened(transport: Transport) -> AsyncGenerator[Line]:
    await transport.connect()
    try:
        yield Line(transport)
    finally:
        await transport.close()


def user(text: str, item_id: str = "") -> m.CreateItem:
    return m.CreateItem(item=m.Item(item_id=item_id, kind="message", role="user", text=text))


async def answered_by(handler: Handler) -> tuple[list[m.Incoming], m.ResponseDone]:
    """One answer of a server that is like none."""

    async def serve(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.answer(404, b"")
        else:
            await handler(exchange)

    async with asyncio.timeout(10), http_server(serve) as server, opened(at(server.url)) as line:
        return await line.asked(user("Hi."), ASK)


def at(url: str) -> Transport:
    return chat_transport(ChatEndpoint(model="m", base_url=url))


async def test_it_greets_takes_a_configuration_and_echoes_items(peer: ChatPeer) -> None:
    async with opened(peer.transport()) as line:
        assert await line.until(m.SessionCreated) == ([], m.SessionCreated(model="m"))
        await line.send(m.Configure(options=SessionOptions()))
        assert await line.until(m.SessionUpdated) == ([], m.SessionUpdated(model="m"))
        await line.send(user("Hi.", "u1"))
        _, added = await line.until(m.ItemAdded)
        _, done = await line.until(m.ItemDone)
        assert added.item == done.item
        assert added.item.item_id == "u1"
        await line.send(m.RetrieveItem(item_id="u1"))
        assert (await line.until(m.ItemRetrieved))[1].item.text == "Hi."
        await line.send(m.DeleteItem(item_id="u1"))
        assert (await line.until(m.ItemDeleted))[1].item_id == "u1"
        await line.send(m.DeleteItem(item_id="u1"))
        assert (await line.until(m.ProviderError))[1].code == "item_not_found"


async def test_an_answer_carries_the_metadata_of_its_request(peer: ChatPeer) -> None:
    peer.replies.append(Says("Hello."))
    async with opened(peer.transport()) as line:
        before, done = await line.asked(user("Hi."), ASK)
        created = next(one for one in before if isinstance(one, m.ResponseCreated))
        assert created.metadata == {"request": "create_1"}
        assert created.response_id == done.response_id
        assert done.status == "completed"


async def test_what_is_deleted_is_not_told_and_new_instructions_are(peer: ChatPeer) -> None:
    peer.replies.append(Says("Hello."))
    async with opened(peer.transport()) as line:
        await line.asked(
            m.Configure(options=SessionOptions(instructions="Be long.")),
            m.UpdateInstructions(instructions="Be brief."),
            user("Not this.", "u1"),
            m.DeleteItem(item_id="u1"),
            user("This."),
            ASK,
        )
    assert peer.heard == [Told("user", "This.")]
    assert peer.bodies[0]["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_a_second_answer_is_refused_while_one_is_on_its_way(peer: ChatPeer) -> None:
    peer.replies.append(Hangs("Well"))
    async with opened(peer.transport()) as line:
        await line.send(user("Hi."))
        await line.send(ASK)
        await line.until(m.OutputTextDelta)
        await line.send(m.CreateResponse(event_id="create_2"))
        await line.send(m.CancelResponse(event_id="cancel_1"))
        before, done = await line.until(m.ResponseDone)
        assert (done.status, done.reason) == ("cancelled", "client_cancelled")
        rest = [one for one in before if isinstance(one, m.ProviderError)]
        refused = rest[0] if rest else (await line.until(m.ProviderError))[1]
        assert (refused.code, refused.caused_by) == ("conversation_already_has_active_response", "create_2")


async def test_a_cancel_ends_the_request_and_what_was_said_is_remembered(peer: ChatPeer) -> None:
    peer.replies.extend([Hangs("Once upon a time"), Says("Yes.")])
    async with opened(peer.transport()) as line:
        await line.send(user("A story."))
        await line.send(ASK)
        _, delta = await line.until(m.OutputTextDelta)
        await line.send(m.CancelResponse(event_id="cancel_1", response_id=delta.response_id))
        _, done = await line.until(m.ResponseDone)
        assert done.status == "cancelled"
        await line.asked(user("Go on?"), ASK)
    assert peer.heard == [
        Told("user", "A story."),
        Told("assistant", "Once upon a time"),
        Told("user", "Go on?"),
    ]


async def test_a_cancel_reaches_a_server_that_has_not_answered_at_all() -> None:
    waiting = asyncio.Event()

    async def hang(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.answer(200, {})
            return
        waiting.set()
        await exchange.gone()

    async with asyncio.timeout(10), http_server(hang) as server, opened(at(server.url)) as line:
        await line.send(user("Hi."))
        await line.send(ASK)
        async with asyncio.TaskGroup() as crew:
            ending = crew.create_task(line.until(m.ResponseDone))
            await waiting.wait()
            await line.send(m.CancelResponse(event_id="cancel_1"))
        assert ending.result()[1].status == "cancelled"


async def test_a_cancel_that_comes_too_late_is_refused_by_its_usual_name(peer: ChatPeer) -> None:
    # check 8
    async with opened(peer.transport()) as line:
        await line.send(m.CancelResponse(event_id="cancel_1"))
        _, refused = await line.until(m.ProviderError)
        assert (refused.code, refused.caused_by) == ("response_cancel_not_active", "cancel_1")


async def test_what_failed_is_not_remembered(peer: ChatPeer) -> None:
    # P21, X21
    peer.replies.extend([Fails("overloaded", "Too much."), Says("Hello.")])
    async with opened(peer.transport()) as line:
        _, done = await line.asked(user("Hi."), ASK)
        assert (done.status, done.error_code) == ("failed", "server_error")
        assert "Too much." in (done.error_message or "")
        await line.asked(ASK)
    assert peer.heard == [Told("user", "Hi.")]


async def test_sound_is_warned_of_once_and_no_answer_to_it_is_asked_for(peer: ChatPeer) -> None:
    # J14, check 27
    async with opened(peer.transport()) as line:
        assert not line.transport.capabilities.audio_output
        for _ in range(3):
            await line.send(m.AppendAudio(pcm=bytes(960)))
        await line.send(m.CommitAudio())
        await line.send(ASK)
        await line.send(m.ClearAudio())
        before, _ = await line.until(m.AudioCleared)
    warned, refused = (one for one in before if isinstance(one, m.ProviderError))
    assert (warned.code, warned.caused_by) == ("capability", None)
    assert (refused.code, refused.caused_by) == ("capability", "create_1")
    assert peer.bodies == []


async def test_a_service_that_does_not_stream_is_understood() -> None:
    async def answer(exchange: Exchange) -> None:
        message = {"role": "assistant", "content": "Hello."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        await exchange.answer(200, {"choices": [choice], "usage": chat_peer.USAGE})

    before, done = await answered_by(answer)
    assert [one.text for one in before if isinstance(one, m.OutputText)] == ["Hello."]
    assert done.usage is not None


@pytest.mark.parametrize("ending", ["no mark", "mark, and the way stays open"])
async def test_an_answer_ends_with_its_reason_whatever_follows(ending: str) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.event(chunk({"content": "Hello."}, "stop"))
        if ending == "no mark":
            await exchange.end()
        else:
            await exchange.piece(b"data: [DONE]\n\n")
            await exchange.gone()

    assert (await answered_by(answer))[1].status == "completed"


async def test_a_stream_that_is_cut_is_a_failure() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.event(chunk({"content": "Hel"}))
        exchange.writer.transport.abort()

    _, done = await answered_by(answer)
    assert (done.status, done.error_code) == ("failed", "transport")


async def test_rubbish_in_a_stream_is_told_and_passed_over() -> None:
    # M13
    async def answer(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.piece(b"data: {oh\n\n")
        await exchange.event(chunk({"content": "Hello."}, "stop"))
        await exchange.end()

    before, done = await answered_by(answer)
    assert [type(one) for one in before].count(m.Malformed) == 1
    assert done.items[0].text == "Hello."


async def test_a_wrong_key_is_refused_at_once_and_not_repeated(peer: ChatPeer) -> None:
    with pytest.raises(Rejected) as refused:
        await peer.transport(key=BAD_KEY).connect()
    assert refused.value.info.kind == "unauthorized"
    assert BAD_KEY not in str(refused.value)


async def test_nobody_there_is_unreachable(unused_tcp_port: int) -> None:
    transport = at(f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(Unreachable):
        await transport.connect()
    assert transport.is_closed
    await transport.close()


@pytest.mark.parametrize("status", [403, 404, 405, 500])
async def test_a_service_that_lists_no_models_is_believed(status: int) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.answer(status, b"")

    async with asyncio.timeout(10), http_server(refuse) as server, opened(at(server.url)) as line:
        assert not line.transport.is_closed


async def test_it_is_used_once_and_closed_as_often_as_one_likes(peer: ChatPeer) -> None:
    # M28, M31, J7
    transport = peer.transport()
    with pytest.raises(ConnectionLost):
        await transport.send(ASK)
    with pytest.raises(ConnectionLost):
        await anext(aiter(transport.messages()))
    await transport.connect()
    await transport.ping()
    with pytest.raises(Unreachable, match="make a new transport"):
        await transport.connect()
    for _ in range(2):
        await transport.close()
    assert transport.is_closed
    assert [message async for message in transport.messages()] == []
    for attempt in (transport.ping(), transport.send(ASK)):
        with pytest.raises(ConnectionLost):
            await attempt


async def test_a_close_in_the_middle_of_an_answer_ends_the_messages_silently(peer: ChatPeer) -> None:
    peer.replies.append(Hangs("Well"))
    async with opened(peer.transport()) as line:
        await line.send(user("Hi."))
        await line.send(ASK)
        await line.until(m.ResponseCreated)
        async with asyncio.TaskGroup() as crew:
            rest = crew.create_task(line.rest())
            while not peer.bodies:  # noqa: ASYNC110 - what is waited for sets no event of this loop
                await asyncio.sleep(0)
            await line.transport.close()
        assert not any(isinstance(one, m.ResponseDone) for one in rest.result())


async def test_the_tap_sees_what_is_sent_and_every_line_that_comes(peer: ChatPeer) -> None:
    # M12
    peer.replies.append(Says("Hello."))
    seen: list[tuple[str, bytes]] = []
    endpoint = ChatEndpoint(model="m", base_url=peer.server.url, api_key=lambda: GOOD_KEY)
    async with opened(chat_transport(endpoint, tap=lambda way, raw: seen.append((way, raw)))) as line:
        await line.asked(user("Hi."), ASK)
    assert [way for way, _ in seen] == ["sent", *["received"] * (len(seen) - 1)]
    assert seen[-1] == ("received", b"data: [DONE]")
    assert GOOD_KEY.encode() not in b"".join(raw for _, raw in seen)


async def test_an_item_without_substance_is_refused(peer: ChatPeer) -> None:
    lacking: Sequence[dict[str, Any]] = (
        {"kind": "message", "role": "user"},
        {"kind": "function_call", "call_id": "c1"},
        {"kind": "function_call_output", "call_id": "c1"},
    )
    async with opened(peer.transport()) as line:
        for fields in lacking:
            with pytest.raises(InvalidArguments):
                await line.send(m.CreateItem(item=m.Item(item_id="", **fields)))
