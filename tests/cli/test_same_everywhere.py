"""Tools behave the same with every model and behind every face: what differs is only how it is shown."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from realtime_chat.cli.compose import Composition
from realtime_chat.cli.headless import one_turn, typed
from realtime_chat.cli.present import JsonPresenter, PlainPresenter
from realtime_chat.cli.providers.choice import ProviderChoice
from realtime_chat.cli.sound import Sound
from realtime_chat.cli.tui.app import ChatApp
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.history import AssistantEntry, History, ToolEntry
from realtime_chat.core.messages import CreateItem, CreateResponse, Incoming
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Transport
from realtime_chat.core.prices import PriceList
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.core.transports.scripted import ScriptedTransport, expect
from realtime_chat.local.child import Endpoint
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.grants import GrantBook
from realtime_chat.tools.permission import Policy, read_rule
from realtime_chat.tools.standard import standard_toolbox
from tests.cli.tui.stage import BANNER, OPENING, answered, asked, called


@dataclass(frozen=True)
class Case:
    """What is asked, the call that a model makes of it, and what it says in the end."""

    text: str
    name: str
    arguments: dict[str, str]
    said: str
    error: str | None = None


CASES = {
    "a call that runs": Case(
        "what is twelve times seven", "calculate", {"expression": "12*7"}, "12 times 7 is 84."
    ),
    "a call that fails": Case(
        "what is two divided by zero",
        "calculate",
        {"expression": "2/0"},
        "I could not calculate that: Nothing can be divided by zero.",
        "invalid_args",
    ),
    "a way out of the workspace": Case(
        "read the file /etc/passwd",
        "read_file",
        {"path": "/etc/passwd"},
        "I could not read the file: That is outside the workspace; use a path below it.",
        "invalid_args",
    ),
    "a call that a rule denies": Case(
        "what time is it",
        "current_time",
        {},
        "I could not look up the time: current_time was not allowed. The rule current_time denies it.",
        "permission_denied",
    ),
}


class Facts(NamedTuple):
    """What the log holds of a turn."""

    name: str
    arguments: dict[str, str]
    output: str
    error: str | None
    said: str
    status: str


def facts(history: History) -> Facts:
    (call,) = [one for one in history.items if isinstance(one, ToolEntry)]
    (answer,) = [one for one in history.items if isinstance(one, AssistantEntry)]
    error = call.error.kind if call.error is not None else None
    return Facts(
        call.name,
        json.loads(call.arguments or "{}"),
        call.output,
        error,
        answer.text,
        history.turns[-1].status,
    )


def scripted(case: Case) -> Transport:
    """A model that does what the embedded one does."""
    after: list[Incoming] = answered(case.said, 2)
    return ScriptedTransport(
        [
            *OPENING,
            *asked(*called(case.name, json.dumps(case.arguments))),
            *expect(CreateItem),
            *expect(CreateResponse, *after),
        ]
    )


async def on_screen(conversation: Conversation, setup: SessionSetup, case: Case) -> None:
    session_id = await conversation.start(setup)
    app = ChatApp(conversation, session_id, mode="text", banner=BANNER)
    async with app.run_test(size=(160, 40)) as pilot:
        app.query_one("#draft").value = case.text  # pyright: ignore[reportAttributeAccessIssue]
        await pilot.press("enter")
        transcript = app.query_one(Transcript)

        def shown() -> str:
            return "\n".join(transcript.render_line(y).text for y in range(transcript.size.height))

        while case.said not in shown() or conversation.status(session_id).turn_id is not None:
            await pilot.pause()
        assert case.name in shown()


async def without(
    conversation: Conversation, setup: SessionSetup, case: Case, folder: Path, *, as_json: bool
) -> None:
    presenter = JsonPresenter(PriceList()) if as_json else PlainPresenter(quiet=False)
    choice = ProviderChoice(name="local", why="", model="m")
    composition = Composition(conversation, setup, choice, None, Sound(), folder)
    assert await one_turn(composition, typed(case.text), presenter, await_idle_s=5) == 0


@pytest.mark.parametrize("face", ["screen", "plain", "json"])
@pytest.mark.parametrize("model", ["embedded", "scripted"])
@pytest.mark.parametrize("name", CASES)
async def test_a_call_is_the_same_with_every_model_and_behind_every_face(
    name: str, model: str, face: str, tmp_path: Path, embedded: Endpoint, capsys: pytest.CaptureFixture[str]
):
    case, clock = CASES[name], SystemClock()
    local = OpenAIEndpoint(model="m", base_url=embedded.url, api_key=lambda: embedded.token)
    transport: Callable[[], Transport] = lambda: scripted(case)  # noqa: E731
    policy = Policy(mode="ask", deny=(read_rule("current_time"),))
    permissions = Permissions(policy=policy, book=GrantBook(tmp_path / "data", tmp_path), workspace=tmp_path)
    setup = SessionSetup(
        transport=transport if model == "scripted" else lambda: openai_transport(local),
        options=SessionOptions(turn_detection="none", modalities=("text",)),
        attended=face == "screen",
        toolbox=standard_toolbox(
            workspace=tmp_path, data_dir=tmp_path / "data", clock=clock, permissions=permissions
        ),
    )
    store = SessionStore(tmp_path / "sessions", clock)
    async with asyncio.timeout(20), Supervisor(store, clock) as supervisor:
        conversation = Conversation(supervisor)
        if face == "screen":
            await on_screen(conversation, setup, case)
        else:
            await without(conversation, setup, case, tmp_path, as_json=face == "json")
        (session_id,) = store.ids()
        found = facts(conversation.history(session_id))
    told = case.said.split(": ", 1)[-1]
    assert found._replace(output="") == Facts(
        case.name, case.arguments, "", case.error, case.said, "completed"
    )
    assert ("84" if case.error is None else told) in found.output
    if face == "json":
        value = json.loads(capsys.readouterr().out)
        assert (value["text"], value["tool_calls"][0]["ok"]) == (case.said, case.error is None)
    if face == "plain":
        out, err = capsys.readouterr()
        assert out == f"{case.said}\n"
        assert f"tool: {case.name}" in err
