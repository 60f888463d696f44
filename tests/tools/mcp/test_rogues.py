"""Servers that misbehave: each costs its own tools at most, never the talk, and never another server's."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from realtime_chat.tools.mcp.foreign import Standing, foreign_tools
from realtime_chat.tools.mcp.wire import HttpServer
from tests.tools.kit import kind
from tests.tools.mcp.kit import ENOUGH_S, Foreign, connected, on_a_port, rogue

pytest.importorskip("mcp", reason="the extra realtime-chat[mcp] is not installed")
pytestmark = pytest.mark.asyncio(loop_scope="module")

THERE = (
    *("good", "rubbish", "noisy", "twice", "big-schema", "lies", "mixed", "fails", "huge", "monster"),
    *("nonsense", "dies-in-call", "floods"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Foreign]:
    servers = [rogue(how) for how in THERE]
    servers += [rogue("hangs-in-call", timeout_s=0.2), rogue("dies"), rogue("endless-line")]
    standings = {server.name: Standing("run") for server in servers}
    async with connected(
        tmp_path_factory.mktemp("mcp"), *servers, rogue("many"), rogue("heavy"), standings=standings
    ) as talk:
        yield talk


@pytest.fixture
def talk(shared: Foreign, tmp_path: Path) -> Foreign:
    return shared.again(tmp_path)


def faults(talk: Foreign, about: str) -> list[str]:
    return [fault for fault in talk.found.faults if re.search(rf"server {about}\b", fault)]


async def found_again(
    talk: Foreign, *servers: str, trusted: bool = False, taken: tuple[str, ...] = ()
) -> Foreign:
    """The tools of some of the servers that are there already, under other conditions."""
    standings = {server: Standing("run", trusted=trusted) for server in servers}
    found = await foreign_tools(talk.link, standings, taken=taken, within_s=ENOUGH_S)
    return Foreign(talk.folder, talk.link, found)


@pytest.mark.parametrize("how", ["rubbish", "noisy", "twice", "big-schema", "good"])
async def test_greetings_noise_and_doubles_do_no_harm(talk: Foreign, how: str) -> None:
    assert (await talk.ping(how)).output == "pong"


async def test_a_server_that_dies_at_its_start_is_told_in_one_line_with_its_last_words(talk: Foreign) -> None:
    (fault,) = faults(talk, "dies")
    assert (
        fault
        == "The MCP server dies is not used: it ended with code 7: cannot find my head; my key is [secret]."
    )
    assert kind(await talk.ping("dies")) == "unknown_tool"


async def test_a_line_without_end_is_not_read_to_its_end(talk: Foreign) -> None:
    (fault,) = faults(talk, "endless-line")
    assert "more than 16 MB" in fault


async def test_a_schema_that_is_too_big_costs_its_tool(talk: Foreign) -> None:
    assert faults(talk, "big-schema") == [
        "Of the 2 tools of the MCP server big-schema, 1 are used: the others are too many or too big."
    ]


async def test_a_huge_answer_is_cut_and_says_so(talk: Foreign) -> None:
    outcome = await talk.ping("huge")
    assert outcome.ok
    assert len(outcome.output.encode()) <= 16_000
    assert "[cut: the whole is 2000000 bytes" in outcome.output


async def test_a_message_beyond_all_measure_ends_the_connection_and_the_next_call_has_another(
    talk: Foreign,
) -> None:
    for _ in range(2):
        outcome = await talk.ping("monster")
        assert kind(outcome) == "mcp_unavailable"
        assert "more than 16 MB" in outcome.output


async def test_every_kind_of_content_becomes_text(talk: Foreign) -> None:
    assert (await talk.ping("mixed")).output.splitlines() == [
        "one",
        "[link to a, text/plain: file:///a]",
        "[resource file:///b]",
        "inside b",
        "[resource file:///c, x/y, 3 bytes]",
        "[audio, audio/wav, 3 bytes]",
        '{"answer": 42}',
    ]


async def test_an_error_result_is_a_failed_call_with_its_words(talk: Foreign) -> None:
    outcome = await talk.ping("fails")  # X16
    assert (outcome.ok, outcome.output) == (False, '{"error": "the moon is in the way"}')


async def test_an_answer_that_is_no_result_is_a_failed_call(talk: Foreign) -> None:
    assert kind(await talk.ping("nonsense")) == "mcp_unavailable"


async def test_a_call_without_an_answer_ends_at_its_servers_deadline(talk: Foreign) -> None:
    outcome = await talk.ping("hangs-in-call")
    assert kind(outcome) == "timeout"
    assert "did not answer within 0.2 s" in outcome.output


async def test_a_server_that_dies_in_each_call_is_started_for_each(talk: Foreign) -> None:
    for _ in range(2):
        outcome = await talk.ping("dies-in-call")
        assert kind(outcome) == "mcp_unavailable"
        assert "out of breath" in outcome.output


async def test_who_floods_waits_and_the_others_do_not(talk: Foreign) -> None:
    async with asyncio.TaskGroup() as crew:
        flooded = crew.create_task(talk.again(Path()).ping("floods"))
        assert (await talk.ping("good")).output == "pong"
        assert not flooded.done()
        flooded.cancel()


async def test_a_servers_word_that_it_only_reads_counts_when_it_is_trusted(talk: Foreign) -> None:
    trusted = await found_again(talk, "lies", "good", trusted=True)
    assert [one.tool.need for one in trusted.found.tools] == ["read", "run"]


async def test_a_strangers_word_that_it_only_reads_does_not_spare_the_question(talk: Foreign) -> None:
    (liar,) = [one.tool for one in talk.found.tools if one.server == "lies"]
    assert liar.need == "run"


async def test_tools_that_say_nothing_run_one_by_one_and_before_the_others(talk: Foreign) -> None:
    by_name = {one.tool.name: one.tool for one in talk.found.tools}
    assert by_name["good__ping"].mutating  # X14: undeclared is serial
    assert not by_name["lies__ping"].mutating


async def test_tools_beyond_what_providers_take_are_left_out_and_told(talk: Foreign) -> None:
    crowd = await found_again(talk, "many", "good")
    assert len(crowd.found.tools) == 90
    assert crowd.found.faults == (
        "Of the 300 tools of the MCP server many, 90 are used: the others are too many or too big.",
        "Of the 1 tools of the MCP server good, 0 are used: the others are too many or too big.",
    )


async def test_tools_that_would_fill_every_turn_are_left_out_and_told(talk: Foreign) -> None:
    crowd = await found_again(talk, "heavy", "good")
    assert [one.server for one in crowd.found.tools] == ["heavy"] * 13 + ["good"]
    (fault,) = crowd.found.faults
    assert fault.startswith("Of the 20 tools of the MCP server heavy, 13 are used")


async def test_a_name_that_is_taken_is_somebody_elses(talk: Foreign) -> None:
    other = await found_again(talk, "good", taken=("good__ping",))
    (one,) = other.found.tools
    assert one.tool.name.startswith("good__ping_")
    assert (await other.one(one.tool.name)).output == "pong"


async def test_a_server_that_hangs_is_left_out_and_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with connected(tmp_path, rogue("hangs"), rogue("good"), within_s=0) as begun:
        talk = await begun.once_there("good", but=("hangs",))
        assert (await talk.ping("good")).output == "pong"
        (fault,) = talk.found.faults
        assert fault.startswith("The MCP server hangs was not ready within 0 s")


async def test_a_server_that_refuses_us_is_told_without_its_key(tmp_path: Path) -> None:
    wrong = "a-key-that-is-wrong-but-secret"
    async with on_a_port(token=wrong) as address:
        nobody = HttpServer(name="nobody", url="http://127.0.0.1:1/mcp?key=another-secret-key")
        async with connected(tmp_path, address, nobody) as talk:
            assert talk.found.faults == (
                "The MCP server test is not used: it answered with HTTP status 401.",
                "The MCP server nobody is not used: All connection attempts failed.",
            )
            assert wrong not in repr(talk.found) + repr(address)
