"""The terminal belongs to the screen: what C libraries print on descriptor 2 must not land on it.

PortAudio and ALSA complain there whenever a device comes or goes. Textual draws on `sys.__stderr__`, so that one gets
the terminal, and the descriptor goes to a file, or nowhere.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from realtime_chat.cli.signals import endings, handled, hang_ups
from realtime_chat.cli.words.desk import Leaving

if TYPE_CHECKING:
    from textual.app import App


@contextmanager
def waiting(text: str) -> Generator[None]:
    """This line stands there meanwhile, and is gone afterwards."""
    sys.stderr.write(text)
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


@contextmanager
def loading() -> Generator[None]:
    """Load the screen's code beside what is done inside, which begins with waiting for a server."""
    thread = Thread(target=_load, name="loading")
    thread.start()
    try:
        yield
    finally:
        thread.join()  # long over, but where nothing could begin


def _load() -> None:
    with suppress(Exception):  # whoever imports it next is told
        import_module("realtime_chat.cli.tui.app")


async def held(app: "App[Leaving]") -> Leaving:
    """All of an app, until it ends by itself, by a signal, or because its terminal is gone."""
    with (
        handled(endings(app.exit)),
        hang_ups(app.exit),
    ):  # the terminal is as it was, whatever ends the program
        return await app.run_async() or 0


@contextmanager
def owned(log: Path | None = None) -> Generator[None]:
    """Inside, only Python's stderr reaches the terminal; to be entered before the app is made."""
    try:
        kept = os.dup(2)
    except OSError:  # closed: nothing can be printed there
        yield
        return
    target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    before = sys.stderr, sys.__stderr__
    screen = os.fdopen(os.dup(kept), "w", buffering=1, encoding="utf-8", errors="replace")
    try:
        sys.stderr = sys.__stderr__ = screen  # pyright: ignore[reportConstantRedefinition, reportAttributeAccessIssue]
        os.dup2(target, 2)
        yield
    finally:
        screen.flush()
        os.dup2(kept, 2)
        sys.stderr, sys.__stderr__ = before  # pyright: ignore[reportConstantRedefinition, reportAttributeAccessIssue]
        screen.close()
        os.close(target)
        os.close(kept)
