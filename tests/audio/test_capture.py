"""The microphone on a device that hears what a test says, in its own thread."""

import asyncio
import threading

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.capture import RING_FRAMES, MicrophoneSource
from realtime_chat.audio.ring import FrameRing
from realtime_chat.audio.streams import OnBlock, OnEnd, SteppedInput
from tests.audio.kit import level


class Microphone:
    def __init__(self) -> None:
        self.source = MicrophoneSource(self._open)

    def _open(self, on_block: OnBlock, on_end: OnEnd) -> SteppedInput:
        self.stream = SteppedInput(on_block, on_end)
        return self.stream


async def test_what_a_device_thread_hears_reaches_the_session_whole_and_in_order():
    microphone = Microphone()
    speech = [level(20, value) for value in range(1, 60)]

    def device() -> None:
        for frame in speech:
            microphone.stream.hear(frame)
        microphone.stream.unplug()

    thread = threading.Thread(target=device)
    async with asyncio.timeout(5):
        thread.start()
        frames = [frame async for frame in microphone.source.frames()]
    thread.join()
    assert frames == speech
    assert microphone.source.dropped == 0


async def test_who_waits_for_the_first_word_is_woken_by_it():
    microphone = Microphone()
    heard: list[bytes] = []

    async def listen() -> None:
        heard.extend([frame async for frame in microphone.source.frames()])

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(listen())
        await asyncio.sleep(0)
        thread = threading.Thread(target=microphone.stream.hear, args=(level(20),))
        thread.start()
        await asyncio.to_thread(thread.join)
        microphone.stream.unplug()
    assert heard == [level(20)]


async def test_when_nobody_listens_the_oldest_is_forgotten_and_counted():
    microphone = Microphone()
    for value in range(RING_FRAMES + 30):
        microphone.stream.hear(level(20, value))
    microphone.stream.unplug()
    frames = [frame async for frame in microphone.source.frames()]
    assert frames == [level(20, value) for value in range(30, RING_FRAMES + 30)]
    assert microphone.source.dropped == 30


async def test_a_microphone_that_goes_away_ends_the_frames_after_what_it_heard():
    microphone = Microphone()
    microphone.stream.hear(level(40))
    microphone.stream.unplug()
    assert len([frame async for frame in microphone.source.frames()]) == 2


async def test_a_close_lets_go_of_the_device():
    microphone = Microphone()
    await microphone.source.close()
    assert not microphone.stream.active


@given(st.lists(st.one_of(st.none(), st.binary(max_size=3)), max_size=60), st.integers(1, 5))
def test_a_ring_holds_the_newest_in_order_and_counts_the_rest(moves: list[bytes | None], capacity: int):
    ring, model, lost = FrameRing[bytes](capacity), list[bytes](), 0
    for move in moves:
        if move is None:
            assert ring.pop() == (model.pop(0) if model else None)
        else:
            ring.push(move)
            model.append(move)
            lost += len(model) > capacity
            model = model[-capacity:]
    assert ring.dropped == lost
    assert [ring.pop() for _ in model] == model
    assert ring.pop() is None
