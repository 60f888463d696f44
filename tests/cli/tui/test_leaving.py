"""However the program ends, the terminal is as it was, and the talk is on disk."""

import signal
from pathlib import Path

import pytest

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.folding import fold
from realtime_chat.core.history import History
from realtime_chat.core.store.directory import SessionStore
from tests.cli.tui.real_terminal import Terminal, terminal

#: The other screen, the mouse, and the pasting in brackets: on, and off.
MODES = [(b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?2004h", b"\x1b[?2004l")]
HINT = b"Enter send"


def talk(home: Path) -> History:
    """The one that was left."""
    store = SessionStore(home / "data" / "sessions", VirtualClock())
    (session_id,) = store.ids()
    return fold(store.read(session_id))


def is_as_it_was(shown: bytes) -> bool:
    """Whatever was switched on was switched off afterwards, the cursor shows, and no line of ours tells of a defect."""
    switched = all(shown.rfind(off) >= shown.rfind(on) for on, off in MODES)
    return switched and shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l") and b"Traceback" not in shown


async def up(held: Terminal) -> None:
    await held.until(lambda shown: HINT in shown and MODES[0][0] in shown)


@pytest.mark.parametrize(
    ("how", "code"), [("ctrl+d", 0), ("ctrl+c twice", 130), ("SIGTERM", 143), ("SIGHUP", 129)]
)
async def test_whatever_ends_it_the_terminal_is_as_it_was(tmp_path: Path, how: str, code: int) -> None:
    # C30, P27
    async with terminal(tmp_path, "text", "--provider", "local") as held:
        before = held.modes
        await up(held)
        assert held.modes != before  # raw: without this the test could not fail
        match how:
            case "ctrl+d":
                held.type(b"\x04")
            case "ctrl+c twice":
                held.type(b"\x03")
                await held.until(lambda shown: b"again to quit" in shown)
                held.type(b"\x03")
            case _:
                held.process.send_signal(signal.Signals[how])
        assert await held.ended() == code
        await held.until(lambda shown: b"Resume with: realtime-chat resume " in shown)
        assert held.modes == before
        assert is_as_it_was(held.shown)
    assert talk(tmp_path).closed_at


async def test_a_window_that_is_closed_ends_the_talk_and_keeps_it(tmp_path: Path) -> None:
    # the terminal is gone: there is nobody to tell
    async with terminal(tmp_path, "text", "--provider", "local") as held:
        await up(held)
        held.type(b"what is two plus two\r")
        await held.until(
            lambda shown: b"assistant" in shown and shown.rfind(b"ready") > shown.rfind(b"thinking")
        )
        held.hang_up()
        assert await held.ended() == 129
    history = talk(tmp_path)
    assert history.closed_at
    assert [turn.status for turn in history.turns] == ["completed"]
