"""A program on a pseudo terminal: when it shows what, and what it costs. Linux: another process's CPU is read there."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from benchmarks.figures import NotMeasured

_SEQUENCES = re.compile(
    rb"\x1b\[[0-9;?<>=$]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_].*?\x1b\\"
)
LINES, COLUMNS = 30, 100


class Program:
    """Started at once, gone at the end of the `with`. `home` is its home folder, made when none is given."""

    def __init__(self, command: Sequence[str], home: Path) -> None:
        near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._near = near
        self._out = bytearray()
        self._wanted = ""
        self._shown_at: float | None = None
        self._news = threading.Condition()
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=home,  # some leave files where they start
            env=surroundings(home),
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
        )
        os.close(far)
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def shown_ms(self, text: str, within_s: float) -> float:
        """From the start until that stood on the screen. Raises NotMeasured when it never does."""
        with self._news:
            self._wanted, self._shown_at = text, None
            self._look()
            self._news.wait_for(lambda: self._shown_at is not None, within_s)
            if self._shown_at is None:
                raise NotMeasured(f"it does not show {text!r} within {within_s:.0f} s")
            return (self._shown_at - self.began) * 1000

    @property
    def cpu_s(self) -> float:
        """Of all its threads, so far."""
        try:
            return time.clock_gettime((~self._process.pid << 3) | 2)  # CPUCLOCK_SCHED of a process
        except OSError as error:
            raise NotMeasured("it ended") from error

    @property
    def memory_mb(self) -> float:
        """That it holds now."""
        try:
            pages = int(Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1])
        except (OSError, IndexError) as error:
            raise NotMeasured("it ended") from error
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _read(self) -> None:
        try:
            while part := os.read(self._near, 1 << 16):
                with self._news:
                    self._out += part
                    del self._out[: -(1 << 16)]
                    self._look()
        except OSError:
            pass  # the program is gone
        finally:
            os.close(self._near)

    def _look(self) -> None:
        if self._wanted and self._shown_at is None:
            shown = _SEQUENCES.sub(b"", bytes(self._out)).decode(errors="replace")
            if self._wanted in shown:
                self._shown_at = time.perf_counter()
                self._news.notify_all()


def surroundings(home: Path) -> dict[str, str]:
    """Of nobody's own settings."""
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
    sound = ("PULSE_SERVER", "ALSA_CONFIG_PATH")
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", *sound) if name in os.environ}
    return {
        **kept,
        **folders,
        "HOME": str(home),
        "TERM": "xterm-256color",
        "OPENAI_API_KEY": "none",
        "LC_ALL": "C.UTF-8",
    }


def first_frame_ms(command: Sequence[str], shows: str, home: Path, within_s: float = 60.0) -> float:
    """Wall time from the start of a program until it shows something."""
    with Program(command, home) as program:
        return program.shown_ms(shows, within_s)


def temporary_home() -> "tempfile.TemporaryDirectory[str]":
    """A home folder."""
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
