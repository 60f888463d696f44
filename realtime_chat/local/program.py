"""`python -m realtime_chat.local.program`: the embedded server as a child process.

The first two lines of stdin are the token and the engines, as JSON (`engines/settings`), which may hold keys: so
neither is seen in a list of processes. One line goes out on stdout when connections are accepted,
`http://127.0.0.1:PORT/v1`, and nothing else ever. The end of stdin ends the program, so it never outlives its
parent, however that died. Narration goes to stderr. Exit 0 after the end of stdin, 2 without a token or with
engines that it cannot read, 1 when an engine is not there or no address could be taken.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

import msgspec

from realtime_chat.core.errors import ChatError
from realtime_chat.local.chosen import chosen_engines
from realtime_chat.local.engines.settings import EngineSettings
from realtime_chat.local.server import serve
from realtime_chat.local.workshop import EngineSet


def main(make: Callable[[EngineSettings], EngineSet] = chosen_engines) -> int:
    """Run until stdin ends; the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; only the parent decides
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    announce = _take_stdout()
    token = sys.stdin.readline().strip()
    if not token:
        print("error: no token on stdin", file=sys.stderr)
        return 2
    try:
        settings = msgspec.json.decode(sys.stdin.readline(), type=EngineSettings)
    except msgspec.DecodeError:  # its words may hold a part of a key
        print("error: no engines on stdin that could be read", file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve_until_end_of_input(token, announce, make(settings)))
    except ChatError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    return 0


def _take_stdout() -> Callable[[str], None]:
    """Keep stdout for the one line: whatever else prints, C libraries included, goes to stderr."""
    own = os.dup(1)
    os.dup2(2, 1)

    def announce(url: str) -> None:
        os.write(own, f"{url}\n".encode())
        os.close(own)

    return announce


async def _serve_until_end_of_input(token: str, announce: Callable[[str], None], engines: EngineSet) -> None:
    serving = asyncio.create_task(
        serve(host="127.0.0.1", port=0, token=token, on_ready=announce, engines=engines)
    )
    threading.Thread(
        target=_wait_for_end, args=(asyncio.get_running_loop(), serving.cancel), daemon=True
    ).start()
    await asyncio.wait([serving])
    if not serving.cancelled():
        serving.result()


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: Callable[[], object]) -> None:
    while sys.stdin.buffer.raw.read(4096):  # type: ignore[attr-defined]
        pass
    loop.call_soon_threadsafe(stop)


if __name__ == "__main__":
    sys.exit(main())
