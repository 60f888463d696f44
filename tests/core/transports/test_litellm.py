"""A server that is not ours: litellm's proxy, from the package index, between us and the model that a test plays.

What it streams, how it refuses and how it reads our requests is its own. `make soak` installs it beside the tests.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Transport
from realtime_chat.core.query import query
from realtime_chat.core.runs import run
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.transports.chat.provider import ChatEndpoint, chat_transport
from tests.core.transports import test_ways
from tests.core.transports.chat_peer import ChatPeer
from tests.core.transports.http_server import http_server
from tests.core.transports.ways import BAD_KEY, GOOD_KEY

pytestmark = pytest.mark.soak

VERSION = "1.106.2"
CONFIG = """
model_list:
  - model_name: m
    litellm_params: {{model: openai/m, api_base: "http://127.0.0.1:{upstream}/v1", api_key: {key}}}
  - model_name: mock
    litellm_params: {{model: openai/gpt-4o-mini, api_key: none, mock_response: "Hello from a mock."}}
  - model_name: limited
    litellm_params: {{model: openai/gpt-4o-mini, api_key: none, mock_response: "litellm.RateLimitError"}}
general_settings: {{master_key: {key}}}
litellm_settings: {{telemetry: false, num_retries: 0}}
router_settings: {{num_retries: 0, disable_cooldowns: true}}
"""


@dataclass(frozen=True)
class Proxy:
    """Where it is, and where it looks for its model."""

    url: str
    upstream: int


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Generator[Proxy]:
    """The proxy in its own environment and process."""
    room = tmp_path_factory.mktemp("litellm")
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    uv = shutil.which("uv", path=paths)
    if uv is None:
        pytest.skip("uv, which installs litellm, is not there.")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, room / "venv"], check=True)
    python = room / "venv" / "bin" / "python"
    wanted = f"litellm[proxy]=={VERSION}"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, wanted], check=True)
    here, upstream = free_ports()
    config = room / "config.yaml"
    config.write_text(CONFIG.format(upstream=upstream, key=GOOD_KEY), encoding="utf-8")
    command = [python.with_name("litellm"), "--config", config, "--host", "127.0.0.1", "--port", str(here)]
    environ = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with subprocess.Popen(
        command, cwd=room, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        try:
            assert any(b"Uvicorn running" in line for line in process.stdout), "it did not start"
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield Proxy(f"http://127.0.0.1:{here}/v1", upstream)
        finally:
            process.terminate()


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


class ProxiedPeer(ChatPeer):
    """The model behind the proxy."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def transport(self, *, key: str = GOOD_KEY) -> Transport:
        return way(self._url, "m", key)


def way(url: str, model: str, key: str = GOOD_KEY) -> Transport:
    return chat_transport(ChatEndpoint(model=model, base_url=url, api_key=lambda: key))


@pytest.fixture
async def peer(proxy: Proxy) -> AsyncGenerator[ProxiedPeer]:
    playing = ProxiedPeer(proxy.url)
    async with http_server(playing.serve, port=proxy.upstream) as playing.server:
        yield playing


# The whole contract once more; only a wrong key it refuses in a way of its own (below).
globals().update(
    {
        name: test
        for name, test in vars(test_ways).items()
        if name.startswith("test_") and name != "test_a_wrong_key_is_refused_before_a_session_begins"
    }
)


async def test_its_own_mock_is_streamed_with_its_usage(proxy: Proxy) -> None:
    pieces: list[str] = []
    result = await query(
        lambda: way(proxy.url, "mock"),
        "Hello?",
        on_piece=lambda kind, value: pieces.append(value) if kind == "text_delta" else None,
    )
    assert (result.text, result.finish_reason) == ("Hello from a mock.", "stop")
    assert len(pieces) > 1
    assert result.usage.total == result.usage.input + result.usage.output > 0


async def test_its_refusals_have_their_kinds(proxy: Proxy) -> None:
    # X21
    async def kind(model: str, key: str = GOOD_KEY) -> str:
        options = SessionOptions(turn_detection="none")
        result = await run(
            SessionSetup(transport=lambda: way(proxy.url, model, key), options=options), "Hello?"
        )
        assert result.error is not None
        return result.error.kind

    assert await kind("limited") == "rate_limited"
    assert await kind("no-such-model") == "bad_request"
    assert (
        await kind("mock", BAD_KEY) == "bad_request"
    )  # it keeps no keys but one, and says that it has no database
