"""A contestant in a process of its own, which takes a sample of itself whenever it is asked.

Its program calls `answer` of `benchmarks.beside.samples`: a line in names what to measure, a line out is the figure.
"""

import contextlib
import json
import os
import select
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from typing import Self

from benchmarks.figures import NotMeasured
from benchmarks.peers import ROOT, reason

#: A sample that takes longer is none.
WITHIN_S = 60.0


class Contestant:
    """Started at its first sample; a context manager: gone afterwards.

    `command` is called then: it may install what it needs. Samples raise NotMeasured.
    """

    def __init__(self, command: Callable[[], Sequence[str]], *, within_s: float = WITHIN_S) -> None:
        self._command = command
        self._within_s = within_s
        self._process: subprocess.Popen[bytes] | None = None
        self._failure = ""
        # A pipe that nobody reads would stop it.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._said.close()

    def sample(self, what: str) -> Callable[[], float]:
        """What `interleaved` calls."""
        return lambda: self._ask(what)

    def _ask(self, what: str) -> float:
        if self._failure:  # what comes now may be the answer to another question
            raise NotMeasured(self._failure)
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # then the end of its output says so
            process.stdin.write(f"{what}\n".encode())
            process.stdin.flush()
        if not select.select([process.stdout], [], [], self._within_s)[0]:
            self._failure = f"no figure within {self._within_s:.0f} s"
        elif not (line := process.stdout.readline()):
            process.wait()
            self._failure = f"it ended: {self._last_words()}"
        else:
            return float(json.loads(line))
        process.kill()
        raise NotMeasured(self._failure)

    def _started(self) -> subprocess.Popen[bytes]:
        # In no folder of ours: what it finds where it starts must not change what it is.
        environ = {**os.environ, "PYTHONPATH": ""}
        try:
            return subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env=environ,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
            )
        except OSError as error:
            raise NotMeasured(reason(error)) from error

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = [line for line in self._said.read().decode(errors="replace").splitlines() if line.strip()]
        return lines[-1][:200] if lines else "it said nothing"
