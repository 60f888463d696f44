"""What tools print goes to stderr: stdout belongs to the answer (P26).

Told apart by context, not by time: the program may write its answer while a tool prints. A thread that a tool
starts by itself has no context of ours, so it counts as the tool's.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO, cast

_is_ours: ContextVar[bool] = ContextVar("is_ours", default=False)


class _Parted:
    """Stands for stdout; whatever is asked of it, the stream that fits the asker answers."""

    def __init__(self, product: TextIO) -> None:
        self._product = product

    def __getattr__(self, name: str) -> Any:
        return getattr(self._product if _is_ours.get() else sys.stderr, name)


@contextmanager
def stdout_kept() -> Generator[None]:
    """Inside, `sys.stdout` takes what this context prints, and stderr what tools print."""
    product = sys.stdout
    token = _is_ours.set(True)
    sys.stdout = cast("TextIO", _Parted(product))
    try:
        yield
    finally:
        sys.stdout = product
        _is_ours.reset(token)


@contextmanager
def as_a_tool() -> Generator[None]:
    """Inside, what is printed is a tool's."""
    token = _is_ours.set(False)
    try:
        yield
    finally:
        _is_ours.reset(token)
