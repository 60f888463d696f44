"""A connection to a server, of whatever kind, as the MCP session takes it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Peer:
    """`read` and `write` are the session's streams, `group` is its process group, if it is a program.

    `gone` is set when nothing more will come; `why` then says why, in one line. `refusals` ends with the last HTTP
    status that was an error, if there was one.
    """

    read: Any
    write: Any
    group: int | None = None
    refusals: list[int] = field(default_factory=list[int])
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""

    def end(self, why: str) -> None:
        """It is over; the first reason stays."""
        self.why = self.why or why
        self.gone.set()
