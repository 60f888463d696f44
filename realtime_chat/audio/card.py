"""Microphone and speaker that come back: lost, they are opened again as soon as there is something to open.

The system's sound may vanish in many ways (unplugged, suspended, its server killed) and says so in none that can be
relied on; so every stream's pulse is felt, and when one is dead, all are let go and opened anew: PortAudio sees new
devices only after a restart, which kills every stream.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Protocol, TypeAlias

from realtime_chat.audio.pcm_stream import ThreadedReads
from realtime_chat.audio.pulse import Pulse
from realtime_chat.audio.streams import Stream
from realtime_chat.core.clock import within
from realtime_chat.core.errors import AudioUnavailable, TimedOut
from realtime_chat.core.ports import Clock

#: Seconds between two looks at the streams, and between two tries to open them again.
LOOK_S = 0.1
TRY_S = 0.3
#: Seconds that opening may take; PortAudio can hang on a device that is half gone.
OPEN_S = 5.0


#: Runs a call that may block, and returns when it has; raises what it raised.
RunBlocking: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]


class Lasting(Protocol):
    """A microphone or a speaker whose stream can be replaced. Above: SoundCard."""

    @property
    def what(self) -> str:
        """The word for it."""
        ...

    @property
    def stream(self) -> Stream:
        """The one in use."""
        ...

    @property
    def level_db(self) -> float:
        """How loud it is now, dBFS."""
        ...

    def release(self) -> None:
        """Let go of the stream; never raises."""
        ...

    def reopen(self) -> None:
        """Open another. Raises AudioUnavailable."""
        ...

    def resume(self) -> None:
        """The one that was opened lives: go on. (One that is suspended opens, takes a few blocks, and stands still.)"""
        ...


class SoundCard:
    """Keeps its devices alive while `watch` runs."""

    def __init__(
        self,
        devices: Sequence[Lasting],
        restart: Callable[[], None],
        clock: Clock,
        run: RunBlocking | None = None,
        news: Callable[[], str | None] = lambda: None,
        on_hands_free: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`restart` makes PortAudio look at the system again; all streams are dead afterwards.

        `news` is asked for more to tell, now and then.
        """
        self._news = news
        self._on_hands_free = on_hands_free
        self._devices = list(devices)
        self._restart = restart
        self._clock = clock
        self._run = run or in_thread
        self._opening = Lock()

    def hands_free(self, on: bool) -> None:
        """Whether the microphone is open while answers sound."""
        self._on_hands_free(on)

    async def watch(self, tell: Callable[[str], None], levels: Callable[[Mapping[str, float]], None]) -> None:
        """For ever; `tell` gets one line when a device is lost and one when sound is back.

        `levels` gets the loudness of each device in dBFS, ten times a second.
        """
        while True:
            lost = await self._until_lost(tell, levels)
            words = " and ".join(device.what for device in lost)
            tell(f"The {words} went away. Typing works; sound comes back by itself with the device.")
            await self._until_back()
            tell(f"The {words} is back." if len(lost) == 1 else f"The {words} are back.")

    async def _until_lost(
        self, tell: Callable[[str], None], levels: Callable[[Mapping[str, float]], None]
    ) -> list[Lasting]:
        pulses = [(device, Pulse(device.stream, self._clock.monotonic())) for device in self._devices]
        lost: list[Lasting] = []
        while not lost:
            await self._clock.sleep(LOOK_S)
            levels({device.what: device.level_db for device in self._devices})
            if (news := self._news()) is not None:
                tell(news)
            now = self._clock.monotonic()
            lost = [device for device, pulse in pulses if not pulse.beats(now)]
        return lost

    async def _until_back(self) -> None:
        while True:
            if await self._reopened() and await self._alive():
                for device in self._devices:
                    device.resume()
                return
            await self._clock.sleep(TRY_S)

    async def _reopened(self) -> bool:
        try:
            await within(self._clock, OPEN_S, self._run(self._open_all), "Opening sound")
        except (AudioUnavailable, TimedOut):
            return False
        return True

    def _open_all(self) -> None:
        """In a thread; one that was given up may still hang in PortAudio, which takes one caller at a time."""
        if not self._opening.acquire(blocking=False):
            raise AudioUnavailable("An earlier try to open the devices still hangs.")
        try:
            self._let_go_and_open()
        finally:
            self._opening.release()

    def _let_go_and_open(self) -> None:
        for device in self._devices:
            device.release()
        self._restart()
        for device in self._devices:
            device.reopen()

    async def _alive(self) -> bool:
        """A stream that opens may still stand still."""
        before = [device.stream.blocks for device in self._devices]
        await self._clock.sleep(TRY_S)
        return all(
            device.stream.active and device.stream.blocks > blocks
            for device, blocks in zip(self._devices, before, strict=True)
        )


async def in_thread(call: Callable[[], None]) -> None:
    """In a thread that no exit has to wait for."""

    def once() -> Iterator[bool]:
        call()
        yield True

    async for _ in ThreadedReads(once()):
        return
