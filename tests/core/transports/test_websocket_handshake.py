"""How a real socket is opened, or refused: what the other side answers, and what that tells the user."""

import asyncio

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection

from realtime_chat.core.errors import (
    Category,
    ProtocolViolation,
    Rejected,
    TransportError,
    Unreachable,
)
from realtime_chat.core.transports.base import QUOTE_LIMIT
from realtime_chat.core.transports.websocket import WebSocketTransport
from tests.core.transports.canary import CANARY, transport_to
from tests.core.transports.peer import refusing_server, tcp_server, websocket_server


async def failure(transport: WebSocketTransport) -> TransportError:
    async with asyncio.timeout(8):
        with pytest.raises(TransportError) as caught:
            await transport.connect()
    error = caught.value
    assert transport.is_closed
    assert "\n" not in error.message
    assert CANARY not in repr(error.info) + str(error)
    return error


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


@pytest.mark.parametrize(
    "body", ['{"detail": "no such thing"}', '{"error": "no such thing"}', "no such thing"]
)
async def test_a_refusal_is_understood_in_every_shape_that_answers_over_http_are(body: str) -> None:
    async with refusing_server(400, body) as (url, _):
        error = await failure(transport_to(url))
    assert "(HTTP 400: no such thing)" in error.message


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
