"""What the MCP tests share: servers as real processes, and a runner over their tools."""

import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from os import environ
from pathlib import Path

from realtime_chat.core.ports import ToolOutcome
from realtime_chat.tools.mcp.foreign import ForeignTools, Standing, foreign_tools
from realtime_chat.tools.mcp.link import McpLink
from realtime_chat.tools.mcp.wire import HttpServer, ServerSpec, StdioServer
from tests.tools.kit import Bench
from tests.waiting import eventually

FOLDER = Path(__file__).parent
TOKEN = "a-token-that-nobody-may-read"
ENOUGH_S = 30.0


def ordinary(name: str = "test") -> StdioServer:
    """The server written with the package."""
    script = str(FOLDER / "server.py")
    return StdioServer(name=name, command=sys.executable, args=(script,), env={"MCP_TEST_TOKEN": TOKEN})


def rogue(how: str, *more: str, timeout_s: float = 30.0) -> StdioServer:
    """The server that misbehaves so; it is named after it."""
    args = (str(FOLDER / "rogue.py"), how, *more)
    return StdioServer(
        name=how, command=sys.executable, args=args, env={"MCP_TEST_TOKEN": TOKEN}, timeout_s=timeout_s
    )


@asynccontextmanager
async def on_a_port(token: str = TOKEN) -> AsyncGenerator[HttpServer]:
    """The ordinary server over streamable HTTP, as long as this lasts."""
    environment = {name: value for name, value in environ.items() if name != "OPENAI_API_KEY"}
    process = await create_subprocess_exec(
        *(sys.executable, str(FOLDER / "server.py"), "http"),
        stdout=PIPE,
        env=environment | {"MCP_TEST_TOKEN": TOKEN},
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        yield HttpServer(name="test", url=url, headers={"Authorization": f"Bearer {token}"})
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


class Foreign(Bench):
    """A runner over the tools of servers."""

    def __init__(self, folder: Path, link: McpLink, found: ForeignTools) -> None:
        super().__init__(folder, *(one.tool for one in found.tools))
        self.folder = folder
        self.link = link
        self.found = found

    def again(self, folder: Path) -> "Foreign":
        """The same tools for another test, with nothing told yet."""
        return Foreign(folder, self.link, self.found)

    async def once_there(self, *servers: str, but: tuple[str, ...]) -> "Foreign":
        """The tools when all these have come or failed, without waiting for the others."""
        known = self.link.listed, self.link.lost
        await eventually(lambda: all(any(one in those for those in known) for one in servers))
        standings = {server: Standing("run") for server in (*servers, *but)}
        return Foreign(self.folder, self.link, await foreign_tools(self.link, standings, within_s=0))

    async def ping(self, server: str) -> ToolOutcome:
        return await self.one(f"{server}__ping")


@asynccontextmanager
async def connected(
    folder: Path,
    *servers: ServerSpec,
    standings: Mapping[str, Standing] | None = None,
    taken: tuple[str, ...] = (),
    within_s: float = ENOUGH_S,
) -> AsyncGenerator[Foreign]:
    """Their tools, once they are there; they are gone afterwards."""
    known = standings or {server.name: Standing("run") for server in servers}
    async with McpLink(servers) as link:
        yield Foreign(folder, link, await foreign_tools(link, known, taken=taken, within_s=within_s))
