"""While the screen is up, nobody else writes to the terminal; afterwards all is as it was."""

import os
import sys
from pathlib import Path

from realtime_chat.cli.tui.terminal import owned


def test_what_a_c_library_prints_goes_to_the_log_and_python_to_the_terminal(tmp_path: Path) -> None:
    kept = os.dup(2)
    seen = os.open(tmp_path / "terminal", os.O_RDWR | os.O_CREAT)
    before = sys.stderr, sys.__stderr__
    try:
        os.dup2(seen, 2)
        with owned(tmp_path / "log"):
            os.write(2, b"Expression 'ret' failed\n")
            print("a frame", file=sys.__stderr__)
        os.write(2, b"afterwards\n")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(seen)
    assert (tmp_path / "terminal").read_bytes() == b"a frame\nafterwards\n"
    assert (tmp_path / "log").read_bytes() == b"Expression 'ret' failed\n"
    assert (sys.stderr, sys.__stderr__) == before
