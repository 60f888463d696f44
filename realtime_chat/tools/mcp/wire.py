"""What we and our MCP host say to each other: one JSON value a line, each way.

The host (host/program.py) is a child process that holds all MCP servers, so that nothing a server does costs
the talk more than a line of bounded size. Orders go down its stdin, reports come up its stdout.
"""

from typing import Any, TypeAlias

import msgspec

from realtime_chat.core.errors import Category

#: No line between us and the host is longer; the host sees to it that none needs to be.
LINE_BYTES = 8_000_000


class StdioServer(msgspec.Struct, frozen=True, kw_only=True, tag="stdio"):
    """A server that is a program. `env` is all that it gets beside the harmless variables; may hold secrets."""

    name: str
    command: str
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    folder: str | None = None
    timeout_s: float = 30.0

    def __repr__(self) -> str:
        return f"StdioServer({self.name!r})"


class HttpServer(msgspec.Struct, frozen=True, kw_only=True, tag="http"):
    """A server behind an address, spoken to by streamable HTTP. `headers` may hold secrets, and `url`, too."""

    name: str
    url: str
    headers: dict[str, str] = {}
    timeout_s: float = 30.0

    def __repr__(self) -> str:
        return f"HttpServer({self.name!r})"


ServerSpec: TypeAlias = StdioServer | HttpServer


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag="begin"):
    """The first order: start these servers."""

    servers: tuple[ServerSpec, ...]


class CallTool(msgspec.Struct, frozen=True, kw_only=True, tag="call"):
    """Call a tool; exactly one Answered of this number follows, unless it is dropped."""

    number: int
    server: str
    tool: str
    arguments: dict[str, Any]


class DropCall(msgspec.Struct, frozen=True, kw_only=True, tag="drop"):
    """Nobody waits for this call any more: tell the server, answer nothing."""

    number: int


Order: TypeAlias = Begin | CallTool | DropCall


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as its server describes it; all of it is untrusted. The hints are None when it said nothing."""

    name: str
    description: str = ""
    schema: dict[str, Any] = {}
    read_only: bool | None = None


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started"):
    """A server's program runs, as the leader of the process group `group`."""

    server: str
    group: int


class Listed(msgspec.Struct, frozen=True, kw_only=True, tag="listed"):
    """A server is there, with these tools; again after each restart. `left_out` counts those that were too many
    or too big."""

    server: str
    tools: tuple[Listing, ...]
    left_out: int = 0


class Lost(msgspec.Struct, frozen=True, kw_only=True, tag="lost"):
    """A server could not be started, or has ended. It is started again only if it was there before."""

    server: str
    why: str


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered"):
    """How a call ended: `text` is for the model, or says what went wrong, of what `kind`."""

    number: int
    ok: bool
    text: str
    kind: str = "tool_failed"
    category: Category = Category.FATAL


class Progressed(msgspec.Struct, frozen=True, kw_only=True, tag="progressed"):
    """A call is on its way."""

    number: int
    text: str


Report: TypeAlias = Started | Listed | Lost | Answered | Progressed

_ORDERS: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Begin | CallTool | DropCall)
_REPORTS: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Started | Listed | Lost | Answered | Progressed)


def line(message: Order | Report) -> bytes:
    """The message as a line, its end included."""
    return msgspec.json.encode(message) + b"\n"


def read_order(raw: bytes) -> Order:
    """Raises ValueError for a line that is none."""
    return _ORDERS.decode(raw)


def read_report(raw: bytes) -> Report:
    """Raises ValueError for a line that is none."""
    return _REPORTS.decode(raw)
