"""The tools of one session, by name."""

import difflib
from collections.abc import Iterable
from typing import ClassVar

from realtime_chat.core.errors import InvalidArguments, NotFound
from realtime_chat.core.options import ToolSchema
from realtime_chat.tools.base import Tool


class UnknownTool(NotFound):
    """The model asked for a tool that is not there; the message names those that are (X16)."""

    kind: ClassVar[str] = "unknown_tool"


class Registry:
    """Tools by name, in the order they were given. Raises InvalidArguments when two have the same name."""

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.name in self._tools:
                raise InvalidArguments(f"Two tools are named {tool.name!r}; rename one of them.")
            self._tools[tool.name] = tool

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return tuple(self._tools)

    def schemas(self) -> tuple[ToolSchema, ...]:
        """The tools as the model sees them."""
        return tuple(tool.schema for tool in self._tools.values())

    def find(self, name: str) -> Tool:
        """The tool of that name. Raises UnknownTool with the nearest name and all others."""
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownTool(self._advice(name), exception="LookupError") from None

    def _advice(self, name: str) -> str:
        near = difflib.get_close_matches(name[:64].casefold(), self._tools, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        others = ", ".join(self._tools) or "none"
        return f"There is no tool {name[:64]!r}{meant} Available tools: {others}."
