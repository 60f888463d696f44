"""One request and the values of its answer, as they come; whoever waits for them may be told to wait no more."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, aclosing, suppress
from typing import TypeVar

from realtime_chat.core.errors import TransportError
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.transports.chat.lines import EventLines, Mark
from realtime_chat.core.transports.http import HttpClient

#: An answer's last lines come with its end; a server that keeps the way open behind it is not waited for.
END_WITHIN_S = 0.1

T = TypeVar("T")


class Stopped(Exception):
    """What was waited for is not wanted any more."""


class Patience:
    """For one answer, until `end`."""

    def __init__(self) -> None:
        self._over = False
        self._waiting: asyncio.Timeout | None = None

    def end(self) -> None:
        """Whoever waits now, or will, gets Stopped."""
        self._over = True
        if self._waiting is not None:
            self._waiting.reschedule(0)

    async def wait(self, step: Awaitable[T]) -> T:
        """The step's result. Raises Stopped, and cancels the step, as soon as patience ends."""
        try:
            async with asyncio.timeout(0 if self._over else None) as self._waiting:
                return await step
        except TimeoutError:
            raise Stopped from None
        finally:
            self._waiting = None


async def answered(http: HttpClient, url: str, body: bytes, *, patience: Patience) -> AsyncGenerator[object]:
    """The answer's JSON values, and Mark.UNREADABLE for what is none; a server that does not stream sends one.

    Raises Stopped and TransportError; leaving it ends the request.
    """
    async with AsyncExitStack() as stack:
        answer = await patience.wait(stack.enter_async_context(http.post(url, body)))
        if not answer.is_stream:
            yield _value(await patience.wait(answer.whole()))
            return
        events = EventLines()
        lines = await stack.enter_async_context(aclosing(answer.lines()))
        while (line := await patience.wait(anext(lines, None))) is not None:
            if http.tap is not None and line:
                http.tap("received", line)
            value = events.take(line)
            if value is Mark.DONE:
                await _read_out(lines)
                break
            if value is not None:
                yield value
        if (left := events.end()) is not None:
            yield left


def _value(body: bytes) -> object:
    try:
        return read_json(body)
    except NotJson:
        return Mark.UNREADABLE


async def _read_out(lines: AsyncGenerator[bytes]) -> None:
    """To the end that comes with the last line, so that the connection can be used again."""
    with suppress(TimeoutError, TransportError):
        async with asyncio.timeout(END_WITHIN_S):
            async for _ in lines:
                pass
