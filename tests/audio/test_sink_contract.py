"""What every AudioSink keeps, whatever is below it."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import FileIO
from pathlib import Path
from typing import Protocol, TypeAlias

import pytest

from realtime_chat.audio.files import FileSink
from realtime_chat.audio.pcm_stream import PipeSink
from realtime_chat.audio.playback import DeviceSink
from realtime_chat.audio.streams import Fill, SteppedOutput
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import AudioSink
from realtime_chat.core.virtual_audio import VirtualSink
from tests.audio.kit import level


class Bench(Protocol):
    """A sink, a way to let time pass for it, and an ear."""

    @property
    def sink(self) -> AudioSink: ...

    async def pass_time(self, ms: int) -> None: ...

    def came_out(self) -> bytes:
        """All that was played so far; it may hold silence beside the sound."""
        ...


class VirtualBench:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.sink = VirtualSink(self.clock)

    async def pass_time(self, ms: int) -> None:
        await self.clock.advance(ms / 1000)

    def came_out(self) -> bytes:
        return b"".join(self.sink.heard.values())


class DeviceBench:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.sink = DeviceSink(self._open, self.clock)

    def _open(self, fill: Fill) -> SteppedOutput:
        self.stream = SteppedOutput(fill, latency_s=0.02)
        return self.stream

    async def pass_time(self, ms: int) -> None:
        for _ in range(0, ms, 10):
            self.stream.step(10)
            await self.clock.advance(0.01)

    def came_out(self) -> bytes:
        return self.stream.sound


class FileBench:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.sink = FileSink(str(path))

    async def pass_time(self, ms: int) -> None:
        """A file knows no time."""

    def came_out(self) -> bytes:
        return self._path.read_bytes()[44:] if self._path.exists() else b""


class PipeBench:
    """Its reader takes whatever comes, at once."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        self.sink = PipeSink(FileIO(self._writer, "wb", closefd=False))
        self._out = b""

    async def pass_time(self, ms: int) -> None:
        await self.sink.drained()

    def came_out(self) -> bytes:
        try:
            while part := os.read(self._reader, 1 << 16):
                self._out += part
        except BlockingIOError:
            pass
        return self._out

    def close(self) -> None:
        os.close(self._reader)
        os.close(self._writer)


MakeBench: TypeAlias = Callable[[Path], AbstractAsyncContextManager[Bench]]


@asynccontextmanager
async def virtual(_: Path) -> AsyncGenerator[Bench]:
    bench = VirtualBench()
    yield bench
    await bench.sink.close()


@asynccontextmanager
async def device(_: Path) -> AsyncGenerator[Bench]:
    bench = DeviceBench()
    yield bench
    await bench.sink.close()


@asynccontextmanager
async def file(folder: Path) -> AsyncGenerator[Bench]:
    bench = FileBench(folder / "answer.wav")
    yield bench
    await bench.sink.close()


@asynccontextmanager
async def pipe(_: Path) -> AsyncGenerator[Bench]:
    bench = PipeBench()
    yield bench
    await bench.sink.close()
    bench.close()


