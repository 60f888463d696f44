"""What goes out: a key to nobody but who proves to be the one that was named, and a token that nobody learns."""

import asyncio
import hmac
import os
import ssl
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from realtime_chat.core.errors import TransportError
from realtime_chat.core.ports import Transport
from realtime_chat.core.transports.chat.provider import ChatEndpoint, chat_transport
from realtime_chat.core.transports.gemini.provider import GeminiEndpoint, gemini_transports
from realtime_chat.core.transports.http import HttpClient
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.local import gate
from realtime_chat.local.child import Endpoint
from tests.cli.program import COMMAND, surroundings
from tests.core.transports.gemini_bench import ByThirds

KEY = "sk-canary-0123456789"
WAYS: dict[str, Callable[[int], Transport]] = {
    "openai": lambda port: openai_transport(
        OpenAIEndpoint(model="m", base_url=f"https://localhost:{port}/v1", api_key=lambda: KEY)
    ),
    "azure": lambda port: openai_transport(
        OpenAIEndpoint(
            model="m", base_url=f"wss://localhost:{port}/openai/v1", api_key=lambda: KEY, key_header="api-key"
        )
    ),
    "gemini": lambda port: gemini_transports(
        GeminiEndpoint(
            model="m", downsampler=ByThirds, base_url=f"https://localhost:{port}", api_key=lambda: KEY
        )
    )(),
    "chat": lambda port: chat_transport(
        ChatEndpoint(model="m", base_url=f"https://localhost:{port}/v1", api_key=lambda: KEY)
    ),
}


@asynccontextmanager
async def impostor() -> AsyncGenerator[tuple[int, list[bytes]]]:
    """A server with a certificate that nobody vouches for, and all that it was told."""
    told: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(await reader.read(65536))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], told


@pytest.mark.parametrize("name", WAYS)
async def test_no_key_goes_to_a_server_that_cannot_prove_who_it_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    async with asyncio.timeout(20), impostor() as (port, told):
        way = WAYS[name](port)
        with pytest.raises(TransportError, match="certificate"):
            await way.connect()
        await way.close()
    assert told == []


async def test_nothing_in_the_environment_or_the_settings_switches_that_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("PYTHONHTTPSVERIFY", "SSL_NO_VERIFY", "CURL_INSECURE"):
        monkeypatch.setenv(variable, "0")
    async with asyncio.timeout(20), impostor() as (port, told):
        client = HttpClient(f"https://localhost:{port}/v1")
        await client.open()
        with pytest.raises(TransportError, match="certificate"):
            await client.get(f"https://localhost:{port}/v1/models")
        await client.close()
    assert told == []


def _children() -> list[int]:
    ours = os.getpid()
    return [int(pid) for pid in Path(f"/proc/{ours}/task/{ours}/children").read_text().split()]


def _known_of(pid: int) -> bytes:
    """What any other program of this user, and `ps` of anybody, may see of a process."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ", "comm"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_token_of_the_embedded_server_is_in_no_list_of_processes(embedded: Endpoint) -> None:
    assert len(embedded.token) >= 43  # 32 bytes of chance
    pids = [os.getpid(), *_children()]
    assert len(pids) > 1
    for pid in pids:
        assert embedded.token.encode() not in _known_of(pid)


async def test_a_token_that_is_made_is_told_once_on_stderr_and_is_in_no_list(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "serve",
        env=surroundings(tmp_path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    async with asyncio.timeout(30):
        token = (await process.stderr.readline()).decode().removeprefix("token: ").strip()
        assert len(token) >= 32
        url = await process.stdout.readline()
        assert token.encode() not in url
        if sys.platform == "linux":
            assert token.encode() not in _known_of(process.pid)
        process.terminate()
        out, err = await process.communicate()
    assert token.encode() not in out + err


def test_a_token_is_compared_in_a_time_that_tells_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real, compared = hmac.compare_digest, list[tuple[Any, Any]]()

    def compare(sent: bytes, expected: bytes) -> bool:
        compared.append((sent, expected))
        return real(sent, expected)

    monkeypatch.setattr(gate.hmac, "compare_digest", compare)
    door = gate.Gate("the-token")
    for sent in ("Bearer the-token", "Bearer the-tokem", "x"):
        headers = gate.Headers({"Authorization": sent})
        assert door._knows(headers) is (sent == "Bearer the-token")
    assert [sent for sent, _ in compared] == [b"Bearer the-token", b"Bearer the-tokem", b"x"]
