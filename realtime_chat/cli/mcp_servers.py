"""The MCP servers of the settings: started beside everything else, so that their tools are there when it is."""

import importlib.util
import re
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from realtime_chat.cli.settings_tables import McpServerSettings, McpSettings
from realtime_chat.core.errors import ConfigError
from realtime_chat.tools.mcp.foreign import ForeignTools, Standing, foreign_tools
from realtime_chat.tools.mcp.link import McpLink
from realtime_chat.tools.mcp.wire import HttpServer, ServerSpec, StdioServer

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_NOT_INSTALLED = (
    "MCP servers are in the settings, but what speaks to them is missing: pip install 'realtime-chat[mcp]'."
)


@dataclass(frozen=True, slots=True)
class McpServers:
    """Servers that were started, and a line about each that could not even be tried."""

    link: McpLink | None
    standings: Mapping[str, Standing]
    wait_s: float
    faults: tuple[str, ...] = ()

    async def tools(self, taken: Collection[str]) -> ForeignTools:
        """The tools of those that are there within `wait_s`. Never raises."""
        if self.link is None:
            return ForeignTools(faults=self.faults)
        found = await foreign_tools(self.link, self.standings, taken=taken, within_s=self.wait_s)
        return ForeignTools(found.tools, self.faults + found.faults)


@asynccontextmanager
async def mcp_servers(
    settings: McpSettings, environ: Mapping[str, str], folder: Path
) -> AsyncGenerator[McpServers]:
    """Start the enabled servers, programs in `folder`; they are gone on leaving."""
    wanted = {name: one for name, one in settings.servers.items() if one.enabled}
    standings = {name: Standing("network" if one.url else "run", one.trust) for name, one in wanted.items()}
    faults: list[str] = []
    specs: list[ServerSpec] = []
    for name, one in wanted.items():
        try:
            specs.append(_spec(name, one, environ, folder))
        except ConfigError as error:
            faults.append(error.message)
            del standings[name]
    if specs and importlib.util.find_spec("mcp") is None:
        faults, specs = [_NOT_INSTALLED], []
    if not specs:
        yield McpServers(None, {}, settings.wait_s, tuple(faults))
        return
    async with McpLink(specs) as link:
        yield McpServers(link, standings, settings.wait_s, tuple(faults))


def _spec(name: str, one: McpServerSettings, environ: Mapping[str, str], folder: Path) -> ServerSpec:
    """The server with its ${VARIABLES} filled in. Raises ConfigError for one that is not set."""

    def filled(text: str) -> str:
        missing = [found for found in _VARIABLE.findall(text) if found not in environ]
        if missing:
            raise ConfigError(f"The MCP server {name} is not used: the variable {missing[0]} is not set.")
        return _VARIABLE.sub(lambda found: environ[found[1]], text)

    def all_filled(values: Mapping[str, SecretStr]) -> dict[str, str]:
        return {key: filled(value.get_secret_value()) for key, value in values.items()}

    if one.url is not None:
        return HttpServer(
            name=name, url=filled(one.url), headers=all_filled(one.headers), timeout_s=one.timeout_s
        )
    return StdioServer(
        name=name,
        command=str(Path(one.command or "").expanduser()),
        args=tuple(filled(argument) for argument in one.args),
        env=all_filled(one.env),
        folder=str(folder),
        timeout_s=one.timeout_s,
    )
