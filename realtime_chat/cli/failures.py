"""A failure is one line on stderr, the right exit code, and no traceback unless `--debug` asks for one."""

import sys
import traceback

from realtime_chat.core.errors import ChatError
from realtime_chat.core.printable import one_line, printable

NOBODY_TO_ASK = 3
INTERRUPTED = 130
IDLE_TIMEOUT = 124
NO_ANSWER = 6


def tell(error: BaseException, *, debug: bool = False) -> int:
    """Say what happened and what to do; returns the exit code."""
    if debug:
        print(printable("".join(traceback.format_exception(error))), end="", file=sys.stderr)
    text = error.message if isinstance(error, ChatError) else unexpected(error)
    print(f"error: {one_line(text)}", file=sys.stderr)
    return exit_code(error)


def unexpected(error: BaseException) -> str:
    """Our own defect, in one line."""
    return f"{type(error).__name__}: {error}. This is a defect of ours; --debug shows where."


def exit_code(error: BaseException) -> int:
    """P27."""
    if isinstance(error, ChatError):
        return error.exit_code
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
