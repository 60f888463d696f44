"""Taking the speaker's sound out of the microphone's, so that an answer does not interrupt itself.

The reference is what the device took from the speaker's callback, never what came from the network: between the two
lie seconds. And each frame of the microphone says how far the speaker was when it was heard: its reader may be late.
Where there is no canceller, or it does not help (a room too large, a speaker too loud), the microphone is closed
while an answer sounds: half-duplex.
"""

import atexit
import time
from collections.abc import Callable
from typing import Any, Protocol

from realtime_chat.audio.echo_presence import SOUNDS_DB, EchoPresence
from realtime_chat.audio.levels import dbfs
from realtime_chat.audio.played import BLOCK, PlayedSound
from realtime_chat.audio.self_echo import SelfEcho
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import RATE

#: Echoes of our own voice after which the microphone is closed while an answer sounds.
PATIENCE = 2
#: Frames of an answer's sound after which an echo is forgotten: once in an hour, a voice is taken for one.
FORGOTTEN = 1000
#: Frames of 20 ms that a room sounds on after the speaker is silent.
TAIL = 15
#: Frames of 20 ms in which a canceller learns the echo's path again after a device lost sound.
LEARNING = 40

HALF_DUPLEX = (
    "The microphone hears the speaker, so it is closed while an answer sounds: interrupt with Esc. "
    "Headphones (--headphones) or a lower volume cure it."
)


class EchoCanceller(Protocol):
    """Blocks of 10 ms, 24 kHz mono s16le, in the order of time."""

    def far(self, block: bytes) -> None:
        """What the speaker takes."""
        ...

    def near(self, block: bytes) -> bytes:
        """What the microphone heard, less what the speaker played."""
        ...


class WebRtcCanceller:
    """AEC3, of the `aec` extra; about 0.1 ms for a block.

    `noise_suppression` takes steady noise out, and something of each voice with it: recognisers read what is left
    less well. `gain_control` brings a voice to one loudness.
    """

    def __init__(self, *, noise_suppression: bool = False, gain_control: bool = False) -> None:
        """Raises AudioUnavailable without the extra."""
        try:
            from livekit import rtc  # 0.15 s and 48 MB: only for those who talk hands-free
        except ImportError as error:
            text = "Echo cancellation is not installed: pip install 'realtime-chat[aec]', or use headphones."
            raise AudioUnavailable(text) from error
        rtc_module: Any = rtc
        self._frame: Any = rtc_module.AudioFrame
        self._module: Any = rtc_module.AudioProcessingModule(
            echo_cancellation=True,
            noise_suppression=noise_suppression,
            auto_gain_control=gain_control,
        )
        atexit.register(_let_go)

    def far(self, block: bytes) -> None:
        """See EchoCanceller."""
        self._module.process_reverse_stream(self._frame(bytearray(block), RATE, 1, len(block) // 2))

    def near(self, block: bytes) -> bytes:
        """See EchoCanceller."""
        frame = self._frame(bytearray(block), RATE, 1, len(block) // 2)
        self._module.process_stream(frame)
        return bytes(frame.data)


class EchoPath:
    """Between the devices and the rest: `played` by the speaker's callback, `cleaned` by the microphone's reader."""

    def __init__(self, make: Callable[[], EchoCanceller] | None = None, *, half_duplex: bool = False) -> None:
        """`make` the canceller when it is needed for the first time; it may raise AudioUnavailable."""
        self.half_duplex = half_duplex
        self._make = make
        self._canceller: EchoCanceller | None = None
        self._guard = SelfEcho()
        self._finds = 0
        self._since_find = 0
        self._presence = EchoPresence()
        self._active = False
        self._played = PlayedSound()
        self._sounding = 0
        self._losses: Callable[[], int] = int
        self._known_losses = 0
        self._learning = 0
        self._news: str | None = None

    def hands_free(self, on: bool) -> None:
        """Off, nothing is done: whoever pushes to talk cuts the answer first."""
        self._active = on
        if not on or self._make is None:
            return
        make, self._make = self._make, None
        try:
            self._canceller = make()
        except AudioUnavailable as error:
            self._news = error.message

    def watch(self, losses: Callable[[], int]) -> None:
        """`losses` counts how often a device lost sound: an echo then comes later than the canceller believes.

        For a moment nothing tells it from a voice, so the microphone is closed to it.
        """
        self._losses = losses
        self._known_losses = losses()

    def played(self, block: bytes, _delay_s: float = 0.0) -> None:
        """In the speaker's thread: copy, nothing else."""
        if self._active:
            self._played.push(block)

    def mark(self) -> int:
        """Where the speaker is. In the microphone's thread."""
        return self._played.mark()

    def cleaned(self, frame: bytes, mark: int) -> bytes:
        """A frame of the microphone as the model may hear it; as long as it came. `mark`: as it was heard."""
        if not self._active:
            return frame
        far = self._take_played(len(frame), mark)
        self._presence.feed(dbfs(far), dbfs(frame))
        frame = self._without_echo(frame)
        self._since_find += self._sounding > 0
        if self._guard.feed(far, frame):
            self._found()
        closed = self.half_duplex or self._is_learning()
        return bytes(len(frame)) if closed and self._sounding else frame

    def take_news(self) -> str | None:
        """A line for the user, once."""
        news, self._news = self._news, None
        return news

    def _take_played(self, size: int, mark: int) -> bytes:
        """Give the canceller what was played meanwhile; the last `size` bytes of it."""
        played = b""
        for block in self._played.until(mark):
            played += block
            if self._canceller is not None:
                self._canceller.far(block)
        played = played[-size:].rjust(size, b"\x00")
        self._sounding = TAIL if dbfs(played) > SOUNDS_DB else max(0, self._sounding - 1)
        return played

    def _without_echo(self, frame: bytes) -> bytes:
        if self._canceller is None:
            return frame
        cancel = self._canceller.near  # also while it is passed by: it must know what there is
        clean = b"".join(cancel(frame[at : at + BLOCK]) for at in range(0, len(frame), BLOCK))
        return clean if self._presence.present else frame

    def _is_learning(self) -> bool:
        losses = self._losses()
        if losses != self._known_losses:
            self._known_losses, self._learning = losses, LEARNING
            self._presence.forget()
        else:
            self._learning = max(0, self._learning - 1)
        return self._learning > 0

    def _found(self) -> None:
        self._finds = self._finds + 1 if self._since_find <= FORGOTTEN else 1
        self._since_find = 0
        if self._finds >= PATIENCE and not self.half_duplex:
            self.half_duplex = True
            self._news = HALF_DUPLEX


def _let_go() -> None:
    """The library's own threads panic when Python ends before them."""
    from livekit.rtc._ffi_client import FfiClient  # its only way to end them

    client: Any = FfiClient.instance
    client._dispose()
    time.sleep(0.05)
