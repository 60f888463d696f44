"""What must reach no terminal, and what must reach no file."""

import io
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager

#: What a terminal obeys, or what reorders the text that one reads; a line end and a tab are text.
DRIVES_A_TERMINAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Printed:
    """What a command printed in this process, stdout and stderr."""

    def __init__(self) -> None:
        self.out, self.err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))

    @property
    def text(self) -> str:
        """Both."""
        for stream in (self.out, self.err):
            stream.flush()
        return (self.out.buffer.getvalue() + self.err.buffer.getvalue()).decode()  # type: ignore[attr-defined]


@contextmanager
def stdio() -> Generator[Printed]:
    """The process's own streams, kept; for examples, of which a fixture knows no more than the first."""
    printed, before = Printed(), (sys.stdout, sys.stderr)
    sys.stdout, sys.stderr = printed.out, printed.err
    try:
        yield printed
    finally:
        sys.stdout, sys.stderr = before
