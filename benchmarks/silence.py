"""From an interruption to silence at the speaker, through the real PortAudio: `python -m benchmarks.silence`.

Needs the virtual sound card: `scripts/with-virtual-audio python -m benchmarks.silence`; `measure` brings one. A whole
session speaks; the clock is read at Esc, or when the provider says that the user speaks, and when the recorder of the
speaker's monitor hands over the last sound. The model goes on for 0.4 s as if it had heard of nothing: not a sample of
that may sound. Beside it, in turns: a bare stream of blocks as long, whose callback is told to play zeros.
"""

import argparse
import asyncio
import json
import os
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

import sounddevice

from benchmarks.figures import Figure, NotMeasured
from benchmarks.peers import ROOT, reason
from realtime_chat.audio.devices import open_speaker
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.messages import (
    AudioDelta,
    Configure,
    CreateResponse,
    Incoming,
    Outgoing,
    ResponseCreated,
    SessionCreated,
    SessionUpdated,
    TruncateItem,
    UserSpeechStarted,
)
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.pcm import RATE, pcm_ms
from realtime_chat.core.ports import Capabilities
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor

RECORD = [
    "parecord",
    "-d",
    "rtc_speaker.monitor",
    "--raw",
    f"--rate={RATE}",
    "--channels=1",
    "--format=s16le",
]


By: TypeAlias = Literal["esc", "speech"]


@dataclass(frozen=True, slots=True)
class Try:
    """Milliseconds from the cut to silence; what the model is told was heard, and what was."""

    silent_after_ms: float
    said_ms: int
    heard_ms: int


