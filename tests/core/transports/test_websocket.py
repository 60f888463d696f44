"""What only an open socket can do: silence, garbage, a hanging peer, secrets in a peer's mouth."""

import asyncio
import base64
import logging
from hashlib import sha1

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection

from realtime_chat.core.clock import settle
from realtime_chat.core.errors import (
    Category,
    ConnectionLost,
)
from realtime_chat.core.messages import AppendAudio, CommitAudio
from realtime_chat.core.transports import websocket
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.core.transports.scripted import drop, emit
from realtime_chat.core.transports.websocket import MAX_FRAME_BYTES, WebSocketTransport
from tests.core.transports.canary import CANARY, transport_to
from tests.core.transports.peer import play, tcp_server, websocket_server, wire
from tests.waiting import eventually


async def loss(transport: WebSocketTransport) -> ConnectionLost:
    async with asyncio.timeout(8):
        with pytest.raises(ConnectionLost) as caught:
            async for _ in transport.messages():
                pass
    return caught.value


async def test_the_last_words_of_a_peer_are_quoted_harmless_and_without_the_key() -> None:
    async with websocket_server(lambda s: play(s, [drop(4000, f"no \x1b]52;c;{CANARY}\x07")])) as url:
        transport = transport_to(url)
        await transport.connect()
        error = await loss(transport)
    assert error.details == {"code": 4000, "reason": "no ]52;c;[secret]"}
    assert error.message.isprintable()
    assert error.info.category is Category.RETRYABLE


async def test_a_goodbye_because_of_the_key_is_not_tried_again() -> None:
    # J24
    async with websocket_server(
        lambda s: play(s, [drop(3000, "invalid_request_error.invalid_api_key")])
    ) as url:
        transport = transport_to(url)
        await transport.connect()
        assert (await loss(transport)).info.category is Category.FATAL


async def test_a_peer_that_vanishes_without_goodbye_is_a_loss() -> None:
    async def vanish(socket: ServerConnection) -> None:
        socket.transport.abort()

    async with websocket_server(vanish) as url:
        transport = transport_to(url)
        await transport.connect()
        error = await loss(transport)
    assert error.details["code"] == 1006
    assert transport.is_closed


async def test_a_loss_shows_in_is_closed_also_when_nobody_reads() -> None:
    async with websocket_server(lambda socket: play(socket, [drop(1001)])) as url:
        transport = transport_to(url)
        await transport.connect()
        await eventually(lambda: transport.is_closed)
        with pytest.raises(ConnectionLost):
            await transport.send(CommitAudio())


async def test_a_frame_beyond_the_limit_ends_the_connection_with_its_code() -> None:
    frame = b" " * (MAX_FRAME_BYTES + 1)
    async with websocket_server(lambda socket: play(socket, [emit(frame)])) as url:
        transport = transport_to(url)
        await transport.connect()
        error = await loss(transport)
    assert error.details["code"] == 1009


async def test_close_does_not_wait_for_a_peer_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    # M28: a peer that neither reads nor says goodbye, with our sound stuck on the way to it.
    monkeypatch.setattr(websocket, "CLOSE_WITHIN_S", 0.2)
    accepted, release = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = request.lower().split("sec-websocket-key: ")[1].split("\r\n")[0]
        key = request[request.lower().index(key) :][: len(key)]
        writer.write(_upgrade(key))
        await writer.drain()
        assert isinstance(writer.transport, asyncio.ReadTransport)
        writer.transport.pause_reading()
        accepted.set()
        await release.wait()

    async with tcp_server(hang) as port:
        transport = transport_to(f"ws://127.0.0.1:{port}/v1")
        async with asyncio.timeout(5):
            await transport.connect()
            await accepted.wait()
        stuck = asyncio.create_task(transport.send(AppendAudio(pcm=bytes(12 * 1024 * 1024))))
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(5):
                await transport.close()
                with pytest.raises(ConnectionLost):
                    await stuck
            assert transport.is_closed
        finally:
            release.set()


async def test_close_reads_past_a_backlog_to_the_peers_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "CLOSE_WITHIN_S", 60.0)
    backlog = [emit(wire("session.updated"))] * (4 * websocket.UNREAD_FRAMES)
    async with websocket_server(lambda socket: play(socket, backlog)) as url:
        transport = transport_to(url)
        await transport.connect()
        messages = transport.messages()
        async with asyncio.timeout(5):
            await anext(messages)
            await transport.close()
            assert await anext(messages, None) is None


def _upgrade(key: str) -> bytes:
    digest = sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    accept = base64.b64encode(digest).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode()


async def test_messages_are_sent_as_text_in_call_order() -> None:
    frames: asyncio.Queue[str | bytes] = asyncio.Queue()

    async def note(socket: ServerConnection) -> None:
        async for frame in socket:
            await frames.put(frame)

    async with websocket_server(note) as url:
        transport = transport_to(url)
        await transport.connect()
        for n in range(50):
            await transport.send(AppendAudio(pcm=bytes([n, 0])))
        async with asyncio.timeout(5):
            got = [await frames.get() for _ in range(50)]
        await transport.close()
    assert [base64.b64decode(msgspec.json.decode(frame)["audio"])[0] for frame in got] == list(range(50))
    assert all(isinstance(frame, str) for frame in got)


async def test_the_key_reaches_no_log_even_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with websocket_server(lambda s: play(s, [emit(wire("session.created")), drop(1011)])) as url:
        transport = WebSocketTransport(
            url, codec=OpenAICodec(), headers=lambda: {"Authorization": f"Bearer {CANARY}"}
        )
        await transport.connect()
        await loss(transport)
    ours = [each.getMessage() for each in caplog.records if each.name != "websockets.server"]
    assert [line for line in ours if CANARY in line] == []


def late(transport: WebSocketTransport) -> bool:
    """Whether a pong came for which nobody waits."""
    return isinstance(transport._pong, asyncio.Future) and transport._pong.done()


async def test_a_pong_that_comes_late_is_a_sign_of_life_all_the_same() -> None:
    # J20: nobody waited for it any more when it came
    served: list[ServerConnection] = []

    async def slow(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        served.append(socket)
        await socket.wait_closed()

    async with asyncio.timeout(8), websocket_server(slow) as url:
        transport = transport_to(url)
        await transport.connect()
        await eventually(lambda: len(served) == 1)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(loss(transport))
            asked = group.create_task(transport.ping())
            await settle()
            asked.cancel()
            served[0].transport.resume_reading()
            await eventually(lambda: late(transport))
            served[0].transport.pause_reading()
            await transport.ping()
            served[0].transport.abort()
            assert (await reading).details["code"] == 1006
        with pytest.raises(ConnectionLost):
            await transport.ping()
        await transport.close()
