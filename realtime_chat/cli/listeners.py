"""`[hooks]` that are told of the talk and decide nothing, by one more listener of the bus (X19).

They get the event as JSON on stdin, as `--events` shows it. What they answer or print counts nothing, and one that
fails or takes too long is left; the talk never waits for them, its end at most as long as their time allows.
"""

import asyncio
import logging
import tempfile
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from realtime_chat.cli.permissions import commands
from realtime_chat.cli.settings_tables import HookSettings
from realtime_chat.core import envelope_codec
from realtime_chat.core.bus import Bus, Subscription
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import (
    TERMINAL,
    ApprovalRequested,
    Envelope,
    SessionClosed,
    SessionResumed,
    SessionStarted,
    UserMessage,
    UserTranscript,
)
from realtime_chat.tools.hooks import Command
from realtime_chat.tools.program import execute

#: How a run of a session begins.
BEGINNINGS = frozenset({SessionStarted.type, SessionResumed.type})
#: Which hook is told of an event.
_HOOKS = {
    **dict.fromkeys(BEGINNINGS, "session_start"),
    SessionClosed.type: "session_end",
    UserMessage.type: "user_prompt_submit",
    UserTranscript.type: "user_prompt_submit",
    **dict.fromkeys([one.type for one in TERMINAL], "stop"),
    ApprovalRequested.type: "notification",
}

_log = logging.getLogger(__name__)


class _Never:
    """A flag that nobody sets: a listener ends by itself or by its time."""

    cancelled = False

    async def wait(self) -> None:
        await asyncio.Event().wait()


class Listeners:
    """Told one after another, in the order of the events."""

    def __init__(self, settings: HookSettings, workspace: Path, crew: asyncio.TaskGroup) -> None:
        wanted = {
            "session_start": settings.session_start,
            "session_end": settings.session_end,
            "user_prompt_submit": settings.user_prompt_submit,
            "stop": settings.stop,
            "notification": settings.notification,
        }
        self._commands = {hook: commands(hook, lines) for hook, lines in wanted.items()}
        self._timeout_s = settings.timeout_s
        self._workspace = workspace
        self._crew = crew

    def follow(self, bus: Bus, session_id: str, begun: Iterable[Envelope] = ()) -> None:
        """From now on until the session's end; `begun`: what came before, and is still to be told."""
        events = bus.subscribe(
            session_id, only=[kind for kind, hook in _HOOKS.items() if self._commands[hook]]
        )
        self._crew.create_task(self._listen(list(begun), events), name="listeners")

    async def _listen(self, begun: list[Envelope], events: Subscription) -> None:
        with events:
            for envelope in begun:
                await self._hear(envelope)
            async for envelope in events:
                await self._hear(envelope)

    async def _hear(self, envelope: Envelope) -> None:
        data, hook = envelope.data, _HOOKS[envelope.type]
        if isinstance(data, UserMessage | UserTranscript) and not data.text:
            return  # what was said comes with its words later, or was not understood
        for command in self._commands[hook]:
            await self._tell(command, hook, envelope)

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