@pytest.fixture(params=[virtual, device, file, pipe], ids=["virtual", "device", "file", "pipe"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    make: MakeBench = request.param
    async with make(tmp_path) as one:
        yield one


async def ended(bench: Bench) -> None:
    """Wait for the end of playback while time passes."""
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        end = group.create_task(bench.sink.drained())
        while not end.done():
            await bench.pass_time(10)
            await asyncio.sleep(0)


async def test_nothing_was_heard_before_anything_was_played(bench: Bench):
    assert bench.sink.ledger() == {}
    assert bench.sink.flush() == {}


async def test_all_of_it_is_heard_when_playback_has_ended(bench: Bench):
    bench.sink.play("a", level(130, 1))
    bench.sink.play("a", level(70, 2))
    bench.sink.finish("a")
    bench.sink.play("b", level(50, 3))
    bench.sink.finish("b")
    await ended(bench)
    assert bench.sink.ledger() == {"a": 200, "b": 50}
    assert level(130, 1) + level(70, 2) + level(50, 3) in bench.came_out()


async def test_the_ledger_names_items_in_the_order_of_their_first_sound(bench: Bench):
    for item_id in ("z", "a", "z", "m"):
        bench.sink.play(item_id, level(10))
    await ended(bench)
    assert list(bench.sink.ledger()) == ["z", "a", "m"]


async def test_the_ledger_never_claims_more_than_came_out(bench: Bench):
    for n in range(8):
        bench.sink.play(f"item {n % 3}", level(40))
        await bench.pass_time(30)
        heard = sum(bench.sink.ledger().values())
        assert heard <= 40 * (n + 1)
        assert level(heard) in bench.came_out().replace(bytes(2), b"")


async def test_milliseconds_are_rounded_down(bench: Bench):
    bench.sink.play("a", level(20)[:-2])
    await ended(bench)
    assert bench.sink.ledger() == {"a": 19}


async def test_a_flush_returns_what_was_heard_and_starts_anew(bench: Bench):
    bench.sink.play("a", level(300))
    await bench.pass_time(100)
    heard = bench.sink.ledger()["a"]
    assert 100 <= heard <= 300
    assert bench.sink.flush() == {"a": heard}
    assert bench.sink.ledger() == {}
    assert bench.sink.flush() == {}


async def test_nothing_of_what_a_flush_dropped_comes_out_later(bench: Bench):
    bench.sink.play("a", level(400, 9000))
    await bench.pass_time(100)
    heard = bench.sink.flush()["a"]
    fade = pcm_bytes(12)
    await bench.pass_time(500)
    sound = bench.came_out().replace(bytes(2), b"")
    assert len(sound) <= pcm_bytes(heard) + fade
    assert sound.count(level(1, 9000)) == heard


async def test_another_item_plays_after_a_flush(bench: Bench):
    bench.sink.play("a", level(400, 9000))
    await bench.pass_time(100)
    bench.sink.flush()
    bench.sink.play("b", level(60, 77))
    bench.sink.finish("b")
    await ended(bench)
    assert bench.sink.ledger() == {"b": 60}
    assert level(60, 77) in bench.came_out()


async def test_what_was_wholly_heard_can_be_forgotten_and_the_rest_plays_on(bench: Bench):
    bench.sink.play("a", level(60, 5))
    bench.sink.finish("a")
    await ended(bench)
    bench.sink.play("b", level(200, 6))
    await bench.pass_time(50)
    before = bench.sink.ledger()
    bench.sink.forget()
    after = bench.sink.ledger()
    assert "a" not in after
    assert set(after) <= {"b"} < set(before)
    await ended(bench)
    assert level(200, 6) in bench.came_out()


async def test_what_comes_for_a_forgotten_item_is_played_and_counted_from_there(bench: Bench):
    bench.sink.play("a", level(60, 5))
    await ended(bench)
    bench.sink.forget()
    bench.sink.play("a", level(40, 6))
    await ended(bench)
    assert bench.sink.flush() == {"a": 40}


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0])
async def test_what_is_turned_down_counts_as_heard_to_the_millisecond(bench: Bench, factor: float):
    bench.sink.gain(factor)
    bench.sink.play("a", level(130, 9000))
    await bench.pass_time(50)
    bench.sink.gain(1.0)
    bench.sink.finish("a")
    await ended(bench)
    assert bench.sink.ledger() == {"a": 130}
    await bench.sink.close()
    bench.sink.gain(0.5)


async def test_an_end_of_sound_for_an_item_that_never_sounded_is_harmless(bench: Bench):
    bench.sink.finish("unknown")
    await ended(bench)
    assert bench.sink.ledger() == {}


async def test_whoever_waits_for_the_end_is_freed_by_a_flush(bench: Bench):
    bench.sink.play("a", level(30_000))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(bench.sink.drained())
        await asyncio.sleep(0)
        bench.sink.flush()


async def test_the_end_of_playback_with_nothing_queued_is_now(bench: Bench):
    await bench.sink.drained()


async def test_closing_twice_is_closing_once(bench: Bench):
    bench.sink.play("a", level(10))
    await bench.sink.close()
    await bench.sink.close()


async def test_sound_that_comes_after_the_close_goes_nowhere(bench: Bench):
    bench.sink.play("a", level(10, 5))
    await ended(bench)
    await bench.sink.close()
    bench.sink.play("b", level(10, 6))
    await bench.sink.drained()
    assert level(1, 6) not in bench.came_out()
