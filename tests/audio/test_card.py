"""A microphone and a speaker that go away come back by themselves, and the user is told both."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from realtime_chat.audio.capture import GONE_FRAMES, MicrophoneSource
from realtime_chat.audio.card import SoundCard
from realtime_chat.audio.playback import DeviceSink
from realtime_chat.audio.streams import Fill, OnBlock, OnEnd, SteppedInput, SteppedOutput
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import pcm_bytes

FRAME = b"\x01\x01" * (pcm_bytes(20) // 2)


@dataclass
class System:
    """Where the devices are: plugged in or not."""

    plugged: bool = True
    restarts: int = 0
    inside: int = 0  # threads that are in its restart
    most_inside: int = 0
    answers: threading.Event = field(default_factory=threading.Event)
    inputs: list[SteppedInput] = field(default_factory=list[SteppedInput])
    outputs: list[SteppedOutput] = field(default_factory=list[SteppedOutput])

    def listen(self, on_block: OnBlock, on_end: OnEnd) -> SteppedInput:
        self._require()
        self.inputs.append(SteppedInput(on_block, on_end))
        return self.inputs[-1]

    def play(self, fill: Fill) -> SteppedOutput:
        self._require()
        self.outputs.append(SteppedOutput(fill))
        return self.outputs[-1]

    def restart(self) -> None:
        self.restarts += 1
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        self.answers.wait(5)
        self.inside -= 1

    def _require(self) -> None:
        if not self.plugged:
            raise AudioUnavailable("nothing there")


@dataclass
class Bench:
    """A card under watch."""

    system: System
    clock: VirtualClock
    source: MicrophoneSource
    sink: DeviceSink
    told: list[str]
    levels: list[Mapping[str, float]]

    async def live(self, seconds: float, *, deaf: bool = False) -> None:
        """Time goes on, and with it the callbacks of what is plugged in."""
        for _ in range(round(seconds / 0.05)):
            if self.system.plugged:
                self.system.outputs[-1].step(50)
                if not deaf and self.system.inputs[-1].active:
                    self.system.inputs[-1].hear(FRAME)
            await self.clock.advance(0.05)
            await settle()


async def at_once(call: Callable[[], None]) -> None:
    call()


@asynccontextmanager
async def watched(
    run: Callable[[Callable[[], None]], Awaitable[None]] = at_once,
) -> AsyncGenerator[Bench]:
    system, clock = System(), VirtualClock()
    system.answers.set()
    source = MicrophoneSource(system.listen, lasting=True)
    sink = DeviceSink(system.play, clock)
    bench = Bench(system, clock, source, sink, [], [])
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        watching = group.create_task(
            SoundCard([source, sink], system.restart, clock, run).watch(
                bench.told.append, bench.levels.append
            )
        )
        yield bench
        watching.cancel()
    await source.close()
    await sink.close()


async def test_while_all_is_well_nothing_is_opened_or_told() -> None:
    async with watched() as bench:
        await bench.live(3)
        assert (bench.told, bench.system.restarts) == ([], 0)


async def test_the_loudness_of_both_is_told_ten_times_a_second() -> None:
    async with watched() as bench:
        frames = bench.source.frames()
        bench.sink.play("a1", b"\x00\x40" * (pcm_bytes(2000) // 2))
        bench.system.inputs[-1].hear(FRAME)
        await anext(frames)
        await bench.live(1)
        assert 9 <= len(bench.levels) <= 11
        assert round(bench.levels[-1]["speaker"]) == -6
        assert round(bench.levels[-1]["microphone"]) == -42


async def test_what_was_unplugged_is_told_opened_again_and_told() -> None:
    async with watched() as bench:
        await bench.live(1)
        bench.system.plugged = False
        bench.system.inputs[-1].unplug()
        bench.system.outputs[-1].abort()
        await bench.live(2)
        assert bench.told == [
            "The microphone and speaker went away. Typing works; sound comes back by itself with the device."
        ]
        assert bench.system.restarts >= 3  # it goes on trying
        bench.system.plugged = True
        bench.system.listen(lambda _: None, lambda: None)  # what a late callback of nobody's may touch
        await bench.live(2)
        assert bench.told[1:] == ["The microphone and speaker are back."]
        frames = bench.source.frames()
        assert await anext(frames)


async def test_a_device_that_stands_still_without_a_word_is_lost_too() -> None:
    async with watched() as bench:
        await bench.live(1)
        await bench.live(0.4, deaf=True)
        assert bench.told == []
        await bench.live(0.4, deaf=True)
        assert bench.told[0].startswith("The microphone went away.")
        await bench.live(2)
        assert bench.told[-1] == "The microphone is back."


async def test_a_lost_microphone_is_heard_as_silence_so_that_the_turn_ends() -> None:
    async with watched() as bench:
        frames = bench.source.frames()
        bench.system.inputs[-1].hear(FRAME)
        assert await anext(frames) == FRAME
        bench.system.plugged = False
        bench.system.inputs[-1].unplug()
        await bench.live(0.2)
        silence = [await anext(frames) for _ in range(GONE_FRAMES)]
        assert set(silence) == {bytes(len(FRAME))}


async def test_a_microphone_that_stays_away_costs_no_more_silence() -> None:
    async with watched() as bench:
        heard: list[bytes] = []

        async def listen() -> None:
            async for frame in bench.source.frames():
                heard.append(frame)  # noqa: PERF401 - it is read while it grows

        async with asyncio.TaskGroup() as group:
            listening = group.create_task(listen())
            await bench.live(1)
            bench.system.plugged = False
            bench.system.inputs[-1].unplug()
            heard.clear()
            await bench.live(6)
            assert bench.system.restarts > 5
            assert heard == [bytes(len(FRAME))] * GONE_FRAMES
            listening.cancel()


async def test_what_was_heard_of_an_answer_stays_counted_and_the_rest_is_not_played_later() -> None:
    async with watched() as bench:
        bench.sink.play("a1", b"\x01\x00" * (pcm_bytes(4000) // 2))
        bench.system.outputs[-1].step(1000)
        bench.system.plugged = False
        bench.system.inputs[-1].unplug()
        bench.system.outputs[-1].abort()
        await bench.live(0.2)
        assert bench.sink.ledger() == {"a1": 1000}
        bench.system.plugged = True
        await bench.live(2)
        assert not any(bench.system.outputs[-1].sound)
        bench.sink.play("a2", b"\x01\x00" * (pcm_bytes(100) // 2))
        bench.system.outputs[-1].step(200)
        assert bench.sink.flush() == {"a1": 1000, "a2": 100}
        assert bench.sink.ledger() == {}


async def test_a_device_that_opens_takes_a_block_and_stands_still_is_not_back() -> None:
    async with watched() as bench:
        await bench.live(1)
        for _ in range(40):  # suspended
            await bench.clock.advance(0.05)
            await settle()
            bench.sink.play("a1", FRAME * 10)
            bench.system.outputs[-1].step(10 if not bench.system.outputs[-1].blocks else 0)
        assert bench.told[1:] == []
        assert not any(bench.sink.ledger().values())
        await bench.live(2)
        assert bench.told[1:] == ["The microphone and speaker are back."]
        bench.sink.play("a2", FRAME * 10)
        bench.sink.finish("a2")
        await bench.live(1)
        assert bench.sink.flush() == {"a1": 0, "a2": 200}


async def test_while_an_opening_hangs_no_other_one_goes_into_port_audio_beside_it() -> None:
    tries = 0

    async def in_a_thread(call: Callable[[], None]) -> None:
        nonlocal tries
        tries += 1
        await asyncio.to_thread(call)

    async with watched(in_a_thread) as bench:
        bench.system.answers.clear()
        bench.system.inputs[-1].unplug()
        while tries < 3:
            await bench.live(1)
        bench.system.answers.set()
        while bench.told[-1:] != ["The microphone is back."]:
            await bench.live(1)
        assert bench.system.most_inside == 1


async def test_a_system_that_hangs_holds_up_nothing_and_is_tried_again() -> None:
    hung = 0

    async def hang_once(call: Callable[[], None]) -> None:
        nonlocal hung
        hung += 1
        if hung == 1:
            await asyncio.Event().wait()
        call()

    async with watched(hang_once) as bench:
        bench.system.inputs[-1].unplug()
        await bench.live(7)
        assert hung == 2
        assert bench.told[-1] == "The microphone is back."
