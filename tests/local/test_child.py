"""The embedded server as a child process: ready, found again, ended, and never left behind."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from realtime_chat.core.errors import Unreachable
from realtime_chat.local.child import EmbeddedServer, Endpoint
from realtime_chat.local.engines.settings import Chat, EngineSettings
from tests.local.serving import socket as open_socket
from tests.local.serving import until
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
BOOT = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); "
PROGRAM = (sys.executable, "-c", BOOT + "runpy.run_module('tests.local.echo_program', run_name='__main__')")

WITH_KEY = EngineSettings(brain=Chat(url="http://127.0.0.1:1/v1", model="m", key="sk-secret"))


def script(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    embedded = EmbeddedServer(command=PROGRAM)
    yield embedded
    await embedded.stop()


async def models(endpoint: Endpoint) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {endpoint.token}"}
        return (await client.get(f"{endpoint.url}/models", headers=headers)).status_code


async def test_it_starts_once_and_answers_with_its_token(server: EmbeddedServer) -> None:
    first, second = await asyncio.gather(server.start(), server.start())
    assert first == second
    assert await models(first) == 200
    assert first.token not in repr(first)
    await server.stop()
    await server.stop()
    with pytest.raises(httpx.ConnectError):
        await models(first)


async def test_a_child_that_died_is_replaced_at_the_next_start(server: EmbeddedServer) -> None:
    first = await server.start()
    headers = {"Authorization": f"Bearer {first.token}"}
    async with open_socket(first.url, headers=headers) as client:
        await until(client, "session.created")
        os.kill(_only_child(), signal.SIGKILL)
        async with asyncio.timeout(5):
            await client.wait_closed()
    await eventually(lambda: _children() == [])
    second = await server.start()
    assert second.token != first.token
    assert await models(second) == 200


async def test_the_end_of_stdin_ends_it_and_stdout_held_one_line() -> None:
    child = await asyncio.create_subprocess_exec(*PROGRAM, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    async with asyncio.timeout(20):
        child.stdin.write(b"secret-token\n{}\n")
        url = await child.stdout.readline()
        child.stdin.close()
        more, err = await child.communicate()
    assert re.fullmatch(rb"http://127\.0\.0\.1:\d+/v1\n", url)
    assert (child.returncode, more) == (0, b"")
    assert b"secret-token" not in err


async def test_without_a_token_it_says_so_and_ends() -> None:
    child = await asyncio.create_subprocess_exec(*PROGRAM, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(20):
        out, err = await child.communicate(b"")
    assert (child.returncode, out) == (2, b"")
    assert b"token" in err


async def test_engines_that_cannot_be_read_are_told_without_what_was_said() -> None:
    child = await asyncio.create_subprocess_exec(*PROGRAM, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(20):
        out, err = await child.communicate(b'token\n{"brain": {"type": "chat", "key": "sk-secret"}}\n')
    assert (child.returncode, out) == (2, b"")
    assert err == b"error: no engines on stdin that could be read\n"


async def test_the_engines_go_in_by_stdin_with_their_keys_and_are_in_no_list_of_processes() -> None:
    code = (
        "import sys; t, e = sys.stdin.readline(), sys.stdin.readline(); assert 'sk-secret' in e; "
        "assert 'sk-secret' not in str(sys.argv); print('http://127.0.0.1:1/v1', flush=True); sys.stdin.read()"
    )
    server = EmbeddedServer(WITH_KEY, command=script(code))
    assert (await server.start()).url == "http://127.0.0.1:1/v1"
    await server.stop()
    assert "sk-secret" not in repr(WITH_KEY)


async def test_a_child_that_dies_at_once_is_told_with_its_last_words_and_without_its_secrets() -> None:
    code = (
        "import sys; t, e = sys.stdin.readline(), sys.stdin.readline(); "
        "sys.stderr.write(f'first\\nno speech engine {t.strip()} {e}'); sys.exit(3)"
    )
    with pytest.raises(Unreachable) as failure:
        await EmbeddedServer(WITH_KEY, command=script(code)).start()
    assert "no speech engine [token]" in failure.value.message
    assert "[key]" in failure.value.message
    assert "sk-secret" not in failure.value.message
    assert "\n" not in failure.value.message


async def test_a_program_that_cannot_be_run_is_told() -> None:
    with pytest.raises(Unreachable, match="doctor"):
        await EmbeddedServer(command=("no-such-program-anywhere",)).start()


async def test_a_child_that_never_gets_ready_is_killed() -> None:
    hanging = EmbeddedServer(
        command=script("import time; time.sleep(600)"), ready_within_s=0.2, end_within_s=0.05
    )
    with pytest.raises(Unreachable, match="not ready"):
        await hanging.start()
    assert _children() == []


async def test_a_child_that_ignores_the_end_of_stdin_is_killed() -> None:
    code = "import time; print('http://127.0.0.1:1/v1', flush=True); time.sleep(600)"
    stubborn = EmbeddedServer(command=script(code), end_within_s=0.05)
    await stubborn.start()
    await stubborn.stop()
    assert _children() == []


def _children() -> list[int]:
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    if not listing.exists():
        pytest.skip("needs a Linux process listing")
    return [int(pid) for pid in listing.read_text().split()]


def _only_child() -> int:
    (pid,) = _children()
    return pid
