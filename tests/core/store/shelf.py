"""A folder with sessions in it."""

import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.events import Event
from realtime_chat.core.store.directory import SessionStore
from tests.core.stories import said, typed


def shelf(root: Path) -> SessionStore:
    """The store of `root`/sessions."""
    return SessionStore(root / "sessions", VirtualClock())


def log_of(root: Path, session_id: str) -> Path:
    """Where its log is."""
    return root / "sessions" / f"{session_id}.jsonl"


def on_a_full_disk(root: Path, call: str, size: int) -> str:
    """Another process does `store.…` where no file may grow beyond so many bytes; the error that it met."""
    done = _limited(root, call, size, "SIG_IGN")
    assert done.returncode == 0
    return done.stdout


def dying(root: Path, call: str, size: int) -> bool:
    """Another process does `store.…` and is killed in the middle of a write when a file has so many bytes; whether
    it came to that."""
    return _limited(root, call, size, "SIG_DFL").returncode == -signal.SIGXFSZ


def _limited(root: Path, call: str, size: int, action: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import resource, signal, sys; from pathlib import Path; from realtime_chat.core.clock import SystemClock;"
        "from realtime_chat.core.errors import LogWriteFailed;"
        "from realtime_chat.core.store.directory import SessionStore;"
        f"signal.signal(signal.SIGXFSZ, signal.{action}); store = SessionStore(Path(sys.argv[1]), SystemClock());"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0));"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
        f"try: {call}\nexcept LogWriteFailed as error: print(error.message)"
    )
    command = [sys.executable, "-c", code, str(root / "sessions"), str(size)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def files(root: Path) -> dict[str, bytes]:
    """All that is there but leases."""
    return {one.name: one.read_bytes() for one in (root / "sessions").iterdir() if one.suffix != ".lock"}


def turn(turn_id: str, question: str, answer: str) -> list[Event]:
    """A whole one, which cost something."""
    usage = ev.UsageReported(turn_id=turn_id, response_id=f"r_{turn_id}", usage=ev.Usage(total=7))
    return [*typed(turn_id, question), said(turn_id, answer), usage, ev.TurnCompleted(turn_id=turn_id)]


def write(store: SessionStore, session_id: str, events: Iterable[Event]) -> None:
    """Append to a session, a new one or an old one."""
    held = store.open(session_id)
    for event in events:
        held.log.append(event)
    assert held.close() == 0


def talked(store: SessionStore, session_id: str, *exchanges: tuple[str, str]) -> None:
    """A session of these questions and answers."""
    turns = [turn(f"t{number}", *exchange) for number, exchange in enumerate(exchanges, 1)]
    write(store, session_id, [ev.SessionStarted(), *(event for one in turns for event in one)])
