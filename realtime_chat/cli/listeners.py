"""`[hooks] stop` and `notification`: programs that are told of the talk, by one more listener of the bus (X19).

They get the event as JSON on stdin, as `--events` shows it. What they answer or print counts nothing, and one that
fails or takes too long is left; the talk never waits for them, its end at most as long as their time allows.
"""

import asyncio
import logging
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from realtime_chat.cli.permissions import commands
from realtime_chat.cli.settings import HookSettings
from realtime_chat.core import envelope_codec
from realtime_chat.core.bus import Bus, Subscription
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import TERMINAL, ApprovalRequested, Envelope
from realtime_chat.tools.hooks import Command
from realtime_chat.tools.program import execute

_STOP = frozenset(one.type for one in TERMINAL)
_NOTIFICATION = frozenset({ApprovalRequested.type})

_log = logging.getLogger(__name__)


class _Never:
    """A flag that nobody sets: a listener ends by itself or by its time."""

    cancelled = False

    async def wait(self) -> None:
        await asyncio.Event().wait()


class Listeners:
    """Told one after another, in the order of the events."""

    def __init__(self, settings: HookSettings, workspace: Path, crew: asyncio.TaskGroup) -> None:
        self._stop = commands("stop", settings.stop)
        self._notification = commands("notification", settings.notification)
        self._timeout_s = settings.timeout_s
        self._workspace = workspace
        self._crew = crew

    def follow(self, bus: Bus, session_id: str) -> None:
        """From now on until the session's end."""
        events = bus.subscribe(session_id, only=_STOP | _NOTIFICATION)
        self._crew.create_task(self._listen(events), name="listeners")

    async def _listen(self, events: Subscription) -> None:
        with events:
            async for envelope in events:
                stop = envelope.type in _STOP
                for command in self._stop if stop else self._notification:
                    await self._tell(command, "stop" if stop else "notification", envelope)

    async def _tell(self, command: Command, hook: str, envelope: Envelope) -> None:
        told = {"hook": hook, **msgspec.json.decode(envelope_codec.encode(envelope))}
        try:
            with tempfile.TemporaryFile() as stdin:
                stdin.write(msgspec.json.encode(told))
                stdin.seek(0)
                await execute(
                    list(command),
                    self._workspace,
                    clock=SystemClock(),
                    cancel=_Never(),
                    timeout_s=self._timeout_s,
                    stdin=stdin,
                )
        except (ChatError, OSError) as error:
            _log.warning("A %s hook failed: %s", hook, error)


@asynccontextmanager
async def listening(settings: HookSettings, workspace: Path) -> AsyncGenerator[Listeners]:
    """The listeners of the settings. To be left after the sessions ended. Raises ConfigError."""
    failure: BaseException | None = None
    async with asyncio.TaskGroup() as crew:
        try:
            yield Listeners(settings, workspace, crew)
        except BaseException as error:
            failure = error  # not the group's to wrap, nor a reason to leave the last one untold
    if failure is not None:
        raise failure
