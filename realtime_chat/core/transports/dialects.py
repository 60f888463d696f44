"""For a provider whose frames are not one message each: a dialect with a memory, and the connection that it talks over.

What such a service lacks (ids, acknowledgements, the ends of responses) its dialect says in the service's place.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from realtime_chat.core.errors import ConnectionLost, TransportError
from realtime_chat.core.messages import Incoming, Outgoing
from realtime_chat.core.ports import Capabilities
from realtime_chat.core.transports.websocket import WebSocketLine


class Said(NamedTuple):
    """What becomes of one message of ours: frames for the service, and what is to be heard at once in its place."""

    frames: Sequence[bytes] = ()
    heard: Sequence[Incoming] = ()


class Dialect(Protocol):
    """One conversation with one service, over one connection. Above: DialectTransport. Below: nothing; it sends nothing
    itself, and the order of the calls is all it knows of time."""

    def greeting(self) -> Sequence[Incoming]:
        """What is heard when the connection opens, before any frame."""
        ...

    def hear(self, frame: bytes) -> Sequence[Incoming]:
        """The messages of a frame. Never raises: what cannot be read comes as Malformed (M13)."""
        ...

    def say(self, message: Outgoing) -> Said:
        """What is sent for a message. Raises InvalidArguments for what cannot be said."""
        ...

    def ended(self, loss: ConnectionLost) -> TransportError:
        """What the other side meant by its goodbye."""
        ...


class Frames:
    """The codec of a connection whose frames are left as they are."""

    def decode(self, frame: bytes) -> bytes:
        """The frame."""
        return frame

    def encode(self, message: bytes) -> bytes:
        """The frame."""
        return message


class DialectTransport:
    """A `Transport` over a WebSocket (see ports.Transport).

    Messages wait in `_heard`: those of one frame, and those said in the service's place. Bound: a frame is read only
    when none waits, and a message of ours brings a few. End: the connection's.
    """

    def __init__(
        self, line: WebSocketLine[bytes, bytes], dialect: Dialect, *, capabilities: Capabilities
    ) -> None:
        self._line = line
        self._dialect = dialect
        self._capabilities = capabilities
        self._heard: deque[Incoming] = deque()
        self._patience: asyncio.Timeout | None = None  # of a reader that waits for a frame

    @property
    def capabilities(self) -> Capabilities:
        """What this way to a model can do."""
        return self._capabilities

    @property
    def is_closed(self) -> bool:
        """True after close(), after a failed connect, or when the connection is lost."""
        return self._line.is_closed

    async def connect(self) -> None:
        """Open. Raises Unreachable, Rejected or ProtocolViolation."""
        await self._line.connect()
        self._heard.extend(self._dialect.greeting())

    async def send(self, message: Outgoing) -> None:
        """Send one message, in call order. Raises ConnectionLost, or what the other side's goodbye meant."""
        self._line.require_open()
        said = self._dialect.say(message)
        self._put(said.heard)
        try:
            for frame in said.frames:
                await self._line.send(frame)
        except ConnectionLost as loss:
            raise self._dialect.ended(loss) from loss

    async def messages(self) -> AsyncIterator[Incoming]:
        """Messages in arrival order. Raises ConnectionLost, or what the other side's goodbye meant."""
        while True:
            while self._heard and not self._line.is_closed_by_us:
                yield self._heard.popleft()
            try:
                frame = await self._next()
            except ConnectionLost as loss:
                raise self._dialect.ended(loss) from loss
            if frame is not None:
                self._heard.extend(self._dialect.hear(frame))
            elif self._line.is_closed_by_us:
                return

    async def ping(self) -> None:
        """Return when the peer's pong came. Raises ConnectionLost."""
        await self._line.ping()

    async def close(self) -> None:
        """Close; idempotent, never raises."""
        await self._line.close()

    async def _next(self) -> bytes | None:
        """The next frame; None when something was said meanwhile, or we closed."""
        try:
            async with asyncio.timeout(None) as self._patience:
                return await self._line.frame()
        except TimeoutError:
            return None
        finally:
            self._patience = None

    def _put(self, messages: Sequence[Incoming]) -> None:
        """Let a reader that waits for a frame have these now."""
        self._heard.extend(messages)
        if messages and self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())
            self._patience = None  # once is enough
