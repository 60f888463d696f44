"""Threads for sync tools: one daemon thread per call, so that neither loop nor exit ever waits (M24)."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, TypeVar

from realtime_chat.core.errors import Category, ChatError

Result = TypeVar("Result")

#: Threads that may be alive at once; more means that tools do not return and new ones would pile up.
MAX_THREADS = 16


class TooManyThreads(ChatError):
    """So many sync tools never returned that no more are started."""

    kind: ClassVar[str] = "tools_stuck"
    category: ClassVar[Category] = Category.CAPACITY


class Workers:
    """Starts bodies in threads. A body whose future was cancelled is abandoned: it runs on unheard."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    @property
    def alive(self) -> int:
        """How many threads run, abandoned ones included."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        return len(self._threads)

    def start(self, body: Callable[[], Result], *, name: str) -> asyncio.Future[Result]:
        """The future result of `body`, which must not raise. Raises TooManyThreads."""
        if self.alive >= MAX_THREADS:
            raise TooManyThreads(
                f"{MAX_THREADS} earlier tool calls never returned; restart the program to use such tools."
            )
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def deliver(result: Result) -> None:
            if not future.done():
                future.set_result(result)

        def work() -> None:
            result = body()
            with suppress(RuntimeError):  # the loop closed while an abandoned body ran on
                loop.call_soon_threadsafe(deliver, result)

        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(work,), name=f"tool-{name}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise TooManyThreads("The system starts no more threads; close other programs.") from error
        self._threads.append(thread)
        return future
