"""Two hours of talk with everything that goes wrong: nothing is lost, nothing grows. Half a minute in `make soak`.

SOAK_HOURS says how many hours, SOAK_SEED which. The report is `build/soak-report.md`.
"""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from statistics import median

import pytest

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import (
    DURABLE_TYPES,
    TERMINAL,
    ApprovalRequested,
    Envelope,
    LinkState,
    ToolCall,
    ToolResult,
    TurnStarted,
)
from realtime_chat.core.folding import fold
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.tools.base import Surroundings, ToolContext, tool
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.grants import GrantBook
from realtime_chat.tools.permission import Policy
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Runner
from tests.core.hours import Line, Moods, Pace, Sample, Service, Speaker, provider, sample, slope

#: Minutes of virtual time between two samples, and before the first that counts.
EVERY, WARM = 5.0, 20.0
#: What the talk itself may keep of an hour: its history, in words.
KB_AN_HOUR = 6 * 1024


@tool(need="read")
async def quick() -> str:
    """At once."""
    return "done"


@tool(need="read")
async def slow(ctx: ToolContext, seconds: float = 20.0) -> str:
    """Take a while."""
    await ctx.clock.sleep(seconds)
    return "x" * 5000


@tool(need="read")
async def broken() -> str:
    """Fail."""
    raise RuntimeError("no such luck")


@tool(need="write")
async def risky() -> str:
    """Need a word."""
    return "done"


@dataclass
class User:
    """Somebody who talks, types, speaks over answers, allows and denies, and never gives up."""

    talk: Conversation
    session_id: str
    clock: VirtualClock
    dice: random.Random
    did: Counter[str] = field(default_factory=Counter[str])
    heard: int = 0
    last: Envelope | None = None

    async def listen(self) -> None:
        """What is told is counted, and answered where it asks; nothing of it is kept."""
        with self.talk.subscribe(self.session_id) as events:
            async for envelope in events:
                if envelope.type in DURABLE_TYPES:
                    assert self.last is None or envelope.seq == (self.last.seq or 0) + 1
                    self.heard, self.last = self.heard + 1, envelope
                if isinstance(envelope.data, ApprovalRequested):
                    await self._answer(envelope.data.call_id)

    async def _answer(self, call_id: str) -> None:
        verdict = self.dice.choice(["allow", "deny", "nothing"])
        self.did[verdict] += 1
        if verdict != "nothing":
            with suppress(ChatError):
                await self.talk.answer(self.session_id, call_id, "allow" if verdict == "allow" else "deny")

    async def for_minutes(self, minutes: float) -> None:
        until = self.clock.monotonic() + 60 * minutes
        while self.clock.monotonic() < until:
            await self.one_turn()
            await self.clock.sleep(self.dice.uniform(0.5, 10))
        await self.quiet()

    async def one_turn(self) -> None:
        self.did["asked"] += 1
        with suppress(ChatError):
            if self.dice.random() < 0.5:
                await self._speak()
            else:
                await self.talk.send(self.session_id, "What is there to say?")
        patience = self.dice.choice([0.3, 2.0, 60.0, 60.0])
        if not await self.idle_within(patience):
            await self._cut()
        assert await self.idle_within(600), "it hangs"

    async def _cut(self) -> None:
        """Esc, or words over the answer."""
        with suppress(ChatError):
            if self.dice.random() < 0.5:
                self.did["interrupted"] += 1
                await self.talk.interrupt(self.session_id)
            else:
                self.did["spoke over"] += 1
                await self._speak()
        while not await self.idle_within(60):
            with suppress(ChatError):
                self.did["interrupted"] += 1
                await self.talk.interrupt(self.session_id)

    async def _speak(self) -> None:
        await self.talk.append_audio(self.session_id, bytes(pcm_bytes(self.dice.randint(200, 3000))))
        await self.talk.commit_audio(self.session_id)

    async def idle_within(self, seconds: float) -> bool:
        until = self.clock.monotonic() + seconds
        while self.talk.status(self.session_id).turn_id is not None:
            if self.clock.monotonic() >= until:
                return False
            await self.clock.sleep(0.25)
        return True

    async def quiet(self) -> None:
        """No turn, and a connection that is there."""
        until = self.clock.monotonic() + 1200
        while self.talk.status(self.session_id).link is not LinkState.READY:
            assert self.clock.monotonic() < until, "no connection comes"
            with suppress(ChatError):
                await self.talk.set_paused(self.session_id, False)
            await self.clock.sleep(1)
        assert await self.idle_within(600)


@dataclass
class Soak:
    """One session, its user, and what was measured."""

    user: User
    service: Service
    samples: list[Sample] = field(default_factory=list[Sample])

    async def run(self, hours: float, log: Path) -> None:
        for number in range(int(hours * 60 / EVERY)):
            await self.user.for_minutes(EVERY)
            minute, turns = (number + 1) * EVERY, self.user.did["asked"]
            seen = self.service.seen["connections"]
            self.samples.append(sample(minute, log, turns=turns, connections=seen))


