"""A model behind a wire that breaks: it talks, calls tools and hears, and each of its connections has a fault."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost, Rejected, Unreachable
from realtime_chat.core.messages import Incoming, Item, Outgoing
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import Capabilities, Clock

Kind: TypeAlias = Literal[
    "cut",
    "going away",
    "custom code",
    "too big",
    "half closed",
    "stalled",
    "dripping",
    "garbage",
    "refused",
    "no key",
]
KINDS: tuple[Kind, ...] = (
    "cut", "going away", "custom code", "too big", "half closed", "stalled", "dripping", "garbage", "refused", "no key",
)  # fmt: skip
_CODES: dict[Kind, int] = {"cut": 1006, "going away": 1001, "custom code": 4000, "too big": 1009}


@dataclass(frozen=True)
class Fault:
    """`at` counts the messages of one connection, both ways; refusals happen before the first."""

    kind: Kind
    at: int


@dataclass
class Model:
    """One conversation partner over all connections; the last fault is followed by good ones."""

    clock: Clock
    faults: Iterator[Fault]
    max_session_s: int | None = None
    lines: list["Line"] = field(default_factory=list["Line"])

    def line(self) -> "Line":
        """The next connection."""
        line = Line(self, next(self.faults, None), f"c{len(self.lines)}", self.max_session_s)
        self.lines.append(line)
        return line


class Line:
    """A Transport, and the provider at its other end."""

    def __init__(
        self, model: Model, fault: Fault | None, name: str, max_session_s: int | None = None
    ) -> None:
        self.told: list[Item] = []
        self.capabilities = Capabilities(max_session_s=max_session_s)
        self.is_closed = False
        self._clock = model.clock
        self._fault = fault
        self._name = name
        self._count = 0
        self._lost: ConnectionLost | None = None
        self._says: deque[Incoming] = deque([wire.SessionCreated()])
        self._wake = asyncio.Event()
        self._responses = 0
        self._items = 0
        self._active: str | None = None

    @property
    def fault_kind(self) -> Kind | None:
        """What was wrong with it."""
        return self._fault.kind if self._fault is not None else None

    # ------------------------------------------------------------ as a Transport

    async def connect(self) -> None:
        match self._fault:
            case Fault(kind="refused"):
                raise Unreachable("Nobody is there.")
            case Fault(kind="no key"):
                raise Rejected("The key was refused. Check it.")
            case _:
                pass

    async def send(self, message: Outgoing) -> None:
        if self.is_closed or self._lost is not None:
            raise self._lost or _gone()
        if self._breaks() and self._fault is not None and self._fault.kind == "half closed":
            raise _gone()
        if not self._is_stalled:
            self._take(message)
        self._wake.set()

    async def messages(self) -> AsyncIterator[Incoming]:
        while not self.is_closed:
            if self._lost is not None:
                raise self._lost
            if not self._says or self._is_silent:
                self._wake.clear()
                await self._wake.wait()
                continue
            if self._fault is not None and self._fault.kind == "dripping":
                await self._clock.sleep(0.7)
            if self._breaks():
                continue
            yield self._says.popleft()

    async def ping(self) -> None:
        if self._is_silent or self._lost is not None:
            await asyncio.Event().wait()

    async def close(self) -> None:
        self.is_closed = True
        self._wake.set()

    # ------------------------------------------------------------ the fault

    @property
    def _is_stalled(self) -> bool:
        return self._is_silent and self.fault_kind == "stalled"

    @property
    def _is_silent(self) -> bool:
        fault = self._fault
        return fault is not None and fault.kind in ("stalled", "half closed") and self._count >= fault.at

    def _breaks(self) -> bool:
        """Count one message; True when it does not get through."""
        self._count += 1
        fault = self._fault
        if fault is None or self._count < fault.at:
            return False
        if fault.kind in _CODES:
            self._lost = ConnectionLost(
                f"The connection ended ({_CODES[fault.kind]}).", code=_CODES[fault.kind]
            )
            return True
        if fault.kind == "garbage" and self._count == fault.at:
            self._says.appendleft(wire.Malformed(detail="half a frame"))
        return fault.kind == "half closed"

    # ------------------------------------------------------------ the provider

    def _take(self, message: Outgoing) -> None:
        match message:
            case wire.Configure():
                self._says.append(wire.SessionUpdated())
            case wire.CreateItem(item=item):
                self.told.append(item)
            case wire.CommitAudio():
                self._items += 1
                item_id = f"{self._name}_said{self._items}"
                self.told.append(Item(item_id=item_id, kind="message", role="user", text="sound"))
                self._says += [
                    wire.AudioCommitted(item_id=item_id),
                    wire.InputTranscript(item_id=item_id, text="sound"),
                ]
            case wire.CreateResponse(metadata=metadata):
                self._answer(metadata)
            case wire.CancelResponse() if self._active is not None:
                self._says.clear()
                self._says.append(wire.ResponseDone(response_id=self._active, status="cancelled"))
                self._active = None
            case _:
                pass

    def _answer(self, metadata: dict[str, str] | None) -> None:
        self._responses += 1
        response = self._active = f"{self._name}_r{self._responses}"
        self._says.append(wire.ResponseCreated(response_id=response, metadata=metadata))
        last = self.told[-1] if self.told else None
        if last is not None and last.role == "user" and last.text == "tool":
            calls = tuple(_call(f"{response}_{n}", name) for n, name in enumerate(("slow", "risky")))
            self._says += [wire.OutputItemDone(response_id=response, item=one) for one in calls]
            self._says.append(wire.ResponseDone(response_id=response, status="completed", items=calls))
            return
        item = f"{response}_i"
        for word in ("One ", "two ", "three."):
            self._says += [
                wire.OutputTranscriptDelta(response_id=response, item_id=item, delta=word),
                wire.AudioDelta(response_id=response, item_id=item, pcm=bytes(pcm_bytes(200))),
            ]
        said = Item(item_id=item, kind="message", role="assistant", text="One two three.", spoken=True)
        self._says += [
            wire.AudioDone(response_id=response, item_id=item),
            wire.ResponseDone(response_id=response, status="completed", items=(said,)),
        ]


def _call(call_id: str, name: str) -> Item:
    return Item(item_id=call_id, kind="function_call", call_id=call_id, name=name, arguments="{}")


def _gone() -> ConnectionLost:
    return ConnectionLost("The connection ended (1006).", code=1006)
