"""A program that holds a stubborn server, says so, and waits to be killed: `holder.py FILE`."""

import asyncio
import sys

from realtime_chat.tools.mcp.link import McpLink
from tests.tools.mcp.kit import rogue


async def main() -> None:
    async with McpLink([rogue("stubborn", sys.argv[1])]) as link:
        await link.settled(30)
        print(" ".join(link.listed), flush=True)
        await asyncio.Event().wait()


asyncio.run(main())
