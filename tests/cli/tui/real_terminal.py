"""The program on a terminal of its own: a pseudo terminal, of which a test has the other end."""

import asyncio
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.cli.program import COMMAND, surroundings


class Terminal:
    """`shown` is all that was written to it; `modes` are its own settings, as `stty` tells them."""

    def __init__(self, near: int, far: int, process: subprocess.Popen[bytes]) -> None:
        self.shown = b""
        self.process = process
        self._near, self._far = near, far
        self._news = asyncio.Event()

    @property
    def modes(self) -> list[Any]:
        return termios.tcgetattr(self._far)

    def read(self) -> None:
        """What came; called by the loop."""
        try:
            self.shown += os.read(self._near, 65536)
        except OSError:  # nobody holds the far end any more
            asyncio.get_running_loop().remove_reader(self._near)
        self._news.set()

    def type(self, keys: bytes) -> None:
        os.write(self._near, keys)

    def hang_up(self) -> None:
        """The window is closed, or the line is cut: what ran in it gets SIGHUP."""
        asyncio.get_running_loop().remove_reader(self._near)
        for end in (self._near, self._far):
            os.close(end)
        self._near = self._far = -1

    async def until(self, holds: Callable[[bytes], bool]) -> None:
        """Return when what was shown is so."""
        try:
            async with asyncio.timeout(30):
                while not holds(self.shown):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(self.shown[-3000:].decode(errors="replace")) from None

    async def ended(self) -> int:
        """The exit code."""
        async with asyncio.timeout(30):
            return await asyncio.to_thread(self.process.wait, 29)

    def let_go(self) -> None:
        if self._near >= 0:
            asyncio.get_running_loop().remove_reader(self._near)
            for end in (self._near, self._far):
                with suppress(OSError):
                    os.close(end)


@asynccontextmanager
async def terminal(
    home: Path,
    *arguments: str,
    command: Sequence[str] = COMMAND,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    size: tuple[int, int] = (80, 24),
    controlling: bool = True,
    **variables: str,
) -> AsyncGenerator[Terminal]:
    """The program, or another `command`, on a terminal of so many columns and rows; it is gone afterwards.

    `controlling`: it gets the signals that the terminal sends, as what a shell has started.
    """
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(  # noqa: ASYNC220 - asyncio's gives it no controlling terminal
        (*command, *arguments),
        env={**surroundings(home), **colours, **(environ or {}), **variables},
        cwd=cwd,
        stdin=far,
        stdout=far,
        stderr=far,
        start_new_session=True,
        preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if controlling else None,
    )
    held = Terminal(near, far, process)
    asyncio.get_running_loop().add_reader(near, held.read)
    try:
        yield held
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
        held.let_go()
