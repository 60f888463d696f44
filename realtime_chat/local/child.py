"""The embedded server as its parent sees it: started, found, stopped."""

import asyncio
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from realtime_chat.core.errors import Unreachable
from realtime_chat.local.engines.settings import EngineSettings

#: `-P` keeps the working directory off the module path: it is the user's, not ours.
COMMAND = (sys.executable, "-P", "-m", "realtime_chat.local.program")
#: Those of this package.
OWN_ENGINES = EngineSettings()
_KEPT_STDERR = 4096
#: Who asks again has usually just lost the connection; the pipe tells why a moment later.
_NOTICE_DEATH_S = 0.05


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server listens (`http://127.0.0.1:PORT/v1`), and the token that it wants."""

    url: str
    token: str = field(repr=False)


class EmbeddedServer:
    """Owns one child process.

        resource      acquired   released by
        child         start      stop, or the next start when it died; the end of its stdin ends it anyway
        stderr task   start      stop: it ends with the child

    `start` and `stop` may be called any number of times, in any order, by several tasks.
    """

    def __init__(
        self,
        engines: EngineSettings = OWN_ENGINES,
        *,
        command: Sequence[str] = COMMAND,
        ready_within_s: float = 15,
        end_within_s: float = 2,
    ) -> None:
        self._engines = engines
        self._command = command
        self._ready_within_s = ready_within_s
        self._end_within_s = end_within_s
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._stderr: asyncio.Task[None] | None = None
        self._tail = bytearray()
        self._endpoint: Endpoint | None = None

    async def start(self) -> Endpoint:
        """The address of a running server: the same as before, or a new one when the child has died.

        Raises Unreachable when it cannot be started or does not get ready; nothing is left running then.
        """
        async with self._lock:
            if self._endpoint is not None and await self._lives():
                return self._endpoint
            await self._end()
            try:
                self._endpoint = await self._begin()
            except BaseException:
                await self._end()
                raise
            return self._endpoint

    async def stop(self) -> None:
        """End the child: by the end of its stdin, or by force when it does not react."""
        async with self._lock:
            await self._end()

    async def _lives(self) -> bool:
        """False once the child has died, also when that is only just becoming known to this loop."""
        if self._stderr is None or self._process is None or self._process.returncode is not None:
            return False
        await asyncio.wait([self._stderr], timeout=_NOTICE_DEATH_S)
        return not self._stderr.done()

    async def _begin(self) -> Endpoint:
        token = secrets.token_urlsafe(32)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise Unreachable(
                f"Cannot start the embedded server: {reason}; run `realtime-chat doctor`."
            ) from error
        self._tail.clear()
        self._stderr = asyncio.create_task(self._keep_stderr(self._process))
        url = await self._hand_over(self._process, token)
        return Endpoint(url=url, token=token)

    async def _hand_over(self, process: Process, token: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        line = b""
        try:
            async with asyncio.timeout(self._ready_within_s):
                with suppress(ConnectionError):  # it died already; the empty line below says so
                    process.stdin.write(f"{token}\n".encode() + msgspec.json.encode(self._engines) + b"\n")
                    await process.stdin.drain()
                line = await process.stdout.readline()
        except TimeoutError:
            message = f"The embedded server was not ready after {self._ready_within_s:g} s; try again."
            raise Unreachable(message) from None
        url = line.decode("utf-8", "replace").strip()
        if not url.startswith("http://"):
            raise Unreachable(await self._last_words(token))
        return url

    async def _last_words(self, token: str) -> str:
        await self._end()
        told = self._tail.decode("utf-8", "replace").replace(token, "[token]")
        for key in self._engines.secrets():
            told = told.replace(key, "[key]")
        lines = told.strip().splitlines()
        said = lines[-1] if lines else "it said nothing"
        return f"The embedded server ended before it was ready: {said}. Run `realtime-chat doctor`."

    async def _keep_stderr(self, process: Process) -> None:
        assert process.stderr is not None
        while piece := await process.stderr.read(_KEPT_STDERR):
            self._tail += piece
            del self._tail[:-_KEPT_STDERR]

    async def _end(self) -> None:
        process, self._process, self._endpoint = self._process, None, None
        stderr, self._stderr = self._stderr, None
        if process is None:
            return
        try:
            await self._let_end(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            if stderr is not None:
                await stderr

    async def _let_end(self, process: Process) -> None:
        assert process.stdin is not None
        process.stdin.close()
        with suppress(ConnectionError):
            await process.stdin.wait_closed()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._end_within_s):
                await process.wait()
