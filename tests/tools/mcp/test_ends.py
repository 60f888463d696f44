"""No server outlives the talk, however it or the talk ends; and a host that breaks is told, and replaced."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from realtime_chat.tools.mcp.link import McpLink
from tests.tools.kit import kind
from tests.tools.mcp.kit import ENOUGH_S, FOLDER, connected, ordinary, rogue
from tests.waiting import eventually

pytest.importorskip("mcp", reason="the extra realtime-chat[mcp] is not installed")


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # the second: gone while it is read
        return False
    return state != "Z"


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def noted(file: Path) -> list[int]:
    return [int(line) for line in file.read_text(encoding="utf-8").split()]


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@on_linux
async def test_a_server_that_ignores_its_end_is_gone_with_its_children(tmp_path: Path) -> None:
    async with connected(tmp_path, rogue("stubborn", str(tmp_path / "pids"))) as talk:
        assert (await talk.ping("stubborn")).output == "pong"
        group = noted(tmp_path / "pids")
        assert len(group) == 2
        assert all(map(lives, group))
    assert not any(map(lives, group))


@on_linux
async def test_it_is_gone_after_a_kill_of_ours_too(tmp_path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.tools.mcp.holder", str(tmp_path / "pids")),
        stdout=PIPE,
        cwd=FOLDER.parent.parent.parent,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"stubborn\n"
    group = noted(tmp_path / "pids")
    assert all(map(lives, group))
    holder.kill()
    await holder.wait()
    await eventually(lambda: not any(map(lives, group)))


@on_linux
async def test_it_is_gone_after_a_kill_of_its_host_and_then_there_again(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    async with connected(tmp_path, rogue("stubborn", str(file))) as talk:
        first = noted(file)
        os.kill(parent_of(first[0]), signal.SIGKILL)
        await eventually(lambda: not any(map(lives, first)))
        assert kind(await talk.ping("stubborn")) == "mcp_unavailable"
        await eventually(lambda: len(noted(file)) == 4 and not talk.link.lost)
        assert (await talk.ping("stubborn")).output == "pong"
    assert not any(map(lives, noted(file)))


@on_linux
async def test_a_call_that_runs_while_its_host_is_killed_is_answered(tmp_path: Path) -> None:
    async with asyncio.timeout(60), connected(tmp_path, ordinary()) as talk:
        told: list[str] = []
        running = asyncio.ensure_future(talk.link.call("test", "slow", {}, told.append))
        await eventually(lambda: told == ["digging"])
        host = talk.link._process
        assert host is not None
        host.kill()
        answer = await running
        assert (answer.ok, answer.kind) == (False, "mcp_unavailable")


async def test_nothing_of_the_talk_is_left_behind(tmp_path: Path) -> None:
    fds = len(os.listdir("/dev/fd"))
    async with connected(tmp_path, rogue("good"), rogue("dies")) as talk:
        assert (await talk.ping("good")).ok
    assert len(asyncio.all_tasks()) == 1
    assert len(os.listdir("/dev/fd")) <= fds


async def test_a_talk_that_ends_at_once_waits_for_nothing() -> None:
    async with asyncio.timeout(10):
        async with McpLink([rogue("hangs")]):
            pass


async def test_what_goes_wrong_inside_comes_out_as_it_was() -> None:
    with pytest.raises(KeyError):
        async with McpLink([rogue("good")]):
            raise KeyError


@pytest.mark.parametrize("program", ["import sys; sys.exit(1)", "print('Hello!')"])
async def test_a_host_that_cannot_work_costs_the_tools_and_not_the_talk(program: str) -> None:
    async with McpLink([rogue("good")], command=(sys.executable, "-c", program)) as link:
        await link.settled(ENOUGH_S)
        assert link.lost == {"good": "its host ended"}
        assert (await link.call("good", "ping", {}, print)).kind == "mcp_unavailable"


async def test_a_host_that_is_not_there_costs_the_tools_and_not_the_talk(tmp_path: Path) -> None:
    async with McpLink([rogue("good")], command=(str(tmp_path / "nothing"),)) as link:
        await link.settled(ENOUGH_S)
        assert link.lost["good"].startswith("its host cannot be started")
