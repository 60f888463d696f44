"""A server behind an address: streamable HTTP by the `mcp` package, with bounds on what may come back."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp.client.streamable_http import streamable_http_client

from realtime_chat.tools.mcp.host.pace import MESSAGE_BYTES, Pace
from realtime_chat.tools.mcp.host.peer import Peer
from realtime_chat.tools.mcp.wire import HttpServer

#: An open stream on which nothing comes for so long is asked for again by the package.
_SILENCE_S = 300.0
_CONNECT_S = 10.0


class TooMuch(Exception):
    """A body is longer than any message may be."""


class _Bounded(httpx2.AsyncByteStream):
    """A body read at a bounded pace, up to `limit` bytes (None: an event stream, whose events are bounded)."""

    def __init__(self, body: httpx2.AsyncByteStream, limit: int | None) -> None:
        self._body = body
        self._left = limit
        self._pace = Pace()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._body:
            if self._left is not None:
                self._left -= len(piece)
                if self._left < 0:
                    raise TooMuch(f"it sent a message of more than {MESSAGE_BYTES // 1_000_000} MB")
            yield piece
            await self._pace.take(len(piece), messages=piece.count(b"data:"))

    async def aclose(self) -> None:
        await self._body.aclose()


@asynccontextmanager
async def opened(spec: HttpServer) -> AsyncGenerator[Peer]:
    """The connection. Nothing is sent before the session's first message."""
    timeout = httpx2.Timeout(_CONNECT_S, read=_SILENCE_S)
    refusals: list[int] = []

    async def bound(response: httpx2.Response) -> None:
        refused = response.status_code >= 400 and response.status_code != 405  # that one only says: no stream
        refusals[:] = [response.status_code] if refused else []
        if response.headers.get("content-encoding", "identity") != "identity":
            raise TooMuch("it answers in a packed form that was not asked for")
        body = response.stream
        assert isinstance(body, httpx2.AsyncByteStream)
        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        response.stream = _Bounded(body, None if is_stream else MESSAGE_BYTES)

    headers = {**spec.headers, "accept-encoding": "identity"}
    hooks = {"response": [bound]}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=timeout, event_hooks=hooks) as client,
        streamable_http_client(spec.url, http_client=client, max_sse_event_size=MESSAGE_BYTES) as streams,
    ):
        peer = Peer(*streams, refusals=refusals)
        yield peer
