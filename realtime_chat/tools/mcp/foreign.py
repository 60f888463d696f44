"""The tools of MCP servers as tools of the house: named, described, and told what they need."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from realtime_chat.core.errors import ChatError, ErrorInfo
from realtime_chat.tools.base import Need, Tool, ToolContext
from realtime_chat.tools.mcp.link import McpLink
from realtime_chat.tools.mcp.names import named
from realtime_chat.tools.mcp.schemas import accepted
from realtime_chat.tools.mcp.wire import Listed, Listing

#: Providers refuse sessions with more than 128 tools, and the house has some of its own.
MOST_TOOLS = 90
#: All of them are told at a session's start, and cost tokens in every turn.
MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What a server's tools need when they do more than read, and whether its word on reading counts."""

    need: Need
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class ForeignTool:
    """A tool, and the server that it came from."""

    tool: Tool
    server: str


@dataclass(frozen=True, slots=True)
class ForeignTools:
    """What could be had in time, and one line about each thing that could not."""

    tools: tuple[ForeignTool, ...] = ()
    faults: tuple[str, ...] = ()


async def foreign_tools(
    link: McpLink, standings: Mapping[str, Standing], *, taken: Collection[str] = (), within_s: float
) -> ForeignTools:
    """The tools of the servers that come within that time, in the order of `standings`; none is named as one in
    `taken`. Never raises.

    A server's annotations are only its word: one that is trusted may say that a tool only reads. Whatever it
    says, a tool that does not claim to only read runs alone.
    """
    await link.settled(within_s)
    found = [link.listed[server] for server in standings if server in link.listed]
    offered = [(one, listing) for one in found for listing in one.tools]
    names = named([(one.server, listing.name) for one, listing in offered], taken)
    kept = _affordable(offered)
    tools = tuple(
        ForeignTool(
            _made(link, one.server, listing, names[one.server, listing.name], standings[one.server]),
            one.server,
        )
        for one, listing in kept
    )
    there = {server: sum(one.server == server for one in tools) for server in link.listed}
    faults = [_absent(link, server, within_s) for server in standings if server not in link.listed]
    faults += [_cut(one, there[one.server]) for one in found if there[one.server] < _size(one)]
    return ForeignTools(tools, tuple(faults))


def _affordable(offered: Sequence[tuple[Listed, Listing]]) -> list[tuple[Listed, Listing]]:
    """Those that fit, in their order: a tool that is too big does not keep out the ones behind it."""
    kept: list[tuple[Listed, Listing]] = []
    left = MOST_BYTES
    for one, listing in offered:
        size = len(msgspec.json.encode(listing))
        if len(kept) < MOST_TOOLS and size <= left:
            kept.append((one, listing))
            left -= size
    return kept


def _absent(link: McpLink, server: str, within_s: float) -> str:
    if server in link.lost:
        return f"The MCP server {server} is not used: {link.lost[server].rstrip('.')}."
    return (
        f"The MCP server {server} was not ready within {within_s:g} s, so its tools are left out; "
        "a larger [mcp] wait_s gives it more time."
    )


def _size(one: Listed) -> int:
    return len(one.tools) + one.left_out


def _cut(one: Listed, there: int) -> str:
    tools = f"Of the {_size(one)} tools of the MCP server {one.server}, {there} are used"
    return f"{tools}: the others are too many or too big."


def _made(link: McpLink, server: str, listing: Listing, name: str, standing: Standing) -> Tool:
    tool = listing.name
    reads = listing.read_only is True

    async def call(arguments: dict[str, Any], ctx: ToolContext) -> str:
        answer = await link.call(server, tool, arguments, ctx.progress)
        if answer.ok:
            return answer.text
        raise ChatError.of(ErrorInfo(kind=answer.kind, message=answer.text, category=answer.category))

    return Tool(
        name=name,
        description=listing.description or f"The tool {tool} of the MCP server {server}.",
        parameters=(),
        function=call,
        context_name="ctx",
        need="read" if reads and standing.trusted else standing.need,
        parallel_safe=reads,
        foreign_schema=accepted(listing.schema),
    )
