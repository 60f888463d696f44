"""`doctor` as a user or a CI runs it: one line a check, one value, an exit code; and what it says of a server."""

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from realtime_chat.cli.checks.server import timed
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import ChatError, ConnectionLost, ProtocolViolation, TimedOut
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from tests.cli.program import program
from tests.core.transports.peer import refusing_server, websocket_server, wire

KEY = "sk-canary-90fe"


async def doctor(home: Path, url: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and the checks by name."""
    done = await program(home, "doctor", "--json", "--url", url, key=KEY)
    found = json.loads(done.out)
    assert found["schema"] == "realtime-chat/doctor/1"
    assert found["ok"] == (done.code == 0)
    return done.code, {check["name"]: check for check in found["checks"]}


async def test_on_a_new_machine_nothing_fails_and_every_check_is_one_line(tmp_path: Path) -> None:
    done = await program(tmp_path, "doctor")
    *checks, last = done.out.decode().splitlines()
    assert done.code == 0, done.out.decode()
    assert all(line.startswith(("ok     ", "note   ")) for line in checks)
    assert last.startswith("Nothing ")
    (server,) = [line for line in checks if " server: local" in line]
    assert "round trip" in server
    assert done.told == []


async def test_a_broken_settings_file_fails_and_the_rest_is_checked(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[audoi]\n", encoding="utf-8")
    done = await program(tmp_path, "doctor", "--config", str(config))
    told = done.out.decode()
    assert done.code == 1
    assert "FAILED settings: Unknown setting audoi" in told
    assert "ok     data folder" in told
    assert "1 check failed" in told


async def test_a_refused_key_fails(tmp_path: Path) -> None:
    async with refusing_server(401) as (url, _):
        code, checks = await doctor(tmp_path, url)
    assert code == 1
    assert checks["server"]["verdict"] == "failed"
    assert "OPENAI_API_KEY" in checks["server"]["detail"]


async def obliges(socket: ServerConnection) -> None:
    await socket.send(wire("session.created", session={}).decode())
    async for frame in socket:
        assert json.loads(frame)["type"] == "session.update"  # nothing that costs
        await socket.send(wire("session.updated", session={}).decode())


async def test_a_server_that_answers_is_timed_without_a_word(tmp_path: Path) -> None:
    async with websocket_server(obliges) as url:
        code, checks = await doctor(tmp_path, url)
    assert code == 0
    measured = checks["server"]["measured"]
    assert measured["provider"] == "openai"
    assert measured["ready_ms"] > 0
    assert measured["round_trip_ms"] > 0


async def refuses_the_model(socket: ServerConnection) -> None:
    await socket.send(wire("session.created", session={}).decode())
    await socket.recv()
    await socket.send(wire("error", error={"code": "bad", "message": "No such voice."}).decode())
    await socket.wait_closed()


async def falls_silent(socket: ServerConnection) -> None:
    await socket.wait_closed()


async def hangs_up(socket: ServerConnection) -> None:
    await socket.close(1011, "go away")


@pytest.mark.parametrize(
    ("server", "kind", "words"),
    [
        (refuses_the_model, ProtocolViolation, "No such voice"),
        (falls_silent, TimedOut, "took longer"),
        (hangs_up, ConnectionLost, "go away"),
    ],
)
async def test_a_server_that_opens_no_session_is_told_why(
    server: Any, kind: type[ChatError], words: str
) -> None:
    async with websocket_server(server) as url:
        transport = openai_transport(OpenAIEndpoint(model="m", base_url=url))
        with pytest.raises(kind, match=words):
            await timed(transport, SessionOptions(), SystemClock(), 0.3)
    assert transport.is_closed
