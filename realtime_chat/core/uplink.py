"""The user's voice on its way from the microphone to the model: what of it is sent, and when."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from realtime_chat.core.clock import within
from realtime_chat.core.errors import TimedOut
from realtime_chat.core.events import LinkState
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.pcm import pcm_ms
from realtime_chat.core.ports import Clock
from realtime_chat.core.setup import SessionSetup

#: Push-to-talk: what was said just before the key, 20 ms each; a word begins before the finger is down.
PREROLL_FRAMES = 12
#: And what the device still holds when the key says that all was said; it has frames of its own under way.
POSTROLL_FRAMES = 4
#: Seconds to wait for these; a device that stands still must not hold up the answer.
POSTROLL_S = 0.2


class Uplink:
    """One per session; a task of its group runs it while there is a microphone."""

    def __init__(
        self,
        setup: SessionSetup,
        machine: SessionMachine,
        send: Callable[[bytes], Awaitable[None]],
        clock: Clock,
        *,
        overhears: Callable[[bool], None],
    ) -> None:
        """`send` takes 24 kHz mono s16le and may make the microphone wait; `overhears` is told by our own ear."""
        self.listening = False  # what is heard goes to the model; changed by `listen`
        self._held_ms = 0  # of sound since then
        self._setup = setup
        self._machine = machine
        self._send = send
        self._clock = clock
        self._overhears = overhears
        self._before: deque[bytes] = deque(maxlen=PREROLL_FRAMES)
        self._wanted = 0  # frames until `hear_out` is done
        self._heard_out = asyncio.Event()

    def listen(self, on: bool) -> None:
        """Let what is heard through, or not."""
        self.listening = on
        self._held_ms = 0

    async def run(self) -> None:
        """Until the microphone is closed."""
        source, recording = self._setup.source, self._setup.recording
        if source is None:
            return
        async for frame in source.frames():
            if recording is not None:
                recording.heard(frame if self.listening else bytes(len(frame)))
            if self._machine.link is LinkState.READY or self._machine.comes_back:
                await self._pass_on(frame)
            self._count(pcm_ms(len(frame)))

    async def hear_out(self) -> int | None:
        """Listen to the end of the last word, then no more; at most POSTROLL_S.

        For how many ms the microphone had been open before; None when there is none.
        """
        if self._setup.source is None:
            self.listening = False
            return None
        held_ms = self._held_ms
        if self.listening:
            self._wanted = POSTROLL_FRAMES
            self._heard_out.clear()
            with suppress(TimedOut):
                await within(self._clock, POSTROLL_S, self._heard_out.wait(), "The last word")
        self.listening = False
        return held_ms

    async def _pass_on(self, frame: bytes) -> None:
        options = self._machine.options
        if not options.push_to_talk:
            await self._pass_on_hands_free(frame)
        elif self.listening:
            await self._send(b"".join((*self._before, frame)))
            self._before.clear()
        elif self._machine.turn is None:
            self._before.append(frame)
        else:
            self._before.clear()  # the answer's own sound

    async def _pass_on_hands_free(self, frame: bytes) -> None:
        if not self.listening:
            if not self._machine.options.spoken:
                return
            frame = bytes(len(frame))  # a detector that gets nothing hears no end
        gate, ear = self._setup.gate, self._setup.ear
        if ear is not None and self._machine.options.tolerant and (change := ear.feed(frame)) is not None:
            self._overhears(change)
        if sound := frame if gate is None else gate.passed(frame):
            await self._send(sound)

    def _count(self, heard_ms: int) -> None:
        if self.listening:
            self._held_ms += heard_ms
        if self._wanted:
            self._wanted -= 1
            if not self._wanted:
                self._heard_out.set()
