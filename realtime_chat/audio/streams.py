"""A device's streams as the rest sees them, and their twins, which a test moves block by block.

24 kHz mono s16le both ways. The callbacks run in the device's own thread: they copy and count, nothing else (where a
device speaks another format they convert, too; see converting).
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from realtime_chat.core.pcm import FRAME_MS, PCM16_24K, PcmFormat

#: Asked for exactly so many bytes of sound, to be heard in so many seconds; gives as many.
Fill: TypeAlias = Callable[[int, float], bytes]
#: Gets one block of sound.
OnBlock: TypeAlias = Callable[[bytes], None]
#: Told once when the stream ended, by abort() or because the device went away.
OnEnd: TypeAlias = Callable[[], None]


class Stream(Protocol):
    """One open stream of a device. Above: DeviceSink, MicrophoneSource. Below: PortAudio."""

    @property
    def active(self) -> bool:
        """False after abort(), or when the device is gone."""
        ...

    @property
    def blocks(self) -> int:
        """Callbacks so far: a stream that stands still is dead, whatever it says of itself."""
        ...

    @property
    def xruns(self) -> int:
        """Callbacks that came too late: sound was lost (input), or silence was played in its place (output)."""
        ...

    @property
    def spoken(self) -> PcmFormat:
        """What the device itself was opened with."""
        ...

    @property
    def latency_s(self) -> float:
        """Seconds between the callback and the air."""
        ...

    def abort(self) -> None:
        """End at once and let go of the device; idempotent, never raises, never drains."""
        ...


#: Opens and starts an output. Raises AudioUnavailable.
OpenOutput: TypeAlias = Callable[[Fill], Stream]
#: Opens and starts an input. Raises AudioUnavailable.
OpenInput: TypeAlias = Callable[[OnBlock, OnEnd], Stream]


class SteppedOutput:
    """A speaker whose time is moved by step(); keeps all that it played, silence included."""

    def __init__(
        self, fill: Fill, *, block_ms: int = 10, latency_s: float = 0.0, spoken: PcmFormat = PCM16_24K
    ) -> None:
        self.active = True
        self.blocks = 0
        self.xruns = 0
        self.spoken = spoken
        self.latency_s = latency_s
        self.sound = b""
        self._fill = fill
        self._block_ms = block_ms

    def step(self, ms: int) -> None:
        """Ask for `ms` of sound, block by block; the last may be shorter."""
        while ms > 0 and self.active:
            block = min(self._block_ms, ms)
            self.blocks += 1
            self.sound += self._fill(self.spoken.size(block), self.latency_s)
            ms -= block

    def abort(self) -> None:
        """The end."""
        self.active = False


class SteppedInput:
    """A microphone that hears what hear() says."""

    def __init__(self, on_block: OnBlock, on_end: OnEnd, *, spoken: PcmFormat = PCM16_24K) -> None:
        self.active = True
        self.blocks = 0
        self.xruns = 0
        self.spoken = spoken
        self.latency_s = 0.0
        self._on_block = on_block
        self._on_end = on_end

    def hear(self, pcm: bytes) -> None:
        """Hand `pcm` over in 20 ms blocks; what is left over is lost."""
        block = self.spoken.size(FRAME_MS)
        for start in range(0, len(pcm) - block + 1, block):
            self.blocks += 1
            self._on_block(pcm[start : start + block])

    def unplug(self) -> None:
        """The device goes away."""
        self.active = False
        self._on_end()

    def abort(self) -> None:
        """The end."""
        if self.active:
            self.unplug()
