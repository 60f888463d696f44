"""What only a real socket can do: refusals, silence, garbage, a hanging peer, secrets in a peer's mouth."""

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
    ProtocolViolation,
    Rejected,
    TransportError,
    Unreachable,
)
from realtime_chat.core.messages import AppendAudio, CommitAudio
from realtime_chat.core.transports import websocket
from realtime_chat.core.transports.base import QUOTE_LIMIT
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.transports.scripted import drop, emit
from realtime_chat.core.transports.websocket import MAX_FRAME_BYTES, WebSocketTransport
from tests.core.transports.peer import play, refusing_server, tcp_server, websocket_server, wire
from tests.waiting import eventually

CANARY = "sk-canary-0123456789"


def transport_to(url: str, *, timeout_s: float = 5.0, key: str | None = CANARY) -> WebSocketTransport:
    endpoint = OpenAIEndpoint(
        model="m 1", base_url=url, api_key=lambda: key, key_name="OPENAI_API_KEY", correlation_id="corr-1"
    )
    return openai_transport(endpoint, connect_timeout_s=timeout_s)


async def failure(transport: WebSocketTransport) -> TransportError:
    async with asyncio.timeout(8):
        with pytest.raises(TransportError) as caught:
            await transport.connect()
    error = caught.value
    assert transport.is_closed
    assert "\n" not in error.message
    assert CANARY not in repr(error.info) + str(error)
    return error


async def loss(transport: WebSocketTransport) -> ConnectionLost:
    async with asyncio.timeout(8):
        with pytest.raises(ConnectionLost) as caught:
            async for _ in transport.messages():
                pass
    return caught.value


# ---------------------------------------------------------------- the handshake


async def test_the_handshake_names_model_key_and_correlation_and_neither_beta_nor_deflate() -> None:
    # M27, M30
    requests: asyncio.Queue[tuple[str, dict[str, str]]] = asyncio.Queue()

    async def note(socket: ServerConnection) -> None:
        assert socket.request is not None
        headers = {name.lower(): value for name, value in socket.request.headers.raw_items()}
        await requests.put((socket.request.path, headers))
        await socket.wait_closed()

    async with websocket_server(note) as url:
        transport = transport_to(url)
        await transport.connect()
        async with asyncio.timeout(5):
            path, headers = await requests.get()
        await transport.close()
    assert path == "/v1/realtime?model=m%201"
    assert headers["authorization"] == f"Bearer {CANARY}"
    assert headers["x-correlation-id"] == "corr-1"
    assert "openai-beta" not in headers
    assert "sec-websocket-extensions" not in headers


async def test_no_key_means_no_authorization() -> None:
    seen: asyncio.Queue[bool] = asyncio.Queue()

    async def note(socket: ServerConnection) -> None:
        assert socket.request is not None
        await seen.put("authorization" in socket.request.headers)

    async with websocket_server(note) as url:
        transport = transport_to(url, key=None)
        await transport.connect()
        async with asyncio.timeout(5):
            assert await seen.get() is False
        await transport.close()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_says_which_key_to_check_and_is_fatal(status: int) -> None:
    body = msgspec.json.encode({"error": {"message": f"Incorrect API key provided: {CANARY}"}}).decode()
    async with refusing_server(status, body) as (url, _):
        error = await failure(transport_to(url))
    assert isinstance(error, Rejected)
    assert error.info.kind == "unauthorized"
    assert error.info.category is Category.FATAL
    assert error.details == {"status": status}
    assert "Check OPENAI_API_KEY" in error.message


@pytest.mark.parametrize(
    ("status", "kind", "category"),
    [
        (200, ProtocolViolation, Category.FATAL),
        (301, Rejected, Category.FATAL),
        (400, Rejected, Category.FATAL),
        (404, Rejected, Category.FATAL),
        (429, Unreachable, Category.RETRYABLE),
        (500, Unreachable, Category.RETRYABLE),
        (503, Unreachable, Category.RETRYABLE),
    ],
)
async def test_another_http_answer_says_whether_trying_again_can_help(
    status: int, kind: type[TransportError], category: Category
) -> None:
    async with refusing_server(status) as (url, _):
        error = await failure(transport_to(url))
    assert type(error) is kind
    assert error.info.category is category
    assert error.details == {"status": status}
    assert f"HTTP {status}" in error.message


