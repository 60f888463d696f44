"""`--trace FILE`: the spans of a talk as JSON lines, written by one more listener of the bus."""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from realtime_chat import __version__
from realtime_chat.cli.spans import TYPES, Spans
from realtime_chat.core.bus import Bus, Subscription
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.setup import SessionSetup


class Trace:
    """Writes what it follows. A disk that refuses ends the trace, never the talk."""

    def __init__(self, file: BinaryIO, correlation_id: str, crew: asyncio.TaskGroup) -> None:
        self._file = file
        self._correlation_id = correlation_id
        self._crew = crew

    def follow(self, bus: Bus, session_id: str, setup: SessionSetup) -> None:
        """From now on until the session's end."""
        events = bus.subscribe(session_id, only=TYPES)
        spans = Spans(
            self._correlation_id,
            model=setup.model,
            about=_about(session_id, setup, self._correlation_id),
            new_id=lambda: secrets.token_hex(8),
        )
        self._crew.create_task(self._write(events, spans), name="trace")

    async def _write(self, events: Subscription, spans: Spans) -> None:
        with events, suppress(OSError):
            async for envelope in events:
                self._file.writelines(msgspec.json.encode(span) + b"\n" for span in spans.take(envelope))


@asynccontextmanager
async def tracing(file: Path | None, correlation_id: str) -> AsyncGenerator[Trace | None]:
    """A trace that is appended to `file`, readable by the user alone; None without one. To be left after the
    sessions ended. Raises InvalidArguments when the file cannot be written."""
    if file is None:
        yield None
        return
    failure: BaseException | None = None
    with _opened(file) as out:
        async with asyncio.TaskGroup() as crew:
            try:
                yield Trace(out, correlation_id, crew)
            except BaseException as error:
                failure = error  # not the group's to wrap, nor a reason to lose the last spans
        if failure is not None:
            raise failure


def _opened(file: Path) -> BinaryIO:
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
    except OSError as error:
        raise InvalidArguments(f"The trace {file} cannot be written ({error.strerror}).") from error
    return os.fdopen(handle, "wb", buffering=0)


def _about(session_id: str, setup: SessionSetup, correlation_id: str) -> dict[str, Any]:
    return {
        "service.name": "realtime-chat",
        "service.version": __version__,
        "gen_ai.provider.name": setup.provider,
        "gen_ai.request.model": setup.model,
        "gen_ai.agent.name": setup.agent,
        "gen_ai.conversation.id": session_id,
        "correlation_id": correlation_id,
    }