async def talked(folder: Path, *, hours: float, seed: int) -> tuple[Soak, list[Envelope]]:
    """So many hours; what was logged of them."""
    dice, clock = random.Random(seed), VirtualClock()
    pace, service = Pace(clock), Service(dice, Moods(dice))
    place = Surroundings(workspace=folder, data_dir=folder / "data", clock=clock)
    book = GrantBook(place.data_dir, folder)
    tools = Registry([quick, slow, broken, risky])
    setup = SessionSetup(
        transport=lambda: Line(service.url, pace),
        options=SessionOptions(turn_detection="none", idle_timeout_s=0, total_timeout_s=0),
        mode="voice",
        sink=Speaker(clock),
        toolbox=Runner(
            tools, place, permissions=Permissions(policy=Policy(mode="ask"), book=book, workspace=folder)
        ),
        attended=True,
    )
    store = SessionStore(folder / "sessions", clock)
    async with provider(service), asyncio.TaskGroup() as group, Supervisor(store, clock) as supervisor:
        time = group.create_task(pace.run())
        talk = Conversation(supervisor)
        session_id = await _begun(talk, setup)
        soak = Soak(User(talk, session_id, clock, dice), service)
        listening = group.create_task(soak.user.listen())
        await soak.run(hours, folder / "sessions" / f"{session_id}.jsonl")
        await talk.close(session_id)
        await listening
        time.cancel()
    return soak, list(store.read(session_id))


async def _begun(talk: Conversation, setup: SessionSetup) -> str:
    """A first connection may be turned away like any other."""
    while True:
        with suppress(ChatError):
            return await talk.start(setup)


def check_log(soak: Soak, logged: list[Envelope]) -> None:
    assert [one.seq for one in logged] == list(range(len(logged)))
    assert soak.user.last == logged[-1]
    assert soak.user.heard >= len(logged) - 5  # the first were there before anybody listened
    begun = Counter(one.data.turn_id for one in logged if isinstance(one.data, TurnStarted))
    assert begun == Counter(one.data.turn_id for one in logged if isinstance(one.data, TERMINAL))
    assert set(begun.values()) == {1}
    calls = Counter(one.data.call_id for one in logged if isinstance(one.data, ToolCall))
    assert calls == Counter(one.data.call_id for one in logged if isinstance(one.data, ToolResult))
    assert set(calls.values()) <= {1}
    history = fold(logged)
    assert len(history.turns) == len(begun)
    assert not history.open_turns
    assert not history.open_calls


def check_flat(samples: list[Sample]) -> None:
    """At a quiet moment there may be a connection that ends just now; in the middle there is none."""
    warm = [one for one in samples if one.minute > WARM]
    third = len(warm) // 3
    for of in ("fds", "threads", "tasks"):
        held = [getattr(one, of) for one in warm]
        assert median(held[-third:]) <= median(held[:third]) + 1, f"{of} grow: {held}"
        assert max(held) - min(held) <= 6, f"{of} pile up: {held}"
    assert slope(warm, "rss_kb") < KB_AN_HOUR, slope(warm, "rss_kb")


def report(soak: Soak, logged: list[Envelope], *, hours: float, seed: int) -> str:
    """As a page."""
    ends = Counter(type(one.data).__name__ for one in logged if isinstance(one.data, TERMINAL))
    warm = [one for one in soak.samples if one.minute > WARM]
    names = [one.name for one in fields(Sample)]
    rows = [[f"{getattr(one, name):,g}" for name in names] for one in soak.samples]
    lines = [
        f"# {hours:g} hours of talk (seed {seed})",
        "",
        f"{len(logged):,} events; turns ended: {_counts(ends)}.",
        f"The user: {_counts(soak.user.did)}.",
        f"The model: {_counts(soak.service.moods.made)}.",
        f"Its connections: {_counts(soak.service.seen)}.",
        "",
        f"Growth per hour after the first {WARM:g} minutes: "
        + ", ".join(
            f"{of} {slope(warm, of):+,.0f}" for of in ("rss_kb", "objects", "fds", "threads", "tasks")
        ),
        "",
        *(f"| {' | '.join(row)} |" for row in [names, ["---:"] * len(names), *rows]),
    ]
    return "\n".join(lines) + "\n"


def keep(text: str) -> None:
    """Where the reader finds it, also when what it says is bad."""
    page = Path("build/soak-report.md").resolve()
    page.parent.mkdir(exist_ok=True)
    page.write_text(text, encoding="utf-8")
    print(f"\nreport: {page}")


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counted.items()))


@pytest.mark.thorough
async def test_minutes_of_talk_with_everything_that_goes_wrong_leave_a_true_log(tmp_path: Path) -> None:
    # C9, C16, P13, P20
    async with asyncio.timeout(50):
        soak, logged = await talked(tmp_path, hours=1 / 6, seed=7)
    check_log(soak, logged)


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_hours_of_talk_lose_nothing_and_let_nothing_grow(tmp_path: Path) -> None:
    hours, seed = float(os.environ.get("SOAK_HOURS", "2")), int(os.environ.get("SOAK_SEED", "1"))
    soak, logged = await talked(tmp_path, hours=hours, seed=seed)
    keep(report(soak, logged, hours=hours, seed=seed))
    check_log(soak, logged)
    check_flat(soak.samples)
