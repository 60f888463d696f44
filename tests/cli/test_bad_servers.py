"""A server that refuses, hangs up or talks nonsense is one line, the right code, and nothing lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.cli.program import logs, program
from tests.core.transports.peer import refusing_server, websocket_server, wire

KEY = "sk-canary-55aa"


async def talked(home: Path, url: str, *arguments: str) -> tuple[int, str, list[str]]:
    """Exit code, stdout, and the lines of stderr."""
    run = await program(home, *arguments, "--url", url, key=KEY)
    return run.code, run.out.decode(), run.told


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_names_the_key_to_check(tmp_path: Path, status: int) -> None:  # P27, J24
    async with refusing_server(status) as (url, _):
        code, out, told = await talked(tmp_path, url, "text", "hello")
    assert (code, out) == (1, "")
    assert len(told) == 1
    assert told[0].startswith("error: ")
    assert "OPENAI_API_KEY" in told[0]
    assert list((tmp_path / "data" / "sessions").glob("*")) == []  # nothing was said, nothing is left


async def test_a_refused_key_is_a_value_under_json(tmp_path: Path) -> None:  # P26, C20
    async with refusing_server(401) as (url, _):
        code, out, told = await talked(tmp_path, url, "text", "hello", "--json")
    value = json.loads(out)
    assert (code, value["ok"], value["error"]["kind"]) == (1, False, "unauthorized")
    assert told == [f"error: {value['error']['message']}"]


async def hangs_up(socket: ServerConnection) -> None:
    await socket.close(1011, "go away")


async def talks_nonsense(socket: ServerConnection) -> None:
    for frame in ("not json", "[1,2,3]", '{"no": "type"}', "\x1b]52;c;aGk=\x07"):
        await socket.send(frame)
    await socket.wait_closed()


async def test_a_server_that_closes_at_once_is_told_with_its_words(tmp_path: Path) -> None:
    async with websocket_server(hangs_up) as url:
        code, out, told = await talked(tmp_path, url, "text", "hello")
    assert (code, out) == (1, "")
    assert len(told) == 1, told
    assert "go away" in told[0]


async def test_a_server_that_talks_nonsense_is_given_up_in_time(tmp_path: Path) -> None:  # M13, C9
    (tmp_path / "config.toml").write_text("[limits]\nconnect_s = 0.5\n", encoding="utf-8")
    async with websocket_server(talks_nonsense) as url:
        config = ("--config", str(tmp_path / "config.toml"))
        code, out, told = await talked(tmp_path, url, "text", "hello", *config)
    assert (code, out) == (1, "")
    assert told[-1].startswith("error: ")
    assert "\x1b" not in "".join(told)


def ready_then(*frames: bytes) -> Any:
    """A server that gets ready, and answers the first question with these frames and a closed socket."""

    async def play(socket: ServerConnection) -> None:
        await socket.send(wire("session.created", session={}).decode())
        await socket.recv()
        await socket.send(wire("session.updated", session={}).decode())
        await socket.recv()
        await socket.recv()
        for frame in frames:
            await socket.send(frame.decode())
        await socket.close(1001, "restart")

    return play


async def test_a_server_that_leaves_in_an_answer_keeps_what_came_and_says_how_to_go_on(
    tmp_path: Path,
) -> None:
    common = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}
    frames = (
        wire("response.created", response={"id": "r1", "status": "in_progress"}),
        wire("response.output_text.delta", **common, delta="Once upon"),
    )
    async with websocket_server(ready_then(*frames)) as url:
        code, out, told = await talked(tmp_path, url, "text", "a story")  # P21-P23
    assert code == 1
    assert out.startswith("Once upon")
    assert any(line.startswith("error: ") for line in told)
    assert told[-1].startswith("Resume with: realtime-chat resume ")
    (log,) = logs(tmp_path)
    kinds = [json.loads(line)["type"] for line in log.read_text(encoding="utf-8").splitlines()[1:]]
    assert "turn_failed" in kinds
    assert kinds[-1] == "session_closed"


HOSTILE = "\x1b[31mred\x1b]52;c;aGk=\x07 [red]markup[/red] \x9b2J"


async def test_hostile_words_drive_no_terminal_in_plain_mode(tmp_path: Path) -> None:  # P26
    common = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}
    item = {"id": "f1", "type": "function_call", "call_id": "c1", "name": HOSTILE, "arguments": HOSTILE}
    frames = (
        wire("response.created", response={"id": "r1", "status": "in_progress"}),
        wire("response.output_text.delta", **common, delta=HOSTILE),
        wire("response.done", response={"id": "r1", "status": "completed", "output": [item]}),
    )
    async with websocket_server(ready_then(*frames)) as url:
        _, out, told = await talked(tmp_path, url, "text", "hello")
    (log,) = logs(tmp_path)
    shown = (await program(tmp_path, "sessions", "show", log.stem)).out.decode()
    listed = (await program(tmp_path, "sessions", "list")).out.decode()
    for text in (out, shown, listed, "\n".join(told)):
        assert not [sign for sign in text if (sign < " " and sign != "\n") or "\x7f" <= sign < "\xa0"]
    assert "[red]markup[/red]" in out
    assert "[red]markup[/red]" in shown


async def test_an_answer_without_words_is_code_6(tmp_path: Path) -> None:  # P27, C20
    frames = (
        wire("response.created", response={"id": "r1", "status": "in_progress"}),
        wire("response.done", response={"id": "r1", "status": "completed", "output": []}),
    )
    async with websocket_server(ready_then(*frames)) as url:
        code, out, _ = await talked(tmp_path, url, "text", "hello", "--json")
    assert (code, json.loads(out)["text"]) == (6, "")


async def falls_silent(socket: ServerConnection) -> None:
    await socket.send(wire("session.created", session={}).decode())
    await socket.recv()
    await socket.send(wire("session.updated", session={}).decode())
    await socket.wait_closed()


async def test_a_model_that_gives_no_sign_is_code_124_and_nothing_is_asked_again(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[limits]\nawait_idle_s = 0.5\n", encoding="utf-8")
    async with websocket_server(falls_silent) as url:  # P6, P23, P27, C20
        config = ("--config", str(tmp_path / "config.toml"))
        code, out, told = await talked(tmp_path, url, "text", "hello", *config)
    assert (code, out) == (124, "")
    assert told[-2].startswith("error: ")
    assert told[-1].startswith("Resume with: realtime-chat resume ")
