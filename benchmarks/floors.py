"""What each part of a spoken talk costs when nothing else is done: `python -m benchmarks.floors PART SECONDS`.

Prints the process's CPU time in seconds. The sum of the parts is the floor under the CPU of a talk; all of them need a
sound card, but for the last three.
"""

import asyncio
import os
import pty
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

RATE = 24_000
FRAME_MS, BLOCK_MS = 20, 10


def capture(seconds: float) -> None:
    """A microphone's callback that keeps the latest frames."""
    import sounddevice

    frames: deque[bytes] = deque(maxlen=100)

    def heard(block: Any, *_: Any) -> None:
        frames.append(bytes(block))

    stream: Any = sounddevice.RawInputStream(
        RATE, RATE * FRAME_MS // 1000, channels=1, dtype="int16", latency="low", callback=heard
    )
    with stream:
        time.sleep(seconds)


def playback(seconds: float) -> None:
    """A speaker's callback that plays silence."""
    import sounddevice

    silence = bytes(RATE * BLOCK_MS // 1000 * 2)

    def play(block: Any, *_: Any) -> None:
        block[:] = silence

    stream: Any = sounddevice.RawOutputStream(
        RATE, RATE * BLOCK_MS // 1000, channels=1, dtype="int16", latency="low", callback=play
    )
    with stream:
        time.sleep(seconds)


def meters(seconds: float) -> None:
    """A Textual program with two meters, drawn ten times a second."""
    from rich.segment import Segment
    from textual.app import App, ComposeResult
    from textual.strip import Strip
    from textual.widget import Widget

    class Meter(Widget):
        DEFAULT_CSS = "Meter { height: 1; }"
        level = 0

        def render_line(self, y: int) -> Strip:
            return Strip([Segment("█" * self.level)])

    class Meters(App[None]):
        def compose(self) -> ComposeResult:
            yield Meter()
            yield Meter()

        def on_mount(self) -> None:
            self.set_interval(0.1, self.move)
            self.set_timer(seconds, self.exit)

        def move(self) -> None:
            for meter in self.query(Meter):
                meter.level = (meter.level + 3) % 20
                meter.refresh()

    Meters().run()


def socket(seconds: float) -> None:
    """A client that sends 50 frames of sound a second and gets as many."""
    from websockets.asyncio.client import connect
    from websockets.asyncio.server import ServerConnection, serve

    frame = "x" * 1340

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async def served(port: "asyncio.Future[int]", ended: asyncio.Event) -> None:
        async with serve(echo, "127.0.0.1", 0, compression=None) as server:
            port.set_result(next(iter(server.sockets)).getsockname()[1])
            await ended.wait()

    async def talk() -> None:
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(served(port, ended))
            async with connect(f"ws://127.0.0.1:{await port}", compression=None) as client:
                for _ in range(int(seconds * 50)):
                    await client.send(frame)
                    await client.recv()
                    await asyncio.sleep(0.02)
            ended.set()

    asyncio.run(talk())


def cancellation(seconds: float) -> None:
    """AEC3 over both ways, 100 blocks a second."""
    from realtime_chat.audio.echo import WebRtcCanceller

    canceller = WebRtcCanceller()
    block = os.urandom(RATE * BLOCK_MS // 1000 * 2)
    for _ in range(int(seconds * 100)):
        canceller.far(block)
        canceller.near(block)
        time.sleep(BLOCK_MS / 1000)


PARTS: dict[str, Callable[[float], None]] = {
    one.__name__: one for one in (capture, playback, meters, socket, cancellation)
}


def measured(seconds: float) -> dict[str, float]:
    """CPU of each part, percent of one core; in processes of their own, one after the other.

    What a part costs to start is taken away: a run of no length is measured, too.
    """
    return {part: 100 * (_run(part, seconds + 1) - _run(part, 1)) / seconds for part in PARTS}


def _run(part: str, seconds: float) -> float:
    command = [sys.executable, "-m", "benchmarks.floors", part, str(seconds)]
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    terminal, inside = pty.openpty()  # a screen wants one, and draws on descriptor 2
    threading.Thread(target=_drained, args=(terminal,), daemon=True).start()
    try:
        done = subprocess.run(
            command,
            env=environ,
            check=True,
            timeout=seconds + 60,
            stdin=inside,
            stdout=subprocess.PIPE,
            stderr=inside,
            text=True,
        )
    finally:
        os.close(inside)
    return float(done.stdout.split()[-1])


def _drained(terminal: int) -> None:
    with suppress(OSError):  # the other end was closed
        while os.read(terminal, 1 << 16):
            pass


def main() -> None:
    """Run one part, or all."""
    if len(sys.argv) == 1:
        for part, percent in measured(10).items():
            print(f"{part}: {percent:.1f} %")
        return
    part, seconds = sys.argv[1:]
    PARTS[part](float(seconds))
    print(f"\ncpu {time.process_time()}", flush=True)
    os._exit(0)  # threads of libraries may not know that all is over


if __name__ == "__main__":
    main()
