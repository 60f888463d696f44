"""What the tool tests share: a flag to set, and a batch to run on virtual time."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.commands import Verdict
from realtime_chat.core.events import PermissionDecided
from realtime_chat.core.ports import ApprovalQuestion, Gate, Ruling, Toolbox, ToolOutcome, ToolRequest
from realtime_chat.tools.base import Surroundings, Tool, ToolContext, tool
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.grants import GrantBook
from realtime_chat.tools.hooks import Hooks
from realtime_chat.tools.permission import Policy
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Limits, Runner
from realtime_chat.tools.standard import standard_toolbox
from tests.waiting import eventually


class Flag:
    """A CancelFlag that a test sets."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> None:
        await self._event.wait()


class Human:
    """A gate with somebody behind it, who answers when the test does."""

    def __init__(self) -> None:
        self.questions: list[ApprovalQuestion] = []
        self.told: list[PermissionDecided] = []
        self._words: dict[str, asyncio.Future[Ruling]] = {}

    async def ask(self, question: ApprovalQuestion) -> Ruling:
        self.questions.append(question)
        word = self._words[question.call_id] = asyncio.get_running_loop().create_future()
        return await word

    def decided(self, decision: PermissionDecided) -> None:
        self.told.append(decision)

    async def says(self, verdict: Verdict, call_id: str) -> None:
        """Wait for the question about this call, and answer it."""
        await eventually(lambda: call_id in self._words)
        self._words[call_id].set_result(Ruling(verdict=verdict, by="user"))


class Bench:
    """A runner over `tools`, its clock, flag, and everything it told."""

    def __init__(
        self,
        folder: Path,
        *tools: Tool,
        limits: Limits | None = None,
        policy: Policy | None = None,
        gate: Gate | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.flag = Flag()
        self.ended: list[ToolOutcome] = []
        self.progress: list[tuple[str, str]] = []
        place = Surroundings(workspace=folder / "work", data_dir=folder / "data", clock=self.clock)
        self.gate = gate
        permissions = Permissions(
            policy=policy or Policy(),
            book=GrantBook(place.data_dir, place.workspace),
            workspace=place.workspace,
        )
        self.runner = Runner(Registry(tools), place, limits=limits, permissions=permissions, hooks=hooks)

    async def run(self, *calls: ToolRequest) -> list[ToolOutcome]:
        async with asyncio.timeout(5):
            toolbox: Toolbox = self.runner
            return list(await toolbox.run(calls, self.flag, self.ended.append, self._on_progress, self.gate))

    async def one(self, name: str, arguments: str = "") -> ToolOutcome:
        (outcome,) = await self.run(call("only", name, arguments))
        return outcome

    def _on_progress(self, call_id: str, text: str) -> None:
        self.progress.append((call_id, text))


def call(call_id: str, name: str, arguments: str = "") -> ToolRequest:
    return ToolRequest(call_id=call_id, name=name, arguments=arguments)


def ids(outcomes: list[ToolOutcome]) -> list[str]:
    return [outcome.call_id for outcome in outcomes]


def kind(outcome: ToolOutcome) -> str | None:
    return outcome.error.kind if outcome.error else None


def sleeper() -> Tool:
    @tool
    async def wait(seconds: float, ctx: ToolContext) -> str:
        """Wait so long."""
        await ctx.clock.sleep(seconds)
        return f"waited {seconds:g}"

    return wait


class House:
    """The standard toolbox in a folder of its own; `use` answers with what the model would read."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "work"
        self.data = folder / "data"
        self.workspace.mkdir()
        self.clock = VirtualClock()

    async def outcome(self, name: str, **arguments: Any) -> ToolOutcome:
        toolbox: Toolbox = standard_toolbox(workspace=self.workspace, data_dir=self.data, clock=self.clock)
        request = call("c", name, json.dumps(arguments))
        async with asyncio.timeout(5):
            (outcome,) = await toolbox.run([request], Flag(), lambda _: None, lambda _, __: None)
        return outcome

    async def use(self, name: str, **arguments: Any) -> dict[str, Any]:
        outcome = await self.outcome(name, **arguments)
        assert outcome.ok, outcome.output
        return json.loads(outcome.output)

    async def refusal(self, name: str, **arguments: Any) -> str:
        outcome = await self.outcome(name, **arguments)
        assert not outcome.ok
        message = json.loads(outcome.output)["error"]
        assert "\n" not in message
        return message


class CountingClock(VirtualClock):
    """A virtual clock that can be moved step by step with a loop that works in threads between its sleeps."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        super().__init__(start)
        self._asked = 0

    async def sleep(self, seconds: float) -> None:
        self._asked += 1
        await super().sleep(seconds)

    async def step(self, seconds: float) -> None:
        """Move on by one sleep of that loop, and wait until it sleeps again."""
        before = self._asked
        await self.advance(seconds)
        await eventually(lambda: self._asked > before)

    async def first_sleep(self) -> None:
        """Wait until the loop sleeps for the first time."""
        await eventually(lambda: self._asked > 0)
