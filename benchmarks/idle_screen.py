"""What a screen costs while nothing happens, and while two meters move: CPU, percent of a core, and memory, in MB.

On a pseudo terminal, in processes of their own: `python -m benchmarks.idle_screen KIND SECONDS FILE` is one of them.
"""

import asyncio
import json
import os
import pty
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, interleaved

SECONDS = 8.0
if TYPE_CHECKING:
    from textual.app import App

#: What a program needs until its screen stands is not what it costs to stand.
WARM_S = 2.0
FRAMES = 20


def idle(rounds: int) -> Figure:
    """CPU against a Textual program with an input line."""
    return _figure("idle screen, CPU", "%", "ours", "bare", 0, rounds, goal=3.0)


def meters(rounds: int) -> Figure:
    """CPU while both meters move twenty times a second, against the same program whose line changes as often."""
    return _figure("two meters at 20 a second, CPU", "%", "ours moving", "bare moving", 0, rounds, goal=2.0)


def memory(rounds: int) -> Figure:
    """The process's memory once its screen stands."""
    return _figure("idle screen, memory", "MB", "ours", "bare", 1, rounds, goal=2.0)


def _figure(name: str, unit: str, ours: str, floor: str, which: int, rounds: int, *, goal: float) -> Figure:
    kinds = {"ours": ours, "bare Textual": floor}
    measured: dict[str, Callable[[], float]] = {
        label: lambda kind=kind: _run(kind)[which] for label, kind in kinds.items()
    }
    medians = interleaved(measured, min(rounds, 3))
    return Figure(
        name=name, unit=unit, ours=medians.pop("ours"), beside=medians, floor="bare Textual", goal=goal
    )


def _run(kind: str) -> tuple[float, float]:
    near, far = pty.openpty()
    drain = threading.Thread(target=_drain, args=(near,), daemon=True)
    drain.start()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "out.json"
        command = [sys.executable, "-m", "benchmarks.idle_screen", kind, str(SECONDS), str(file)]
        environ = {**os.environ, "TERM": "xterm-256color"}
        subprocess.run(command, stdin=far, stdout=far, stderr=far, env=environ, check=True, cwd=ROOT)
        os.close(far)
        cpu, rss = json.loads(file.read_text())
    return cpu, rss


ROOT = Path(__file__).parent.parent


def _drain(near: int) -> None:
    with suppress(OSError):
        while os.read(near, 65536):
            pass


async def _ours(folder: Path, seconds: float, *, moving: bool) -> tuple[float, float]:
    from realtime_chat.cli.tui.app import ChatApp
    from realtime_chat.cli.tui.banner import Banner
    from realtime_chat.core import messages as wire
    from realtime_chat.core.clock import SystemClock
    from realtime_chat.core.conversation import Conversation
    from realtime_chat.core.events import Envelope, LevelMeasured
    from realtime_chat.core.options import SessionOptions
    from realtime_chat.core.setup import SessionSetup
    from realtime_chat.core.store.directory import SessionStore
    from realtime_chat.core.supervisor import Supervisor
    from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect, hang

    ready = [*emit(wire.SessionCreated()), *expect(wire.Configure, wire.SessionUpdated()), hang()]
    clock = SystemClock()
    async with Supervisor(SessionStore(folder, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        options = SessionOptions(turn_detection="none", idle_timeout_s=0, total_timeout_s=0)
        setup = SessionSetup(transport=lambda: ScriptedTransport(ready), options=options)
        session_id = await conversation.start(setup)
        banner = Banner(
            provider="local", why="a test", model="", voice="", microphone=None, speaker=None, audio_note=""
        )
        app = ChatApp(conversation, session_id, mode="text", banner=banner)

        async def move() -> None:
            step = 0
            while moving:
                step += 1
                level = LevelMeasured(input_db=-60 + step * 3 % 54, output_db=-6 - step * 3 % 54)
                supervisor.bus.publish(Envelope(id="m", session_id=session_id, seq=None, ts="", data=level))
                await asyncio.sleep(1 / FRAMES)

        return await _measured(app, seconds, move)


async def _bare(seconds: float, *, moving: bool) -> tuple[float, float]:
    from textual.app import App, ComposeResult
    from textual.widgets import Static, TextArea

    class Bare(App[int]):
        def compose(self) -> ComposeResult:
            yield Static("hello")
            yield TextArea()

    app = Bare()

    async def move() -> None:
        step = 0
        while moving:
            step += 1
            if app.is_running and app.screen_stack:
                app.query_one(Static).update("█" * (step % 20), layout=False)
            await asyncio.sleep(1 / FRAMES)

    return await _measured(app, seconds, move)


async def _measured(
    app: "App[Any]", seconds: float, move: Callable[[], Coroutine[Any, Any, None]]
) -> tuple[float, float]:
    begun: list[float] = []

    async def run() -> None:
        await asyncio.sleep(WARM_S)
        moving = asyncio.create_task(move())
        begun.append(time.process_time())
        await asyncio.sleep(seconds)
        begun.append(time.process_time())
        moving.cancel()
        app.exit()

    leaving = asyncio.create_task(run())
    await app.run_async()
    await leaving
    return 100 * (begun[1] - begun[0]) / seconds, _resident_mb()


def _resident_mb() -> float:
    """Now; the highest ever would be the parent's, which a child begins as."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """One measured process."""
    kind, seconds, file = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    moving = kind.endswith("moving")
    with tempfile.TemporaryDirectory() as folder:
        run = (
            _ours(Path(folder), seconds, moving=moving)
            if kind.startswith("ours")
            else _bare(seconds, moving=moving)
        )
        file.write_text(json.dumps(asyncio.run(run)))


if __name__ == "__main__":
    main()
