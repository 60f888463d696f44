"""One server and its whole life: started, listed, called, and started again when it dies.

Its connection is entered and left in the one task that runs `live`, as anyio's cancel scopes want it; calls
are tasks of the host's and only use the session.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import mcp_types
from mcp.client.session import ClientSession
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, METHOD_NOT_FOUND, REQUEST_TIMEOUT, UNSUPPORTED_PROTOCOL_VERSION
from mcp_types.version import LATEST_MODERN_VERSION
from pydantic import ValidationError

from realtime_chat import __version__
from realtime_chat.core.errors import Category
from realtime_chat.tools.mcp.host import pipes, web
from realtime_chat.tools.mcp.host.content import text_of
from realtime_chat.tools.mcp.host.peer import Peer
from realtime_chat.tools.mcp.host.secrets import Veil
from realtime_chat.tools.mcp.wire import (
    Answered,
    CallTool,
    Listed,
    Listing,
    Lost,
    Progressed,
    Report,
    ServerSpec,
    Started,
    StdioServer,
)

#: Seconds before a dead server is started again: doubled each time, back to the first once it has lived for long.
FIRST_PAUSE_S = 1.0
LAST_PAUSE_S = 60.0
_LONG_S = 60.0
#: How long a call waits for its server to be there again.
_PATIENCE_S = 5.0
#: For the whole way from its start to its list of tools.
_START_S = 30.0
_TOOLS = 100
_PAGES = 20
_DESCRIPTION_CHARS = 1000
_SCHEMA_BYTES = 20_000
#: Progress is a line on the screen; who tells more is heard now and then.
_PROGRESS_EVERY_S = 0.1
_PROGRESS_CHARS = 200
_SESSION_LOST = "Session terminated"
_US = mcp_types.Implementation(name="realtime-chat", version=__version__)


class Served:
    """A configured server. `tell` gets every report and must not block for long."""

    def __init__(self, spec: ServerSpec, tell: Callable[[Report], None]) -> None:
        self._spec = spec
        self._tell = tell
        self._veil = Veil(spec)
        self._session: ClientSession | None = None
        self._peer: Peer | None = None
        self._there = asyncio.Event()
        self._why = "it is still starting"
        self._was_there = False

    async def live(self) -> None:
        """Until cancelled, or until its first start fails: its tools would come too late for anybody."""
        pause = FIRST_PAUSE_S
        while True:
            started = time.monotonic()
            self._why = self._veil.over(await self._once())
            self._tell(Lost(server=self._spec.name, why=self._why))
            if not self._was_there:
                return
            if time.monotonic() - started > _LONG_S:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_PAUSE_S)

    async def _once(self) -> str:
        """One connection from its start to its end; the reason of the end, in one line."""
        peer: Peer | None = None
        try:
            async with (
                _opened(self._spec) as peer,
                ClientSession(peer.read, peer.write, client_info=_US) as session,
            ):
                if peer.group is not None:
                    self._tell(Started(server=self._spec.name, group=peer.group))
                with anyio.fail_after(_START_S):
                    await _shake_hands(session)
                    listed = await _listed(self._spec.name, session)
                self._peer, self._session, self._was_there = peer, session, True
                self._there.set()
                self._tell(listed)
                await peer.gone.wait()
        except Exception as error:  # foreign code on both sides: whatever it was, the server is lost
            return _reason(error, peer)
        finally:
            self._leave("")
        return peer.why

    def _leave(self, why: str) -> str:
        """No more calls on this connection; the next ones wait for another. The reason that counts."""
        peer, self._peer, self._session = self._peer, None, None
        self._there.clear()
        if peer is None:
            return why
        peer.end(why)
        return peer.why

    async def call(self, order: CallTool) -> Answered:
        """How the call ended; it waits a little for a server that is being started again. Cancelled, it tells
        the server so."""
        with anyio.move_on_after(_PATIENCE_S if self._was_there else 0):
            await self._there.wait()
        session = self._session
        if session is None:
            return _failed(
                order, f"The MCP server {self._spec.name} is not there: {self._why}; try again later."
            )
        try:
            result = await session.send_request(
                mcp_types.CallToolRequest(
                    params=mcp_types.CallToolRequestParams(name=order.tool, arguments=order.arguments)
                ),
                mcp_types.CallToolResult,
                request_read_timeout_seconds=self._spec.timeout_s,
                progress_callback=self._progress_of(order.number),
            )
        except MCPError as error:
            return self._refused(order, error)
        except ValidationError:
            return _failed(
                order, f"The MCP server {self._spec.name} answered with something that is no result."
            )
        return self._answered(order, result)

    def _answered(self, order: CallTool, result: mcp_types.CallToolResult) -> Answered:
        text = self._veil.over(text_of(result.model_dump(by_alias=True, mode="json", exclude_none=True)))
        if result.is_error:
            return Answered(
                number=order.number, ok=False, text=text or "The tool failed and did not say why."
            )
        return Answered(number=order.number, ok=True, text=text)

    def _refused(self, order: CallTool, error: MCPError) -> Answered:
        name = self._spec.name
        if error.code == REQUEST_TIMEOUT:
            return Answered(
                number=order.number,
                ok=False,
                text=f"The MCP server {name} did not answer within {self._spec.timeout_s:g} s; try again later.",
                kind="timeout",
                category=Category.RETRYABLE,
            )
        if error.code == CONNECTION_CLOSED or error.message == _SESSION_LOST:
            lost = "it forgot this session" if error.message == _SESSION_LOST else "the connection broke"
            why = self._veil.over(self._leave(lost))
            return _failed(
                order, f"The MCP server {name} went away during the call: {why}; try again in a moment."
            )
        return Answered(number=order.number, ok=False, text=self._veil.over(error.message))

    def _progress_of(self, number: int) -> Any:
        last = -_PROGRESS_EVERY_S

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            nonlocal last
            if time.monotonic() - last < _PROGRESS_EVERY_S:
                return
            last = time.monotonic()
            share = f"{progress:g}" if total is None else f"{progress:g} of {total:g}"
            text = self._veil.over(message or share)[:_PROGRESS_CHARS]
            self._tell(Progressed(number=number, text=text))

        return tell


@asynccontextmanager
async def _opened(spec: ServerSpec) -> AsyncGenerator[Peer]:
    opening = pipes.opened(spec) if isinstance(spec, StdioServer) else web.opened(spec)
    async with opening as peer:
        yield peer


async def _shake_hands(session: ClientSession) -> None:
    """As all servers know it; one that only knows the newer way says so."""
    try:
        await session.initialize()
    except MCPError as error:
        if error.code not in (UNSUPPORTED_PROTOCOL_VERSION, METHOD_NOT_FOUND):
            raise
        found = await session.send_discover(LATEST_MODERN_VERSION)
        session.adopt(mcp_types.DiscoverResult.model_validate(found))


async def _listed(server: str, session: ClientSession) -> Listed:
    """Its tools, as many as can be told to a model."""
    found: list[mcp_types.Tool] = []
    cursor: str | None = None
    for _ in range(_PAGES):
        page = await session.list_tools(params=mcp_types.PaginatedRequestParams(cursor=cursor))
        found += page.tools
        cursor = page.next_cursor
        if cursor is None or len(found) > _TOOLS:
            break
    return _chosen(server, found)


def _chosen(server: str, found: Sequence[mcp_types.Tool]) -> Listed:
    kept: dict[str, Listing] = {}
    for tool in found:
        if len(kept) < _TOOLS and len(json.dumps(tool.input_schema)) <= _SCHEMA_BYTES and tool.name:
            kept.setdefault(tool.name, _listing(tool))
    return Listed(server=server, tools=tuple(kept.values()), left_out=len(found) - len(kept))


def _listing(tool: mcp_types.Tool) -> Listing:
    hints = tool.annotations
    return Listing(
        name=tool.name,
        description=(tool.description or tool.title or "").strip()[:_DESCRIPTION_CHARS],
        schema=tool.input_schema,
        read_only=hints.read_only_hint if hints is not None else None,
    )


def _failed(order: CallTool, text: str) -> Answered:
    return Answered(
        number=order.number, ok=False, text=text, kind="mcp_unavailable", category=Category.RETRYABLE
    )


def _reason(error: BaseException, peer: Peer | None) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    if peer is not None and peer.refusals:
        return f"it answered with HTTP status {peer.refusals[-1]}"
    if peer is not None and peer.why:
        return peer.why
    if isinstance(error, TimeoutError):
        return f"it was not ready within {_START_S:g} s"
    return " ".join(str(error).split())[:300] or type(error).__name__
