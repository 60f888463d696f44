"""What every AudioSource keeps, whatever is below it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol, TypeAlias

import pytest

from realtime_chat.audio.capture import MicrophoneSource
from realtime_chat.audio.files import FileSource
from realtime_chat.audio.streams import OnBlock, OnEnd, SteppedInput
from realtime_chat.core.clock import SystemClock, VirtualClock
from realtime_chat.core.pcm import FRAME_BYTES
from realtime_chat.core.ports import AudioSource
from realtime_chat.core.virtual_audio import VirtualSource
from tests.audio.kit import level, wav, written

SPEECH = b"".join(level(20, value) for value in range(1, 11))


class Speaks(Protocol):
    """A source that says SPEECH and, where it can, ends then."""

    @property
    def source(self) -> AudioSource: ...


class Virtual:
    def __init__(self, _: Path) -> None:
        self.source = VirtualSource()
        self.source.push(SPEECH)
        self.source.end()


class Recording:
    def __init__(self, folder: Path) -> None:
        self.source = FileSource(written(folder / "q.wav", wav(SPEECH)), SystemClock(), paced=False)


class PacedRecording:
    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.source = FileSource(written(folder / "q.wav", wav(SPEECH)), self.clock)


class Microphone:
    def __init__(self, _: Path) -> None:
        self.source = MicrophoneSource(self._open)
        self.stream.hear(SPEECH)
        self.stream.unplug()

    def _open(self, on_block: OnBlock, on_end: OnEnd) -> SteppedInput:
        self.stream = SteppedInput(on_block, on_end)
        return self.stream


Make: TypeAlias = Callable[[Path], Speaks]


@pytest.fixture(params=[Virtual, Recording, PacedRecording, Microphone])
async def one(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Speaks]:
    make: Make = request.param
    speaks = make(tmp_path)
    yield speaks
    await speaks.source.close()


async def heard(one: Speaks) -> list[bytes]:
    frames: list[bytes] = []

    async def listen() -> None:
        frames.extend([frame async for frame in one.source.frames()])

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        end = group.create_task(listen())
        while not end.done():
            if isinstance(one, PacedRecording):
                await one.clock.advance(0.02)
            await asyncio.sleep(0)
    return frames


async def test_all_that_was_said_comes_in_frames_of_20_ms_and_in_order(one: Speaks):
    # M21, M29: 24 kHz mono s16le through an async iterable, with or without a device
    frames = await heard(one)
    assert {len(frame) for frame in frames} == {FRAME_BYTES}
    assert b"".join(frames) == SPEECH


async def test_closing_ends_the_frames_also_for_whoever_waits_for_one(one: Speaks):
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        end = group.create_task(heard(one))
        await asyncio.sleep(0)
        await one.source.close()
        await end
    assert len(end.result()) <= 10


async def test_nothing_comes_from_a_closed_source(one: Speaks):
    await one.source.close()
    await one.source.close()
    assert await heard(one) == []
