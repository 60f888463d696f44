"""A real terminal with the real program in it: keys in, screen out."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from uuid import uuid4


class Terminal:
    """One program in tmux, on a server of its own. A context manager: all of it is gone afterwards."""

    def __init__(self, command: str, home: Path, *, columns: int = 110, lines: int = 40) -> None:
        self._server = f"rtc-{uuid4().hex[:8]}"
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "TMUX"))
        }
        environ |= {
            "REALTIME_CHAT_DATA_DIR": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "TERM": "xterm-256color",
        }
        size = ["-x", str(columns), "-y", str(lines)]
        script = f"{command}; echo EXIT $?; exec cat"
        self._run("new-session", "-d", "-s", "t", *size, script, environ=environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False, capture_output=True)

    @property
    def screen(self) -> str:
        """What one sees now."""
        return self._run("capture-pane", "-p", "-t", "t")

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: Enter, Space, Escape, C-c."""
        self._run("send-keys", "-t", "t", *keys)

    def type(self, text: str) -> None:
        """Letters as they are."""
        self._run("send-keys", "-t", "t", "-l", text)

    def until(self, holds: Callable[[], bool], *, within_s: float = 20.0) -> None:
        """Return when it holds; the screen is another process's, so it is looked at again and again."""
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(self.screen)
            time.sleep(0.02)

    def shows(self, *texts: str, within_s: float = 20.0) -> None:
        """Wait until all of these stand on the screen."""
        self.until(lambda: all(text in self.screen for text in texts), within_s=within_s)

    def _run(self, *arguments: str, environ: dict[str, str] | None = None) -> str:
        command = ["tmux", "-L", self._server, *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=10)
        return done.stdout
