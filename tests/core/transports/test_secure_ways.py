"""TLS with an authority of one's own, and a proxy on the way: real ones; they work, and what fails says its cure."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trustme
from websockets.asyncio.server import ServerConnection, serve

from realtime_chat.core.errors import TransportError, Unreachable
from realtime_chat.core.messages import AppendAudio
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.transports.websocket import WebSocketTransport
from tests.core.transports.peer import tcp_server

#: A name that no resolver knows: only a proxy finds it.
HOST = "realtime.invalid"


@pytest.fixture
def authority() -> trustme.CA:
    """Whose word nobody takes but who was told to."""
    return trustme.CA()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority stands where the user says that it does."""
    authority.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.pem"))


@asynccontextmanager
async def secured(certificate: trustme.LeafCert) -> AsyncGenerator[tuple[int, asyncio.Queue[str | bytes]]]:
    """A server with that certificate: its port, and what it got."""
    got: asyncio.Queue[str | bytes] = asyncio.Queue(10)

    async def listen(socket: ServerConnection) -> None:
        async for frame in socket:
            await got.put(frame)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    async with serve(listen, "127.0.0.1", 0, ssl=context, close_timeout=1) as server:
        yield next(iter(server.sockets)).getsockname()[1], got


@asynccontextmanager
async def proxied(port: int) -> AsyncGenerator[tuple[str, list[str]]]:
    """A proxy that leads whoever asks for HOST to that port, and what it was asked."""
    asked: list[str] = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        there, away = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with suppress(OSError):
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, away))
                both.create_task(_pump(there, writer))

    async with tcp_server(tunnel) as proxy_port:
        yield f"http://127.0.0.1:{proxy_port}", asked


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def transport_to(url: str) -> WebSocketTransport:
    endpoint = OpenAIEndpoint(model="m", base_url=url, api_key=lambda: "sk-of-a-test")
    return openai_transport(endpoint, connect_timeout_s=5)


async def works(url: str, got: asyncio.Queue[str | bytes]) -> None:
    transport = transport_to(url)
    async with asyncio.timeout(10):
        await transport.connect()
        await transport.send(AppendAudio(pcm=b"\x01\x02"))
        assert b"AQI=" in str(await got.get()).encode()
        await transport.ping()
        await transport.close()


async def failure(url: str) -> TransportError:
    async with asyncio.timeout(10):
        with pytest.raises(TransportError) as caught:
            await transport_to(url).connect()
    assert "\n" not in caught.value.message
    return caught.value


@pytest.mark.usefixtures("trusted")
async def test_an_authority_that_the_user_named_is_believed(authority: trustme.CA) -> None:
    async with secured(authority.issue_cert("localhost")) as (port, got):
        await works(f"wss://localhost:{port}/v1", got)


async def test_an_unknown_authority_is_refused_and_where_to_name_it_is_said(authority: trustme.CA) -> None:
    async with secured(authority.issue_cert("localhost")) as (port, _):
        error = await failure(f"wss://localhost:{port}/v1")
    assert isinstance(error, Unreachable)
    assert "unable to get local issuer certificate" in error.message
    assert "SSL_CERT_FILE" in error.message


@pytest.mark.usefixtures("trusted")
async def test_a_certificate_for_another_name_is_refused(authority: trustme.CA) -> None:
    async with secured(authority.issue_cert("elsewhere.invalid")) as (port, _):
        error = await failure(f"wss://localhost:{port}/v1")
    assert "not valid for 'localhost'" in error.message


async def test_an_authority_file_that_is_not_there_is_named(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/company.pem")
    async with secured(authority.issue_cert("localhost")) as (port, _):
        error = await failure(f"wss://localhost:{port}/v1")
    assert "/nowhere/company.pem" in error.message


@pytest.mark.usefixtures("trusted")
async def test_a_proxy_leads_to_a_service_that_only_it_knows(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with secured(authority.issue_cert(HOST)) as (port, got), proxied(port) as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("//", "//me:secret@"))
        await works(f"wss://{HOST}/v1", got)
        assert asked[0].startswith(f"CONNECT {HOST}:443 ")
        assert "Proxy-Authorization: Basic" in asked[0]
        monkeypatch.setenv("NO_PROXY", "invalid")
        error = await failure(f"wss://{HOST}/v1")
        assert "cannot be resolved" in error.message
        assert len(asked) == 1
