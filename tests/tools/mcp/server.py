"""An ordinary MCP server, written with the `mcp` package: `server.py` on stdio, `server.py http` on a port.

On http it prints its address, and wants the header that MCP_TEST_TOKEN names.
"""

import asyncio
import os
import sys
from typing import Any

from mcp.server.mcpserver import Context, Image, MCPServer
from mcp_types import ToolAnnotations

mcp = MCPServer("test")
PIXEL = bytes(12_000)


@mcp.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@mcp.tool()
def whoami() -> str:
    """Tell what this server knows of its surroundings."""
    names = ("MCP_TEST_TOKEN", "OPENAI_API_KEY")
    return " ".join(f"{name}={os.environ.get(name)}" for name in names)


@mcp.tool()
def picture() -> Image:
    """Draw something."""
    return Image(data=PIXEL, format="png")


@mcp.tool()
def weather() -> dict[str, Any]:
    """Tell the weather."""
    return {"sky": "blue", "degrees": 21}


@mcp.tool()
def fail() -> str:
    """Fail."""
    raise ValueError("the moon is in the way")


@mcp.tool(name="odd.name/of a tool")
def odd() -> str:
    """Have a name that no provider takes."""
    return "odd"


@mcp.tool()
async def slow(ctx: Context[Any, Any]) -> str:
    """Tell that it is on its way, then take for ever."""
    await ctx.report_progress(1, 3, "digging")
    await asyncio.Event().wait()
    return "never"


@mcp.tool()
def end() -> str:
    """End the server in the middle of a call."""
    os._exit(3)


def main() -> None:
    if sys.argv[1:] != ["http"]:
        mcp.run("stdio")
        return
    import socket

    import uvicorn
    from starlette.types import ASGIApp, Receive, Scope, Send

    def guarded(app: ASGIApp) -> ASGIApp:
        async def ask(scope: Scope, receive: Receive, send: Send) -> None:
            wanted = f"Bearer {os.environ['MCP_TEST_TOKEN']}".encode()
            if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != wanted:
                await send({"type": "http.response.start", "status": 401, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            await app(scope, receive, send)

        return ask

    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp", flush=True)
    server = uvicorn.Server(uvicorn.Config(guarded(mcp.streamable_http_app()), log_level="critical"))
    asyncio.run(server.serve([listening]))


if __name__ == "__main__":
    main()
