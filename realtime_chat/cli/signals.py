"""Signals from outside, as calls on the loop; where the platform has none, Python's own Ctrl+C stays."""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress

#: How a shell sees a program that a signal ended: 128 and its number.
TERMINATED = 128 + signal.SIGTERM
HUNG_UP = 129
#: Seconds between two looks at the terminal.
LOOKED_S = 2.0
#: What a run ends with when it is asked to, or its terminal is gone.
_ENDS = {"SIGTERM": TERMINATED, "SIGHUP": HUNG_UP}


@contextmanager
def handled(calls: Mapping[int, Callable[[], None]]) -> Generator[None]:
    """Inside, a signal is a call. To be entered on a running loop."""
    loop = asyncio.get_running_loop()
    taken: list[int] = []
    try:
        for number, call in calls.items():
            try:
                loop.add_signal_handler(number, call)
            except (NotImplementedError, RuntimeError, ValueError):  # Windows; not the main thread
                continue
            taken.append(number)
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)


def endings(end: Callable[[int], None]) -> dict[int, Callable[[], None]]:
    """For `handled`: end with the signal's code. Windows has no SIGHUP."""

    def ended(code: int) -> None:
        let_go_of_dead_terminals()
        end(code)

    return {
        getattr(signal, name): lambda code=code: ended(code)
        for name, code in _ENDS.items()
        if hasattr(signal, name)
    }


@contextmanager
def hang_ups(end: Callable[[int], None]) -> Generator[None]:
    """Inside, a terminal that goes without SIGHUP, for it was not the session's own, ends as with one. On a loop."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        nonlocal next_look
        if _is_dead_terminal(sys.stdin.fileno()):
            let_go_of_dead_terminals()
            end(HUNG_UP)
        else:
            next_look = loop.call_later(LOOKED_S, look)

    next_look = loop.call_later(LOOKED_S, look)
    try:
        yield
    finally:
        next_look.cancel()


def let_go_of_dead_terminals() -> None:
    """What is still printed goes nowhere where the terminal is gone: there, each print would be a failure."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with suppress(OSError, ValueError):
            if stream is not None and _is_dead_terminal(stream.fileno()):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)


def _is_dead_terminal(descriptor: int) -> bool:
    if sys.platform == "win32":
        return False
    import termios

    try:
        termios.tcgetattr(descriptor)
    except termios.error as error:
        return error.args[0] == errno.EIO
    return False