class Monitor:
    """Keeps when each piece of the speaker's sound came."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([*RECORD, "--latency-msec=5"], stdout=subprocess.PIPE)
        self.pieces: list[tuple[float, bytes]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while piece := os.read(descriptor, 4096):
            self.pieces.append((time.perf_counter(), piece))

    def stop(self) -> None:
        """End."""
        self._process.terminate()
        self._process.communicate()


class Endless:
    """A model that answers without end, five times faster than it is heard, and for a while after it was cut."""

    capabilities = Capabilities()
    is_closed = False

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.said: asyncio.Queue[Incoming | None] = asyncio.Queue()  # ends with None, at close

    async def connect(self) -> None:
        """At once."""
        self.said.put_nowait(SessionCreated())

    async def send(self, message: Outgoing) -> None:
        """Answers what needs an answer."""
        self.sent.append(message)
        if isinstance(message, Configure):
            self.said.put_nowait(SessionUpdated())
        elif isinstance(message, CreateResponse):
            self.said.put_nowait(ResponseCreated(response_id="r1"))

    async def messages(self) -> AsyncIterator[Incoming]:
        """All that is said."""
        while (message := await self.said.get()) is not None:
            yield message

    async def ping(self) -> None:
        """It lives."""

    async def close(self) -> None:
        """The end."""
        self.said.put_nowait(None)

    async def speak(self) -> None:
        """For ever."""
        while True:
            self.said.put_nowait(
                AudioDelta(response_id="r1", item_id="a1", pcm=struct.pack("<h", 8000) * (RATE // 10))
            )
            await asyncio.sleep(0.02)


async def one(monitor: Monitor, *, after_s: float, by: By) -> Try:
    """Ask, cut the answer after a while, and see when that was heard; 0.4 s of late sound come all the same."""
    model, clock = Endless(), SystemClock()
    setup = SessionSetup(
        transport=lambda: model, options=SessionOptions(), mode="voice", sink=open_speaker(clock)
    )
    with TemporaryDirectory() as folder:
        async with (
            Supervisor(SessionStore(Path(folder), clock), clock) as supervisor,
            asyncio.TaskGroup() as group,
        ):
            conversation = Conversation(supervisor)
            session_id = await conversation.start(setup)
            await asyncio.sleep(0.2)
            monitor.pieces.clear()
            await conversation.send(session_id, "Speak")
            speaking = group.create_task(model.speak())
            await asyncio.sleep(after_s)
            at = time.perf_counter()
            if by == "esc":
                await conversation.interrupt(session_id)
            else:
                model.said.put_nowait(UserSpeechStarted(item_id="u2", at_ms=0))
            await asyncio.sleep(0.4)
            speaking.cancel()
    (cut,) = [one for one in model.sent if isinstance(one, TruncateItem)]
    pieces = list(monitor.pieces)
    last = max(when for when, piece in pieces if any(piece))
    sound = b"".join(piece for _, piece in pieces)
    loud = sum(value > 4000 for (value,) in struct.iter_unpack("<h", sound[: len(sound) // 2 * 2]))
    return Try((last - at) * 1000, cut.audio_end_ms, pcm_ms(loud * 2))


def bare(monitor: Monitor, *, after_s: float) -> float:
    """The least: a callback with blocks of 10 ms that plays a tone, then zeros. Milliseconds to silence."""
    tone, zeros = struct.pack("<h", 8000) * (RATE // 100), bytes(RATE // 100 * 2)
    playing = [tone]

    def play(block: Any, *_: Any) -> None:
        block[:] = playing[0]

    stream: Any = sounddevice.RawOutputStream(
        RATE, RATE // 100, channels=1, dtype="int16", latency="low", callback=play
    )
    with stream:
        time.sleep(0.2)
        monitor.pieces.clear()
        time.sleep(after_s)
        at = time.perf_counter()
        playing[0] = zeros
        time.sleep(0.4)
    return (max(when for when, piece in list(monitor.pieces) if any(piece)) - at) * 1000


async def tries(count: int) -> tuple[list[Try], list[float]]:
    """So many, each cut at another moment, by Esc and by speech in turns; and as many bare ones."""
    monitor = Monitor()
    ours: list[Try] = []
    floor: list[float] = []
    try:
        await asyncio.sleep(0.3)
        for number in range(count):
            after_s = 0.3 + number % 10 * 0.013
            ours.append(await one(monitor, after_s=after_s, by="speech" if number % 2 else "esc"))
            floor.append(bare(monitor, after_s=after_s))
    finally:
        monitor.stop()
    return ours, floor


FLOOR = "a bare stream told to play zeros"


def measure(rounds: int) -> Figure:
    """On a virtual card of its own. Raises NotMeasured where there can be none."""
    script = [str(ROOT / "scripts" / "with-virtual-audio"), sys.executable, "-m", "benchmarks.silence"]
    # A recorder that stands still for a moment is seen in every other try: a few more of these cost little.
    command = [*script, "--json", "--tries", str(4 * rounds)]
    try:
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotMeasured(reason(error)) from error
    ours, floor = json.loads(done.stdout)
    return Figure(
        name="interruption to silence", unit="ms", ours=ours, beside={FLOOR: floor}, floor=FLOOR, goal=1.33
    )


def main() -> None:
    """Print the median, the 95th percentile, and the worst position."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.silence")
    parser.add_argument("--tries", type=int, default=50)
    parser.add_argument("--json", action="store_true", help="the two medians alone, ms")
    asked = parser.parse_args()
    if not os.environ.get("PULSE_SERVER", "").endswith("/socket"):
        sys.exit("there is no virtual sound card: scripts/with-virtual-audio brings one")
    found, floor = asyncio.run(tries(asked.tries))
    after = sorted(one.silent_after_ms for one in found)
    if asked.json:
        print(json.dumps([statistics.median(after), statistics.median(floor)]))
        return
    off = max(abs(one.said_ms - one.heard_ms) for one in found)
    p95 = after[min(len(after) - 1, int(len(after) * 0.95))]
    print(
        f"interruption to silence: p50 {statistics.median(after):.0f} ms (goal 40), p95 {p95:.0f} ms (goal 80), "
        f"worst {after[-1]:.0f} ms; a bare stream: p50 {statistics.median(floor):.0f} ms"
    )
    print(f"heard position: at most {off} ms off (goal 20)")


if __name__ == "__main__":
    main()
