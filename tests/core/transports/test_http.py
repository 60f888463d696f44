"""The one way to HTTP: which error each failure is (X21), and what it keeps from happening."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trustme

from realtime_chat.core.errors import Category, ProtocolViolation, TransportError
from realtime_chat.core.transports import http
from realtime_chat.core.transports.http import HttpClient
from realtime_chat.core.transports.http_refusals import refusal
from tests.core.transports.http_server import Exchange, Handler, http_server

KEY = "sk-secret-of-a-test"


@asynccontextmanager
async def client(url: str, *, silence_s: float = 5) -> AsyncGenerator[HttpClient]:
    ours = HttpClient(url, headers=lambda: {"Authorization": f"Bearer {KEY}"}, silence_s=silence_s)
    async with asyncio.timeout(10):
        await ours.open()
        try:
            yield ours
        finally:
            await ours.close()


async def posted(handler: Handler, *, silence_s: float = 5) -> list[bytes]:
    """The lines of an answer."""
    async with (
        http_server(handler) as server,
        client(server.url, silence_s=silence_s) as ours,
        ours.post(f"{server.url}/x", b"{}") as answer,
    ):
        return [line async for line in answer.lines()]


async def failure(handler: Handler, *, silence_s: float = 5) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await posted(handler, silence_s=silence_s)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "category"),
    [
        (401, "unauthorized", Category.FATAL),
        (403, "unauthorized", Category.FATAL),
        (404, "not_found", Category.FATAL),
        (408, "timeout", Category.RETRYABLE),
        (413, "context_length_exceeded", Category.CAPACITY),
        (429, "rate_limited", Category.CAPACITY),
        (400, "bad_request", Category.FATAL),
        (422, "bad_request", Category.FATAL),
        (500, "server_error", Category.RETRYABLE),
        (503, "server_error", Category.RETRYABLE),
        (302, "unknown", Category.FATAL),
    ],
)
async def test_each_status_is_an_error_of_its_kind(status: int, kind: str, category: Category) -> None:
    # X21
    async def refuse(exchange: Exchange) -> None:
        await exchange.answer(status, {"error": {"message": f"No, not with {KEY}."}}, location="/elsewhere")

    error = (await failure(refuse)).info
    assert (error.kind, error.category, error.details["status"]) == (kind, category, status)
    assert KEY not in str(error)


async def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else() -> None:
    asked: list[str] = []

    async def redirect(exchange: Exchange) -> None:
        asked.append(exchange.path)
        await exchange.answer(307, b"", location="/elsewhere")

    assert (await failure(redirect)).info.kind == "unknown"
    assert asked == ["/v1/x"]


@pytest.mark.parametrize(
    ("code", "kind", "category"),
    [
        ("context_length_exceeded", "context_length_exceeded", Category.CAPACITY),
        ("invalid_value", "bad_request", Category.FATAL),
    ],
)
def test_a_code_says_more_than_its_status(code: str, kind: str, category: Category) -> None:
    body = f'{{"error": {{"code": "{code}", "message": "Too much."}}}}'.encode()
    error = refusal("host", 400, headers={}, body=body, key_name="K", quoted=str).info
    assert (error.kind, error.category, error.details["code"]) == (kind, category, code)


def test_a_limit_says_when_to_come_back_and_an_empty_account_that_waiting_is_no_use() -> None:
    limited = refusal("host", 429, headers={"retry-after": "20"}, body=b"", key_name="K", quoted=str).info
    assert limited.details["retry_after_ms"] == 20_000
    assert "in 20 s" in limited.message
    body = b'{"error": {"code": "insufficient_quota"}}'
    assert (
        refusal("host", 429, headers={}, body=body, key_name="K", quoted=str).info.category is Category.FATAL
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": "model not found"}', "model not found"),
        (b'{"detail": "no such route"}', "no such route"),
        (b'{"message": "gone"}', "gone"),
        (b"<html>busy</html>", "<html>busy</html>"),
        (b"[1, 2]", "HTTP 404)"),
        (b"\xff\xfe", "HTTP 404"),
    ],
)
def test_the_words_of_a_refusal_are_found_in_any_shape(body: bytes, said: str) -> None:
    assert said in refusal("host", 404, headers={}, body=body, key_name="K", quoted=str).message


async def test_lines_come_whole_however_they_are_cut() -> None:
    async def dribble(exchange: Exchange) -> None:
        await exchange.begin()
        for piece in (b"on", b"e\r\ntw", b"o\n\nth", b"ree"):
            await exchange.piece(piece)
        await exchange.end()

    assert await posted(dribble) == [b"one", b"two", b"", b"three"]


async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 100_000)
    monkeypatch.setattr(http, "MAX_LINE_BYTES", 50_000)

    async def flood(exchange: Exchange) -> None:
        await exchange.begin()
        while True:
            await exchange.piece(b"x" * 9_000)

    assert isinstance(await failure(flood), ProtocolViolation)


@pytest.mark.parametrize("before", [b"", b"data: 1\n"], ids=["at once", "in the middle"])
async def test_a_cut_connection_is_a_failure_of_transport(before: bytes) -> None:
    # X21
    async def cut(exchange: Exchange) -> None:
        if before:
            await exchange.begin()
            await exchange.piece(before)
        exchange.writer.transport.abort()

    assert (await failure(cut)).info.kind == "transport"


async def _ten_bytes(exchange: Exchange) -> None:
    await exchange.answer(200, b"0123456789")


async def test_a_body_is_read_whole_up_to_a_limit_or_its_beginning_or_in_pieces() -> None:
    async with http_server(_ten_bytes) as server, client(server.url) as ours:
        async with ours.post(server.url, b"") as answer:
            assert await answer.whole(limit=10) == b"0123456789"
        async with ours.post(server.url, b"") as answer:
            assert await answer.beginning(4) == b"0123"
        async with ours.post(server.url, b"") as answer:
            assert b"".join([piece async for piece in answer.pieces()]) == b"0123456789"
        with pytest.raises(ProtocolViolation):
            async with ours.post(server.url, b"") as answer:
                await answer.whole(limit=9)


async def test_pieces_without_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 9)
    async with http_server(_ten_bytes) as server, client(server.url) as ours:
        with pytest.raises(ProtocolViolation):
            async with ours.post(server.url, b"") as answer:
                [piece async for piece in answer.pieces()]


async def test_a_client_that_was_closed_asks_nobody() -> None:
    async with http_server(_ten_bytes) as server:
        async with client(server.url) as ours:
            pass
        with pytest.raises(TransportError, match="not open"):
            async with ours.post(server.url, b""):
                pass
        assert server.asked == []


async def test_what_is_no_http_is_told_so() -> None:
    async def chatter(exchange: Exchange) -> None:
        await exchange.raw(b"220 mail.example.org ESMTP\r\n\r\n")
        await exchange.gone()

    assert "does not speak HTTP" in (await failure(chatter)).message


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def hang(exchange: Exchange) -> None:
        await exchange.gone()

    assert (await failure(hang, silence_s=0.05)).info.kind == "timeout"


async def test_nobody_there_is_told_with_the_place(unused_tcp_port: int) -> None:
    async with client(f"http://127.0.0.1:{unused_tcp_port}/v1") as ours:
        with pytest.raises(TransportError, match=f"No connection to 127.0.0.1:{unused_tcp_port}") as caught:
            await ours.get(f"http://127.0.0.1:{unused_tcp_port}/v1/models")
    assert caught.value.info.kind == "transport"


async def test_this_machine_is_reached_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_tcp_port}")

    async def answer(exchange: Exchange) -> None:
        await exchange.answer(200, b"here\n")

    assert await posted(answer) == [b"here"]


async def test_a_proxy_that_cannot_serve_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1:1")
    ours = HttpClient("https://models.example.org/v1")
    with pytest.raises(TransportError, match="HTTPS_PROXY"):
        await ours.open()


async def test_a_certificate_of_nobody_is_refused_and_the_cure_is_told() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server, client(f"https://localhost:{port}/v1") as ours:
        with pytest.raises(TransportError, match="SSL_CERT_FILE"):
            await ours.get(f"https://localhost:{port}/v1/models")
