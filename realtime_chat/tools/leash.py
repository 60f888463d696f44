"""A leash on foreign coroutines: a tool may clean up when it is cancelled, but it cannot refuse to end."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Leash(Generic[Result]):
    """Awaits the coroutine that `begin` makes and hands every cancellation on to it, until `cut`: then the
    next one closes it.

    A task that awaits a Leash therefore always ends by: cancel, a grace, `cut`, cancel. Only two bodies can
    hold it longer: one that never awaits (it holds the loop itself), and one that awaits a task of its own
    which refuses to end.
    """

    def __init__(self, begin: Callable[[], Coroutine[Any, Any, Result]]) -> None:
        self._begin = begin
        self._cut = False

    def cut(self) -> None:
        """From now on whatever wakes the body closes it instead."""
        self._cut = True

    async def hold(self) -> Result:
        """The coroutine's result or error. Raises CancelledError after a cut."""
        return await self

    def __await__(self) -> Generator[Any, Any, Result]:
        body = self._begin()
        step = partial(body.send, None)
        while True:
            try:
                awaited = step()
            except StopIteration as end:
                return end.value
            try:
                yield awaited
                step = partial(body.send, None)
            except GeneratorExit:
                _close(body)
                raise
            except BaseException as error:
                step = partial(body.throw, error)
            if self._cut:
                _close(body)
                raise asyncio.CancelledError


def _close(body: Coroutine[Any, Any, Any]) -> None:
    try:
        body.close()
    except Exception:  # it awaits while closing, or fails at it: either way nobody waits for it any more
        return
