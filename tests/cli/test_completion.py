"""Tab completes the program's words: each shell as it is, with what `--install-completion` wrote for it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.store.directory import SessionStore
from tests.cli.program import surroundings
from tests.cli.tui.real_terminal import Terminal, terminal
from tests.core.store.shelf import talked

SCRIPTS = Path(sys.executable).parent
#: The long runs have all of them.
SHELLS = ("bash", pytest.param("zsh", marks=pytest.mark.soak), pytest.param("fish", marks=pytest.mark.soak))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo terminal")


def on_path(home: Path) -> dict[str, str]:
    """A user whose shells find the program, and who has no settings of any shell yet."""
    path = f"{SCRIPTS}:{surroundings(home)['PATH']}"
    return {"HOME": str(home), "PATH": path, "PS1": "$ ", "XDG_CONFIG_HOME": str(home / ".config")}


def installed(shell: str, home: Path) -> None:
    """As its user does it: typed into that shell."""
    typed = [shell, "-c", "realtime-chat --install-completion; true"]
    told = subprocess.run(
        typed, env={**surroundings(home), **on_path(home)}, capture_output=True, timeout=50, check=True
    )
    assert f"{shell} completion installed".encode() in told.stdout


async def types(held: Terminal, typed: str, until: str) -> None:
    """Words and the Tab key; returns when the line was completed."""
    before = len(held.shown)
    held.type(f"{typed}\t".encode())
    await held.until(lambda shown: until.encode() in shown[before:].replace(b"\x1b[K", b""))
    held.type(b"\x15")  # takes the line away


@pytest.mark.parametrize("shell", SHELLS)
async def test_tab_completes_commands_flags_and_their_values(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    installed(shell, tmp_path)
    talked(
        SessionStore(tmp_path / "data" / "sessions", VirtualClock()),
        "20260102-boats",
        ("Which knot?", "A bowline."),
    )
    async with terminal(tmp_path, "-i", command=[shell], environ=on_path(tmp_path)) as held:
        held.type(b"echo a''live\n")
        await held.until(lambda shown: b"alive" in shown)
        if shell == "zsh":  # its first Tab only loads the completion, and rings
            await types(held, "realtime-chat ", "\a")
        await types(held, "realtime-chat sessions exp", "export")
        await types(held, "realtime-chat text --transp", "--transport")
        await types(held, "realtime-chat talk --provider gem", "gemini")
        if shell == "bash":  # every one costs a start of the program, and fish asks twice
            await types(held, "realtime-chat text --transport statel", "stateless")
            await types(held, "realtime-chat talk --agent trans", "transcript")
            await types(held, "realtime-chat resume 2026", "20260102-boats")
        held.type(b"exit\n")
        await held.ended()
