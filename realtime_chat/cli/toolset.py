"""Which tools a run has: the built-in ones, those of the user's own files, and those of MCP servers."""

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from realtime_chat.cli.mcp_servers import McpServers, mcp_servers
from realtime_chat.cli.permissions import hooks
from realtime_chat.cli.settings import Settings
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.ports import Toolbox
from realtime_chat.core.printable import one_line
from realtime_chat.tools.base import Surroundings, Tool
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.modules import own_tools
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Limits, Runner
from realtime_chat.tools.standard import risky_tools, standard_tools

BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Member:
    """A tool and where it comes from: "built-in", the path of a file, or "mcp:" and a server's name."""

    tool: Tool
    source: str


@dataclass(frozen=True, slots=True)
class Toolset:
    """The tools in use, those that are off, and a line about each thing that could not be had."""

    members: tuple[Member, ...]
    off: tuple[Member, ...]
    faults: tuple[str, ...]

    def find(self, name: str) -> Member:
        """The member of that name, also when it is off. Raises UnknownTool with the nearest name."""
        known = (*self.members, *self.off)
        tool = Registry(one.tool for one in known).find(name)
        return next(one for one in known if one.tool is tool)

    def only(self, names: Sequence[str] | None) -> "Toolset":
        """Of these names, where some are given; a name that is none of them is told."""
        if names is None:
            return self
        there = tuple(one for one in self.members if one.tool.name in names)
        missing = [name for name in names if name not in [one.tool.name for one in there]]
        faults = [f"The agent may use {one_line(name, 60)}, but no such tool is in use." for name in missing]
        return Toolset(there, self.off, (*self.faults, *faults))

    def toolbox(self, settings: Settings, data_dir: Path, permissions: Permissions | None = None) -> Toolbox:
        """What a session gets; notes, lists and timers live in `data_dir`. Without permissions nobody is asked."""
        surroundings = Surroundings(
            workspace=settings.tools.workspace or Path.cwd(), data_dir=data_dir, clock=SystemClock()
        )
        limits = Limits(max_concurrency=settings.tools.parallel, deadline_s=settings.tools.timeout_s)
        return Runner(
            Registry(one.tool for one in self.members),
            surroundings,
            limits=limits,
            permissions=permissions,
            hooks=hooks(settings.hooks),
        )


async def toolset(settings: Settings, files: Iterable[Path], servers: McpServers) -> Toolset:
    """The tools of this run; `files` come after those of the settings, and servers after all.

    Never fails for a broken file or server.
    """
    enabled = settings.tools.enable
    built_in = [*standard_tools(), *(tool for tool in risky_tools() if tool.name in enabled)]
    off = [tool for tool in risky_tools() if tool.name not in enabled]
    named = dict.fromkeys([*settings.tools.modules, *files])
    own = await own_tools(named, [tool.name for tool in (*built_in, *off)], SystemClock())
    members = [Member(tool, BUILT_IN) for tool in built_in]
    members += [Member(one.tool, str(one.file)) for one in own.tools]
    taken = [one.tool.name for one in members] + [tool.name for tool in off]
    foreign = await servers.tools(taken)
    members += [Member(one.tool, f"mcp:{one.server}") for one in foreign.tools]
    others = tuple(Member(tool, BUILT_IN) for tool in off)
    return Toolset(tuple(members), others, own.faults + foreign.faults)


def started_servers(settings: Settings) -> AbstractAsyncContextManager[McpServers]:
    """The MCP servers of the settings while they are needed; begin it early: they take a moment."""
    return mcp_servers(settings.mcp, os.environ, settings.tools.workspace or Path.cwd())
