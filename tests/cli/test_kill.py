"""kill -9 at any moment of a whole conversation: what was told is on disk, and the session goes on."""

import asyncio
import json
import random
import signal
from pathlib import Path

import pytest

from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.local.child import Endpoint
from tests.cli.program import started

QUESTIONS = b"what is two plus two\nwhat can you do\n" * 10
RUNS = 6


async def killed(home: Path, server: Endpoint, lines: int) -> list[int]:
    """Talk, die after so many events were told; the numbers of the durable ones that were."""
    arguments = ("text", "--plain", "--events", "-q", "--url", server.url)
    async with started(home, *arguments, key=server.token) as talk, asyncio.timeout(30):
        assert talk.stdin is not None
        assert talk.stdout is not None
        talk.stdin.write(QUESTIONS)
        told = [await talk.stdout.readline() for _ in range(lines)]
        talk.send_signal(signal.SIGKILL)
        told += (await talk.stdout.read()).splitlines(keepends=True)
    events = [json.loads(line) for line in told if line.endswith(b"\n")]
    return [event["seq"] for event in events if event["seq"] is not None]


async def resumed(sessions: SessionStore, session_id: str, server: Endpoint) -> list[int | None]:
    """Take the session up again; the numbers in its log afterwards."""
    endpoint = OpenAIEndpoint(model="local-commands", base_url=server.url, api_key=lambda: server.token)
    async with Supervisor(sessions, SystemClock()) as supervisor:
        conversation = Conversation(supervisor)
        setup = SessionSetup(
            transport=lambda: openai_transport(endpoint), options=SessionOptions(turn_detection="none")
        )
        assert await conversation.start(setup, session_id) == session_id
        history = conversation.history(session_id)
        assert history.open_calls == []
        assert history.open_turns == []
        await conversation.close(session_id)
    return [envelope.seq for envelope in sessions.read(session_id)]


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(5))
async def test_a_killed_talk_has_lost_nothing_that_it_told_and_resumes(
    tmp_path: Path, embedded: Endpoint, part: int
) -> None:
    chance = random.Random(part)
    sessions = SessionStore(tmp_path / "data" / "sessions", SystemClock())
    for _ in range(RUNS):
        known = set(sessions.ids())
        told = await killed(tmp_path, embedded, chance.randint(1, 120))
        assert told == list(range(len(told)))  # P12, C16
        (session_id,) = set(sessions.ids()) - known
        on_disk = [envelope.seq for envelope in sessions.read(session_id)]
        assert on_disk[: len(told)] == told  # P13
        after = await resumed(sessions, session_id, embedded)
        assert after == list(range(len(after)))
        assert len(after) > len(on_disk)
