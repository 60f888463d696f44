"""What may be asked about beside the talk itself, and how it may be left for another one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from realtime_chat.cli.words.device_line import Line
from realtime_chat.core.options import ToolSchema
from realtime_chat.core.prices import PriceList


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOn:
    """Leave, and go on with this session (None: a new one), with other flags for it."""

    session_id: str | None
    flags: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


#: How a talk ends: an exit code, or what comes next.
Leaving = int | GoOn


def _nothing() -> list[str]:
    return []


def _no_schemas() -> Sequence[ToolSchema]:
    return ()


def _no_devices() -> list[Line]:
    return []


def _agent(name: str) -> Mapping[str, str | None]:
    return {"agent": name}


async def _accepted(_: GoOn) -> None:
    return


async def _nothing_found() -> list[str]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Each callable gives lines for the user's eyes, foreign words in them not made harmless yet.

    `agents`: those that there are; `agent` is the present one, `beside` those that follow the talk. `with_agent` gives
    the flags to go on with one of them, or raises. `check` raises, as a ChatError, why a talk cannot go on like that.
    """

    tools: Callable[[], list[str]] = _nothing
    schemas: Callable[[], Sequence[ToolSchema]] = _no_schemas
    mcp: Callable[[], list[str]] = _nothing
    permissions: Callable[[], list[str]] = _nothing
    devices: Callable[[], list[Line]] = _no_devices
    doctor: Callable[[], Awaitable[list[str]]] = _nothing_found
    voices: Sequence[str] = ()
    models: Sequence[str] = ()
    providers: Sequence[str] = ()
    provider: str = ""
    check: Callable[[GoOn], Awaitable[None]] = _accepted
    #: The devices in use.
    used: Sequence[Line] = ()
    agents: Sequence[str] = ()
    agent: str = ""
    with_agent: Callable[[str], Mapping[str, str | None]] = _agent
    beside: Sequence[str] = ()
    prices: PriceList = field(default_factory=PriceList)
