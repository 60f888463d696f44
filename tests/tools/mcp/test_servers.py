"""An ordinary server, written with the `mcp` package, as a child process and behind an address."""

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from realtime_chat.core.clock import settle
from realtime_chat.core.ports import ToolRequest
from tests.tools.kit import call, kind
from tests.tools.mcp.kit import Foreign, connected, on_a_port, ordinary
from tests.waiting import eventually

pytest.importorskip("mcp", reason="the extra realtime-chat[mcp] is not installed")
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=["stdio", "http"], scope="module", loop_scope="module")
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Foreign]:
    os.environ["OPENAI_API_KEY"] = "not-for-servers"
    try:
        async with AsyncExitStack() as stack:
            spec = ordinary() if request.param == "stdio" else await stack.enter_async_context(on_a_port())
            yield await stack.enter_async_context(connected(tmp_path_factory.mktemp("mcp"), spec))
    finally:
        del os.environ["OPENAI_API_KEY"]


@pytest.fixture
def talk(shared: Foreign, tmp_path: Path) -> Foreign:
    return shared.again(tmp_path)


async def test_its_tools_are_told_to_the_model_under_names_that_every_provider_takes(talk: Foreign) -> None:
    schemas = {schema.name: schema for schema in talk.runner.schemas()}
    assert talk.found.faults == ()
    assert all(re.fullmatch(r"test__[A-Za-z0-9_-]{1,58}", name) for name in schemas)
    assert "test__odd_name_of_a_tool" in schemas
    assert schemas["test__add"].description == "Add two numbers."
    assert schemas["test__add"].parameters["required"] == ["a", "b"]


async def test_a_call_reaches_it_and_its_answer_the_model(talk: Foreign) -> None:
    assert (await talk.one("test__add", '{"a": 1, "b": 2}')).output == "3"
    assert (await talk.one("test__odd_name_of_a_tool")).output == "odd"
    assert json.loads((await talk.one("test__weather")).output) == {"sky": "blue", "degrees": 21}


async def test_a_picture_is_told_as_a_line(talk: Foreign) -> None:
    assert (await talk.one("test__picture")).output == "[image, image/png, 12 kB]"


async def test_a_tool_that_fails_is_a_failed_call_and_no_more(talk: Foreign) -> None:
    failed = await talk.one("test__fail")  # M23, X16
    assert (failed.ok, kind(failed)) == (False, "tool_failed")
    wrong = await talk.one("test__add", '{"a": 1, "b": "many"}')
    assert not wrong.ok
    assert "valid integer" in wrong.output
    broken = await talk.one("test__add", "{")
    assert kind(broken) == "invalid_args"
    assert (await talk.one("test__add", '{"a": 2, "b": 2}')).output == "4"


async def test_our_keys_do_not_reach_it_and_its_own_do_not_come_back(talk: Foreign) -> None:
    told = (await talk.one("test__whoami")).output
    assert told == "MCP_TEST_TOKEN=[secret] OPENAI_API_KEY=None"


async def test_calls_run_beside_each_other_and_answer_in_call_order(talk: Foreign) -> None:
    batch = [call(f"c{n}", "test__add", json.dumps({"a": n, "b": n})) for n in range(8)]
    assert [one.output for one in await talk.run(*batch)] == [str(2 * n) for n in range(8)]  # M22


async def test_an_interruption_ends_the_call_and_leaves_the_server(talk: Foreign, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as crew:
        running = crew.create_task(talk.run(ToolRequest(call_id="s", name="test__slow", arguments="")))
        await eventually(lambda: bool(talk.progress))
        assert talk.progress == [("s", "digging")]
        talk.flag.set()
        await settle()
        await talk.clock.advance(1)
    (outcome,) = running.result()
    assert kind(outcome) == "aborted"
    assert (await talk.again(tmp_path).one("test__add", '{"a": 1, "b": 1}')).output == "2"


async def test_a_server_that_dies_in_a_call_is_there_again_for_the_next(tmp_path: Path) -> None:
    async with connected(tmp_path, ordinary()) as talk:
        lost = await talk.one("test__end")
        assert kind(lost) == "mcp_unavailable"
        assert lost.error is not None
        assert lost.error.recoverable
        assert (await talk.one("test__add", '{"a": 1, "b": 1}')).output == "2"
