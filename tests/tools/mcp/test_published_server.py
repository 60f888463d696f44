"""A server that others wrote and published: mcp-server-time, by the makers of the protocol."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from realtime_chat.tools.mcp.foreign import Standing
from realtime_chat.tools.mcp.wire import StdioServer
from tests.tools.mcp.kit import connected

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mcp_server_time") is None, reason="needs mcp-server-time from PyPI"
)
BERLIN = ("-m", "mcp_server_time", "--local-timezone", "Europe/Berlin")


async def test_it_is_listed_called_and_corrected(tmp_path: Path) -> None:
    clock = StdioServer(name="time", command=sys.executable, args=BERLIN)
    async with connected(tmp_path, clock, standings={"time": Standing("run", trusted=True)}) as talk:
        assert talk.found.faults == ()
        assert {one.tool.name for one in talk.found.tools} == {
            "time__get_current_time",
            "time__convert_time",
        }
        noon = {"source_timezone": "Europe/Berlin", "time": "12:00", "target_timezone": "Asia/Kolkata"}
        told = json.loads((await talk.one("time__convert_time", json.dumps(noon))).output)
        assert told["source"]["timezone"] == "Europe/Berlin"
        assert told["target"]["datetime"].endswith("+05:30")
        wrong = await talk.one("time__get_current_time", '{"timezone": "Moon/Tranquility"}')
        assert not wrong.ok
        assert "Moon/Tranquility" in wrong.output
