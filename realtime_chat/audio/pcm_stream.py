"""Pipes: whoever reads or writes the other end may let us wait, so a thread does the waiting.

The threads are daemons and use unbuffered descriptors: one that waits for ever keeps no process from ending.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from io import FileIO
from typing import Generic, TypeVar

from realtime_chat.core.errors import AudioUnavailable, ChatError
from realtime_chat.core.pcm import pcm_bytes, pcm_ms
from realtime_chat.core.playback_queue import PlaybackQueue
from realtime_chat.core.ports import Ledger

#: Taken from the queue at a time, so what a flush can no longer hold back beside the pipe's own buffer.
WRITE_MS = 100
#: Seconds that close() waits for the write that is under way.
GOODBYE_S = 1.0


Item = TypeVar("Item")


class ThreadedReads(Generic[Item]):
    """The items of a blocking iterator, one read at a time in a thread; ends when closed, even amid a read."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._read: asyncio.Future[Item | None] | None = None
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Raises the ChatError that the iterator raised."""
        loop = asyncio.get_running_loop()
        while not self._closed:
            self._read = read = loop.create_future()
            threading.Thread(target=self._next, args=(loop, read), name="read", daemon=True).start()
            item = await read
            if item is None:
                return
            yield item

    def close(self) -> bool:
        """End; what a read under way brings is dropped. True when none was under way."""
        self._closed = True
        if self._read is None or self._read.done():
            return True
        self._read.set_result(None)
        return False

    def _next(self, loop: asyncio.AbstractEventLoop, read: asyncio.Future[Item | None]) -> None:
        result: Item | ChatError | None
        try:
            result = next(self._items, None)
        except ChatError as error:
            result = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(_settle, read, result)


def _settle(future: asyncio.Future[Item | None], result: Item | ChatError | None) -> None:
    if future.done():
        return
    if isinstance(result, ChatError):
        future.set_exception(result)
    else:
        future.set_result(result)


class PipeSink:
    """An AudioSink that writes raw 24 kHz mono s16le to a pipe, at the pace of whoever reads it.

    Heard is what was handed to the pipe. play() and drained() raise AudioUnavailable once nobody reads.
    """

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._queue = PlaybackQueue()
        self._news = threading.Event()
        self._busy = False  # a write is under way
        self._closed = False
        self._flushes = 0
        self._failure: AudioUnavailable | None = None
        self._waiters: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._thread = threading.Thread(target=self._write, name="pipe-sink", daemon=True)
        self._thread.start()

    def play(self, item_id: str, pcm: bytes) -> None:
        """Queue sound; after close() it goes nowhere."""
        if self._failure is not None:
            raise self._failure
        if not self._closed:
            self._queue.push(item_id, pcm)
            self._news.set()

    def finish(self, item_id: str) -> None:
        """No more sound comes for this item."""
        self._queue.finish(item_id)

    def gain(self, factor: float) -> None:
        """None: who reads the pipe decides how loud it is."""

    def flush(self) -> Ledger:
        """Drop what waits; what was handed over of every item since the last flush."""
        taken = self._queue.flush()
        self._flushes += 1
        self._wake()
        return {item_id: pcm_ms(size) for item_id, (size, _) in taken.items()}

    def ledger(self) -> Ledger:
        """What was handed over of every item since the last flush."""
        return {item_id: pcm_ms(size) for item_id, (size, _) in self._queue.taken().items()}

    def forget(self) -> None:
        """What was wholly handed over is in no ledger any more."""
        self._queue.forget()

    async def drained(self) -> None:
        """Return when all was handed over, or at a flush."""
        loop = asyncio.get_running_loop()
        flushes = self._flushes
        while not self._is_idle() and flushes == self._flushes:
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.append((loop, waiter))
            self._news.set()
            if not self._is_idle():  # else the thread may have ended before it could see the waiter
                await waiter
        if self._failure is not None and not self._closed:
            raise self._failure

    async def close(self) -> None:
        """Drop what waits; the write under way gets a second to end."""
        self._closed = True
        self.flush()
        self._news.set()
        await asyncio.to_thread(self._thread.join, GOODBYE_S)

    def _is_idle(self) -> bool:
        ended = self._failure is not None or self._closed
        return ended or not (self._busy or self._queue.pending)

    def _write(self) -> None:
        while not self._closed and self._failure is None:
            self._news.wait()
            self._news.clear()
            self._busy = True  # before anything is taken: idle may not be seen in between
            try:
                while pcm := self._queue.take(pcm_bytes(WRITE_MS)):
                    self._write_all(pcm)
            except OSError as error:
                self._failure = AudioUnavailable(f"Nobody takes the answer's sound ({error.strerror}).")
            self._busy = False
            self._wake()
        self._wake()

    def _write_all(self, pcm: bytes) -> None:
        rest = memoryview(pcm)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _wake(self) -> None:
        """Free whoever waits for the end, to look again. Thread: any."""
        with suppress(IndexError):  # none is left
            while True:
                loop, waiter = self._waiters.popleft()
                with suppress(RuntimeError):  # the loop has ended meanwhile
                    loop.call_soon_threadsafe(_release, waiter)


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def standard_output() -> FileIO:
    """Unbuffered stdout. Raises AudioUnavailable when it is closed."""
    try:
        return FileIO(1, "wb", closefd=False)
    except OSError as error:
        raise AudioUnavailable(f"stdout cannot be written ({error.strerror}).") from error
