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


async def test_a_terminal_that_is_gone_without_a_signal_ends_the_talk_too(tmp_path: Path) -> None:
    # as under setsid: nobody sends SIGHUP
    async with terminal(tmp_path, "text", "--provider", "local", controlling=False) as held:
        await up(held)
        held.hang_up()
        assert await held.ended() == 129
    assert talk(tmp_path).closed_at


async def test_the_users_editor_gets_the_draft_and_the_terminal_meanwhile(tmp_path: Path) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\necho "EDITING $(cat "$1")"\nprintf "what is two plus three" > "$1"\n')
    editor.chmod(0o700)
    async with terminal(tmp_path, "text", "--provider", "local", EDITOR=str(editor), VISUAL="") as held:
        await up(held)
        held.type(b"half a question")
        await held.until(lambda shown: b"half a question" in shown)
        held.type(b"\x07")
        await held.until(lambda shown: b"EDITING half a question" in shown and b"two plus three" in shown)
        held.type(b"\r")
        await held.until(lambda shown: b"five" in shown or b"is 5" in shown or b"5." in shown)
        held.type(b"\x04")
        assert await held.ended() == 0
        assert is_as_it_was(held.shown)


async def test_a_new_talk_begins_on_the_same_screen_and_both_are_kept(tmp_path: Path) -> None:
    async with terminal(tmp_path, "text", "--provider", "local") as held:
        await up(held)
        held.type(b"/new\r")
        entered = MODES[0][0]
        await held.until(lambda shown: shown.count(entered) == 2 and HINT in shown.rpartition(entered)[2])
        held.type(b"\x04")
        assert await held.ended() == 0
        assert is_as_it_was(held.shown)
    assert len(SessionStore(tmp_path / "data" / "sessions", VirtualClock()).ids()) == 2


async def test_a_terminal_that_knows_no_language_is_talked_with_all_the_same(tmp_path: Path) -> None:
    async with terminal(tmp_path, "text", "--provider", "local", LC_ALL="C", LANG="C") as held:
        await up(held)
        held.type(b"what is two plus three\r")
        await held.until(lambda shown: b"five" in shown or b"is 5" in shown)
        held.type(b"\x04")
        assert await held.ended() == 0
        assert is_as_it_was(held.shown)
