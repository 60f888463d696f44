"""MCP servers from the settings, through the program as it is run."""

import json
import sys
from pathlib import Path

import pytest

from realtime_chat.cli.mcp_servers import mcp_servers
from realtime_chat.cli.settings_tables import McpSettings
from tests.cli.program import program, value
from tests.tools.mcp.kit import FOLDER, TOKEN

pytest.importorskip("mcp", reason="the extra realtime-chat[mcp] is not installed")


def configured(home: Path, *tables: str) -> str:
    file = home / "settings.toml"
    file.write_text("\n".join(("[mcp]", "wait_s = 30", *tables)), encoding="utf-8")
    return str(file)


def server(name: str, *arguments: str, more: str = "") -> str:
    return f"[mcp.servers.{name}]\ncommand = '{sys.executable}'\nargs = {json.dumps(arguments)}\n{more}\n"


ORDINARY = server("test", str(FOLDER / "server.py"), more=f'env = {{ MCP_TEST_TOKEN = "{TOKEN}" }}')
DEAD = server("dead", str(FOLDER / "rogue.py"), "dies")


async def test_a_tool_of_a_server_can_be_tried_by_hand(tmp_path: Path) -> None:
    config = configured(tmp_path, ORDINARY)
    call = ("tools", "call", "--config", config, "--json")
    assert (
        value(await program(tmp_path, *call, "test__add", "--args", '{"a": 20, "b": 22}'))["output"] == "42"
    )
    told = value(await program(tmp_path, *call, "test__whoami"))["output"]
    assert told == "MCP_TEST_TOKEN=[secret] OPENAI_API_KEY=None"


async def test_tools_of_servers_are_listed_with_what_they_need_and_where_they_come_from(
    tmp_path: Path,
) -> None:
    run = await program(tmp_path, "tools", "list", "--json", "--config", configured(tmp_path, ORDINARY, DEAD))
    found = {one["name"]: one for one in value(run)["tools"]}
    assert (found["test__add"]["need"], found["test__add"]["source"]) == ("run", "mcp:test")
    assert found["current_time"]["source"] == "built-in"
    assert run.told == [
        "warning: The MCP server dead is not used: it ended with code 7: cannot find my head; my key is None."
    ]


async def test_a_talk_goes_on_without_a_server_that_is_not_there(tmp_path: Path) -> None:
    config = configured(tmp_path, DEAD, '[mcp.servers.none]\ncommand = "no-such-program"')
    run = await program(tmp_path, "text", "what is two plus two", "--config", config)
    assert run.code == 0
    assert b"four" in run.out.lower() or b"4" in run.out
    assert "warning: The MCP server none is not used: there is no program 'no-such-program'." in run.told
    assert any(line.startswith("warning: The MCP server dead is not used") for line in run.told)


async def test_without_tools_no_server_is_started(tmp_path: Path) -> None:
    run = await program(tmp_path, "text", "hello", "--no-tools", "--config", configured(tmp_path, DEAD))
    assert run.code == 0
    assert not any("MCP" in line for line in run.told)


async def test_variables_are_filled_in_and_a_missing_one_costs_its_server(tmp_path: Path) -> None:
    settings = McpSettings.model_validate(
        {
            "servers": {
                "a": {"url": "http://127.0.0.1:1/mcp", "headers": {"Authorization": "Bearer ${KEY}"}},
                "b": {"command": "x", "env": {"KEY": "${MISSING}"}},
                "c": {"command": "x", "enabled": False},
            }
        }
    )
    async with mcp_servers(settings, {"KEY": TOKEN}, tmp_path) as servers:
        assert servers.faults == ("The MCP server b is not used: the variable MISSING is not set.",)
        assert list(servers.standings) == ["a"]
        assert servers.standings["a"].need == "network"
        assert TOKEN not in repr(servers)


async def test_the_settings_are_shown_without_the_keys(tmp_path: Path) -> None:
    home = f'[mcp.servers.house]\nurl = "http://127.0.0.1:1"\nheaders = {{ Authorization = "{TOKEN}" }}'
    run = await program(tmp_path, "config", "show", "--config", configured(tmp_path, ORDINARY, home))
    assert set(json.loads(run.out)["mcp"]["servers"]) == {"test", "house"}
    assert TOKEN.encode() not in run.out


async def test_without_the_extra_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    settings = McpSettings.model_validate({"servers": {"a": {"command": "x"}, "b": {"command": "y"}}})
    async with mcp_servers(settings, {}, tmp_path) as servers:
        (fault,) = (await servers.tools(())).faults
        assert fault.endswith("pip install 'realtime-chat[mcp]'.")


@pytest.mark.parametrize("table", ["", 'command = "x"\nurl = "http://x"', 'commnd = "x"'])
async def test_a_server_that_is_described_wrongly_is_told_before_anything_starts(
    tmp_path: Path, table: str
) -> None:
    run = await program(
        tmp_path, "tools", "list", "--config", configured(tmp_path, f"[mcp.servers.a]\n{table}")
    )
    assert run.code == 2
    (line,) = run.told
    assert "mcp.servers.a" in line
    assert "command" in line