async def test_a_refusals_own_words_are_quoted_harmless_short_and_without_the_key() -> None:
    words = f"bad model \x1b[31m\x07 {CANARY} " + "x" * 5000
    body = msgspec.json.encode({"error": {"message": words}}).decode()
    async with refusing_server(400, body) as (url, _):
        error = await failure(transport_to(url))
    assert "bad model [31m [secret]" in error.message
    assert error.message.isprintable()
    assert len(error.message) < QUOTE_LIMIT + 200


async def test_a_redirect_is_not_followed_for_it_would_carry_the_key_elsewhere() -> None:
    async with (
        refusing_server(500) as (elsewhere, visits),
        refusing_server(302, headers={"Location": elsewhere}) as (url, _),
    ):
        error = await failure(transport_to(url))
    assert isinstance(error, Rejected)
    assert visits == []


async def test_a_refused_connection_asks_whether_the_server_runs(unused_tcp_port: int) -> None:
    error = await failure(transport_to(f"ws://127.0.0.1:{unused_tcp_port}/v1"))
    assert isinstance(error, Unreachable)
    assert f"127.0.0.1:{unused_tcp_port}" in error.message
    assert "Is the server running" in error.message


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid"])
async def test_a_name_that_leads_nowhere_says_so(host: str) -> None:
    error = await failure(transport_to(f"wss://{host}/v1"))
    assert isinstance(error, Unreachable)
    assert "cannot be resolved" in error.message


async def test_tls_towards_a_plain_server_asks_for_the_scheme() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with tcp_server(plain) as port:
        error = await failure(transport_to(f"wss://127.0.0.1:{port}/v1"))
    assert isinstance(error, Unreachable)
    assert "http or https" in error.message


async def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            pass

    async with tcp_server(silent) as port:
        error = await failure(transport_to(f"ws://127.0.0.1:{port}/v1", timeout_s=0.05))
    assert isinstance(error, Unreachable)
    assert "0.05 s" in error.message


async def test_a_server_that_hangs_up_at_once_is_told_from_one_that_talks_garbage() -> None:
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()

    async with tcp_server(hang_up) as port:
        assert isinstance(await failure(transport_to(f"ws://127.0.0.1:{port}/v1")), Unreachable)
    async with tcp_server(garbage) as port:
        assert isinstance(await failure(transport_to(f"ws://127.0.0.1:{port}/v1")), ProtocolViolation)


async def test_a_dead_proxy_is_named_as_the_cause(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    async def not_a_proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        await writer.drain()

    async with tcp_server(not_a_proxy) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        error = await failure(transport_to("wss://service.invalid/v1"))
        assert "HTTPS_PROXY" in error.message
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        error = await failure(transport_to(f"ws://127.0.0.1:{unused_tcp_port}/v1"))
        assert "Is the server running" in error.message  # this machine is never reached by a proxy


async def test_a_cancelled_connect_leaves_no_socket_behind() -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        came.set()
        await reader.read()
        gone.set()

    async with tcp_server(silent) as port:
        connecting = asyncio.create_task(transport_to(f"ws://127.0.0.1:{port}/v1").connect())
        async with asyncio.timeout(5):
            await came.wait()
            connecting.cancel()
            await gone.wait()
        with pytest.raises(asyncio.CancelledError):
            await connecting


async def test_close_while_connecting_ends_the_new_connection_too() -> None:
    left = asyncio.Event()

    async def stay(socket: ServerConnection) -> None:
        await socket.wait_closed()
        left.set()

    async with websocket_server(stay) as url:
        transport = transport_to(url)
        connecting = asyncio.create_task(transport.connect())
        await asyncio.sleep(0)
        await transport.close()
        async with asyncio.timeout(5):
            with pytest.raises(Unreachable, match="closed while it was opened"):
                await connecting
            await left.wait()


# ---------------------------------------------------------------- an open connection


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
