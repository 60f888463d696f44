"""Pipes whose other end lets us wait, or goes away."""

import asyncio
import os
import threading
from collections.abc import Iterator
from io import FileIO

import pytest

from realtime_chat.audio.pcm_stream import PipeSink, ThreadedReads
from realtime_chat.core.errors import AudioUnavailable
from tests.audio.kit import level


class Pipe:
    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self.sink = PipeSink(FileIO(self._writer, "wb", closefd=False))

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += os.read(self.reader, size - len(data))
        return data

    def hang_up(self) -> None:
        os.close(self.reader)
        self.reader = -1

    async def close(self) -> None:
        if self.reader >= 0:
            self.hang_up()
        await self.sink.close()
        os.close(self._writer)


async def test_a_slow_reader_never_holds_up_whoever_plays():
    pipe = Pipe()
    sound = level(60_000, 3)
    pipe.sink.play("a", sound)  # far more than a pipe holds
    assert pipe.read(48_000) == sound[:48_000]
    assert pipe.sink.ledger()["a"] < 60_000
    await pipe.close()


async def test_an_interruption_keeps_back_what_the_reader_has_not_been_given():
    pipe = Pipe()
    pipe.sink.play("a", level(60_000, 3))
    pipe.read(4_800)
    heard = pipe.sink.flush()["a"]
    assert 100 <= heard < 10_000
    pipe.sink.play("b", level(50, 4))
    rest = await asyncio.to_thread(pipe.read, 48 * heard - 4_800 + len(level(50, 4)))
    assert rest.endswith(level(50, 4))
    assert pipe.sink.ledger() == {"b": 50}
    await pipe.close()


async def test_a_reader_that_has_gone_is_told_in_one_line():
    pipe = Pipe()
    pipe.hang_up()
    pipe.sink.play("a", level(20))
    async with asyncio.timeout(5):
        with pytest.raises(AudioUnavailable, match="Nobody takes the answer's sound"):
            await pipe.sink.drained()
    with pytest.raises(AudioUnavailable, match="Nobody takes the answer's sound"):
        pipe.sink.play("a", level(20))
    await pipe.close()


async def test_closing_amid_a_read_ends_the_reads():
    go = threading.Event()

    def items() -> Iterator[bytes]:
        yield b"first"
        go.wait(10)
        yield b"late"

    reads = ThreadedReads(items())
    heard: list[bytes] = []
    async with asyncio.timeout(5):
        async for item in reads:
            heard.append(item)
            asyncio.get_running_loop().call_soon(reads.close)
    go.set()
    assert heard == [b"first"]


async def test_what_goes_wrong_in_the_thread_is_raised_to_the_reader():
    def items() -> Iterator[bytes]:
        yield b"first"
        raise AudioUnavailable("it is too long")

    heard: list[bytes] = []
    async with asyncio.timeout(5):

        async def listen() -> None:
            async for item in ThreadedReads(items()):
                heard.append(item)  # noqa: PERF401 - kept when the loop raises

        with pytest.raises(AudioUnavailable, match="too long"):
            await listen()
    assert heard == [b"first"]
