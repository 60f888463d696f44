"""From an interruption to silence at the speaker, through the real PortAudio: `python -m benchmarks.silence`.

Needs the virtual sound card: `scripts/with-virtual-audio python -m benchmarks.silence`. The clock is read when the sink
is told to be silent, and when the recorder of the speaker's monitor hands over the last sound.
"""

import argparse
import asyncio
import os
import statistics
import struct
import subprocess
import threading
import time
from dataclasses import dataclass

from realtime_chat.audio.devices import open_speaker
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.pcm import RATE, pcm_ms

RECORD = [
    "parecord",
    "-d",
    "rtc_speaker.monitor",
    "--raw",
    f"--rate={RATE}",
    "--channels=1",
    "--format=s16le",
]


@dataclass(frozen=True, slots=True)
class Try:
    """Milliseconds from the flush to silence; what the sink says was heard, and what was."""

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


async def one(monitor: Monitor, *, after_s: float) -> Try:
    """Play, be silent after a while, and see when that was heard."""
    sink = open_speaker(SystemClock())
    try:
        await asyncio.sleep(0.2)
        monitor.pieces.clear()
        sink.play("a1", struct.pack("<h", 8000) * RATE * 3)
        await asyncio.sleep(after_s)
        at = time.perf_counter()
        ledger = sink.flush()
        await asyncio.sleep(0.4)
    finally:
        await sink.close()
    pieces = list(monitor.pieces)
    last = max(when for when, piece in pieces if any(piece))
    sound = b"".join(piece for _, piece in pieces)
    loud = sum(value > 4000 for (value,) in struct.iter_unpack("<h", sound[: len(sound) // 2 * 2]))
    return Try((last - at) * 1000, ledger["a1"], pcm_ms(loud * 2))


async def tries(count: int) -> list[Try]:
    """So many, each cut at another moment."""
    monitor = Monitor()
    try:
        await asyncio.sleep(0.3)
        return [await one(monitor, after_s=0.3 + number % 10 * 0.013) for number in range(count)]
    finally:
        monitor.stop()


def main() -> None:
    """Print the median, the 95th percentile, and the worst position."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.silence")
    parser.add_argument("--tries", type=int, default=50)
    found = asyncio.run(tries(parser.parse_args().tries))
    after = sorted(one.silent_after_ms for one in found)
    off = max(abs(one.said_ms - one.heard_ms) for one in found)
    p95 = after[min(len(after) - 1, int(len(after) * 0.95))]
    print(
        f"interruption to silence: p50 {statistics.median(after):.0f} ms (goal 40), p95 {p95:.0f} ms (goal 80)"
    )
    print(f"heard position: at most {off} ms off (goal 20)")


if __name__ == "__main__":
    main()
