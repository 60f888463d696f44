"""Ollama on this machine: where it is, and what it has, as its service of OpenAI's shape tells."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

import msgspec

from realtime_chat.core.errors import TransportError
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.transports.http import HttpClient

PORT = 11434
#: It is on this machine: who does not answer by then is not there.
ANSWERS_WITHIN_S = 0.5


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model] = []


def ollama_url(environ: Mapping[str, str]) -> str:
    """Its base address: OLLAMA_HOST as its own programs read it (a port, a host, both, or a URL), else the usual one.

    An address that only a server can use (0.0.0.0) becomes this machine's.
    """
    given = environ.get("OLLAMA_HOST", "").strip().strip("\"'")
    scheme, _, rest = given.rpartition("://")
    try:
        parts = urlsplit(f"{scheme or 'http'}://{rest}")
        host, port = parts.hostname or "127.0.0.1", parts.port
    except ValueError:
        return f"http://127.0.0.1:{PORT}/v1"
    if port is None:
        port = {"": PORT, "http": 80, "https": 443}.get(scheme, PORT)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return urlunsplit((scheme or "http", place, f"{parts.path.rstrip('/')}/v1", "", ""))


async def ollama_models(environ: Mapping[str, str]) -> list[str] | None:
    """The names of its models; None when it does not answer at once."""
    url = ollama_url(environ)
    client = HttpClient(url, connect_timeout_s=ANSWERS_WITHIN_S)
    try:
        async with asyncio.timeout(2 * ANSWERS_WITHIN_S):
            await client.open()
            page = await client.get(f"{url}/models")
        return [model.id for model in read_json(page, _Models).data]
    except (TransportError, TimeoutError, NotJson):
        return None
    finally:
        await client.close()
