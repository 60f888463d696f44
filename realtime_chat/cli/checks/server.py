"""Whether the provider in force answers, and how fast; no word is said, so nothing is billed."""

from collections.abc import AsyncIterator
from statistics import median
from typing import TYPE_CHECKING

from realtime_chat.cli.checks.finding import Finding, Verdict
from realtime_chat.cli.flags import Flags
from realtime_chat.core.clock import within
from realtime_chat.core.errors import ChatError, ConnectionLost, ProtocolViolation
from realtime_chat.core.messages import Configure, ProviderError, SessionCreated, SessionUpdated
from realtime_chat.core.ports import Clock, Transport

if TYPE_CHECKING:
    from realtime_chat.cli.settings import Settings
    from realtime_chat.core.messages import Incoming
    from realtime_chat.core.options import SessionOptions

#: Configurations sent, one after another; the middle one counts.
ROUNDS = 3


async def server_finding(flags: Flags, settings: "Settings", clock: Clock) -> Finding:
    """Connect as a session would, and configure it. Never raises a ChatError."""
    import os

    from realtime_chat.cli.compose import options
    from realtime_chat.cli.providers.choice import choose, provider

    try:
        choice = choose(flags, settings, os.environ)
        wanted = options(flags, settings, choice, "text")
        async with provider(choice.name, choice.transport).ways(choice, settings, "") as make:
            ready_ms, round_ms = await timed(make(), wanted, clock, settings.limits.connect_s)
    except ChatError as error:
        return Finding("server", Verdict.FAILED, error.message)
    detail = f"{choice.name} ({choice.why}), model {choice.model}: ready after {ready_ms} ms, round trip {round_ms} ms"
    measured = {
        "provider": choice.name,
        "model": choice.model,
        "ready_ms": ready_ms,
        "round_trip_ms": round_ms,
    }
    return Finding("server", Verdict.OK, detail, "", measured)


async def timed(
    transport: Transport, options: "SessionOptions", clock: Clock, limit_s: float
) -> tuple[float, float]:
    """Milliseconds to the open session, and of the way there and back. Raises ChatError. Closes the transport."""
    try:
        return await within(clock, limit_s, _timed(transport, options, clock), "The server's answer")
    finally:
        await transport.close()


async def _timed(transport: Transport, options: "SessionOptions", clock: Clock) -> tuple[float, float]:
    began = clock.monotonic()
    await transport.connect()
    messages = transport.messages()
    await _until(messages, SessionCreated)
    ready = clock.monotonic() - began
    rounds: list[float] = []
    for _ in range(ROUNDS):
        asked = clock.monotonic()
        await transport.send(Configure(options=options))
        await _until(messages, SessionUpdated)
        rounds.append(clock.monotonic() - asked)
    return round(1000 * ready, 1), round(1000 * median(rounds), 1)


async def _until(messages: AsyncIterator["Incoming"], kind: type[SessionCreated | SessionUpdated]) -> None:
    async for message in messages:
        if isinstance(message, kind):
            return
        if isinstance(message, ProviderError):
            raise ProtocolViolation(
                f"The server refuses the session: {message.message} Check model and settings."
            )
    raise ConnectionLost("The server ended the connection before the session began. Try again.", code=1006)
