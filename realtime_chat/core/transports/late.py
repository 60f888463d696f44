"""A connection whose address is asked for when it is made, because its server may have to be started first."""

from collections.abc import AsyncIterator, Awaitable, Callable

from realtime_chat.core.errors import ConnectionLost, Unreachable
from realtime_chat.core.messages import Incoming, Outgoing
from realtime_chat.core.ports import Capabilities, Transport


class LateTransport:
    """A `Transport` around one that `make` brings, which may raise what connect() may."""

    def __init__(self, make: Callable[[], Awaitable[Transport]]) -> None:
        self._make = make
        self._made: Transport | None = None
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """Those of the one it is; before it is made, the usual ones."""
        return self._made.capabilities if self._made is not None else Capabilities()

    @property
    def is_closed(self) -> bool:
        """See Transport."""
        return self._closed or (self._made is not None and self._made.is_closed)

    async def connect(self) -> None:
        """Ask, then open."""
        if self._made is None and not self._closed:
            try:
                self._made = await self._make()
            except BaseException:
                self._closed = True
                raise
        if self._made is None or self._closed:
            raise Unreachable("This connection was closed before it was opened; make another one.")
        await self._made.connect()

    async def send(self, message: Outgoing) -> None:
        """See Transport."""
        if self._made is None:
            raise _not_open()
        await self._made.send(message)

    async def messages(self) -> AsyncIterator[Incoming]:
        """See Transport."""
        if self._made is None:
            raise _not_open()
        async for message in self._made.messages():
            yield message

    async def ping(self) -> None:
        """See Transport."""
        if self._made is None:
            raise _not_open()
        await self._made.ping()

    async def close(self) -> None:
        """See Transport."""
        self._closed = True
        if self._made is not None:
            await self._made.close()


def _not_open() -> ConnectionLost:
    return ConnectionLost("This connection is not open.", code=1006, reason="not open")
