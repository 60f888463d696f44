"""The program as a user runs it: its own process, its own folders, no key."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def program(home: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    environ |= {"REALTIME_CHAT_DATA_DIR": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    command = [sys.executable, "-m", "realtime_chat", *arguments]
    return subprocess.run(command, env=environ, input=stdin, capture_output=True, timeout=50, check=False)


def value(run: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """The exactly one JSON value on stdout (P26, C20)."""
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)
