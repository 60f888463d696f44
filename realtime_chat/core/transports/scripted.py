"""The shipped twin of a connection: a script says what the peer expects and what it answers.

    transport = ScriptedTransport([
        emit(SessionCreated()),
        expect(Configure, SessionUpdated()),
        expect(CreateResponse, ResponseCreated(response_id="r1")),
        drop(1001, "going away"),
    ])

No time passes and nothing is random: a step is played when the one before it is over. With a codec, frames
(bytes) may stand wherever messages may: a recording can be replayed, and the tap sees every frame.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias, assert_never

from realtime_chat.core.errors import ConnectionLost, TransportError, Unreachable
from realtime_chat.core.messages import AppendAudio, Incoming, Outgoing
from realtime_chat.core.ports import Capabilities, RawTap
from realtime_chat.core.transports.base import Codec

#: What an expectation accepts: a type of message, or a question about one.
Wanted: TypeAlias = type[Any] | Callable[[Outgoing], bool]


class ScriptBroken(AssertionError):
    """The session did not do what the script says, or the script was not played to its end."""


@dataclass(frozen=True, slots=True)
class Expect:
    """Wait for the next message that is sent; it must be wanted. Sound is passed over unless wanted."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Emit:
    """Say one message, or one raw frame."""

    said: Incoming | bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """End the connection from the other side; the last step."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Hang:
    """As the first step: connect() never returns. As the last: the peer is silent; never left over."""


@dataclass(frozen=True, slots=True)
class Serve:
    """The last step: a service that answers each message, sound included, for as long as it is talked to."""

    answer: "Service"


@dataclass(frozen=True, slots=True)
class Refuse:
    """The only step: connect() raises."""

    error: TransportError


#: What comes back for a message, in order; may be nothing.
Service: TypeAlias = Callable[[Outgoing], Iterable[Incoming | bytes]]
Step: TypeAlias = Expect | Emit | Drop | Hang | Serve | Refuse
Script: TypeAlias = Iterable[Step | list[Step]]


def expect(wanted: Wanted, *answers: Incoming | bytes) -> list[Step]:
    """Wait for a message, then say the answers."""
    return [Expect(wanted), *emit(*answers)]


def emit(*said: Incoming | bytes) -> list[Step]:
    """Say messages, one after another."""
    return [Emit(each) for each in said]


def drop(code: int = 1006, reason: str = "") -> Step:
    """End the connection from the other side."""
    return Drop(code, reason)


def hang() -> Step:
    """Answer nothing any more; as the first step, not even the connect."""
    return Hang()


def serve(answer: Service) -> Step:
    """Answer each message from here on."""
    return Serve(answer)


def refuse(error: TransportError) -> Step:
    """Let connect() raise this."""
    return Refuse(error)


class _Phase(Enum):
    NEW = "new"
    CONNECTING = "connecting"
    OPEN = "open"
    LOST = "lost"
    CLOSED = "closed"


class ScriptedTransport:
    """A `Transport` played from a script (see `ports.Transport` for the contract).

    `sent` holds everything that was sent, in order. A message that is sent where the script expects another
    raises ScriptBroken from send() or messages(), whichever notices, and again from finish().
    """

    def __init__(
        self,
        script: Script = (),
        *,
        codec: Codec | None = None,
        tap: RawTap | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.sent: list[Outgoing] = []
        #: False: nothing comes back any more, as from a machine that lost its power.
        self.lives = True
        self._steps = deque(_flat(script))
        self._codec = codec
        self._tap = tap
        self._capabilities = capabilities or Capabilities()
        # Sent and not yet expected; bounded by the test that sends, ends with it.
        self._pending: deque[Outgoing] = deque()
        self._phase = _Phase.NEW
        self._changed = asyncio.Event()
        self._loss: ConnectionLost | None = None
        self._broken: ScriptBroken | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What this way to a model can do."""
        return self._capabilities

    @property
    def is_closed(self) -> bool:
        """True after close(), after a refusal, or after a drop."""
        return self._phase in (_Phase.LOST, _Phase.CLOSED)

    async def connect(self) -> None:
        """Open, unless the script's first step refuses or hangs."""
        if self._phase is not _Phase.NEW:
            raise Unreachable("This connection was used before; make a new transport for a new one.")
        self._enter(_Phase.CONNECTING)
        match self._steps[0] if self._steps else None:
            case Refuse(error=error):
                self._steps.popleft()
                self._enter(_Phase.CLOSED)
                raise error
            case Hang():
                await self._until_closed()
                raise Unreachable(
                    "The connection was closed while it was opened; connect again if it is wanted."
                )
            case _:
                self._enter(_Phase.OPEN)

    async def send(self, message: Outgoing) -> None:
        """Record one message and match it. Raises ConnectionLost after a drop or close, ScriptBroken when
        the script expects another."""
        if self._phase is not _Phase.OPEN:
            raise self._loss or _not_open()
        if self._codec is not None and self._tap is not None:
            self._tap("sent", self._codec.encode(message))
        self.sent.append(message)
        self._pending.append(message)
        self._match_pending()
        self._changed.set()

    async def messages(self) -> AsyncIterator[Incoming]:
        """What the script says, in order. Ends after our own close(); raises ConnectionLost at a drop."""
        if self._phase in (_Phase.NEW, _Phase.CONNECTING):
            raise _not_open()
        while self._phase is _Phase.OPEN:
            step = self._steps[0] if self._steps else None
            match step:
                case Emit(said=said):
                    self._steps.popleft()
                    self._match_pending()
                    yield self._heard(said)
                case Drop(code=code, reason=reason):
                    self._steps.popleft()
                    self._loss = _loss(code, reason)
                    self._enter(_Phase.LOST)
                case Serve(answer=answer) if self._pending:
                    self._steps.extendleft(reversed(emit(*answer(self._pending.popleft()))))
                case Expect() | Hang() | Serve() | Refuse() | None:
                    await self._change()
                case _:
                    assert_never(step)
        if self._loss is not None and self._phase is _Phase.LOST:
            raise self._loss

    async def ping(self) -> None:
        """Return at once while it lives, else when the connection ended."""
        if self.lives and self._phase is _Phase.OPEN:
            return
        await self._until_closed()
        raise self._loss or _not_open()

    def lose(self, code: int = 1006, reason: str = "") -> None:
        """The other side goes away now, whatever the script says."""
        self._loss = _loss(code, reason)
        self._enter(_Phase.LOST)

    async def close(self) -> None:
        """Close; idempotent, never raises."""
        self._enter(_Phase.CLOSED)

    def finish(self) -> None:
        """Say that the script must be over now. Raises ScriptBroken for a mismatch or for steps left over."""
        if self._broken is not None:
            raise self._broken
        left = [step for step in self._steps if not isinstance(step, Hang | Serve)]
        if left:
            raise ScriptBroken(f"{len(left)} steps were not played, the first is {left[0]}.")

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _until_closed(self) -> None:
        while not self.is_closed:
            await self._change()

    def _match_pending(self) -> None:
        """Let what was sent meet the expectations that stand first."""
        while self._pending and self._steps and isinstance(self._steps[0], Expect):
            message, wanted = self._pending.popleft(), self._steps[0].wanted
            if _accepts(wanted, message):
                self._steps.popleft()
            elif not isinstance(message, AppendAudio):
                self._broken = ScriptBroken(f"The script expects {_name(wanted)}, but {message} was sent.")
                raise self._broken

    def _heard(self, said: Incoming | bytes) -> Incoming:
        if not isinstance(said, bytes):
            return said
        if self._codec is None:
            raise ScriptBroken("A raw frame needs a codec; give ScriptedTransport one.")
        if self._tap is not None:
            self._tap("received", said)
        return self._codec.decode(said)


def _flat(script: Script) -> Iterable[Step]:
    for step in script:
        if isinstance(step, list):
            yield from step
        else:
            yield step


def _accepts(wanted: Wanted, message: Outgoing) -> bool:
    return isinstance(message, wanted) if isinstance(wanted, type) else wanted(message)


def _name(wanted: Wanted) -> str:
    return wanted.__name__ if isinstance(wanted, type) else f"what {wanted} accepts"


def _not_open() -> ConnectionLost:
    return ConnectionLost("This connection is not open; connect again.", code=1006, reason="not open")


def _loss(code: int, reason: str) -> ConnectionLost:
    words = f"{code}: {reason}" if reason else str(code)
    return ConnectionLost(f"The connection ended ({words}).", code=code, reason=reason)
