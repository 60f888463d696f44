"""The server on its socket: who gets in, what garbage does, and that nobody can hold it up."""

import asyncio
import json
import logging
import socket as sockets
from contextlib import suppress

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime_chat.core.errors import InvalidArguments, Unreachable
from realtime_chat.local.connection import MAX_UNSENT
from realtime_chat.local.server import MAX_CONNECTIONS, MAX_FRAME, serve
from tests.local.machine import b64, quiet
from tests.local.serving import TOKEN, ask, running, send, socket, until
from tests.local.slow_engines import Mouth, engines
from tests.waiting import eventually


async def refused(url: str, headers: dict[str, str], status: int) -> bytes:
    with pytest.raises(InvalidStatus) as refusal:
        async with socket(url, headers=headers):
            raise AssertionError("was let in")
    assert refusal.value.response.status_code == status
    return refusal.value.response.body


@pytest.mark.parametrize(
    "header", [None, "", TOKEN, "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", "Bearer ü"]
)
async def test_without_the_right_token_nobody_gets_in(header: str | None) -> None:
    async with running(engines()) as url:
        headers = {} if header is None else {"Authorization": header}
        body = json.loads(await refused(url, headers, 401))
        assert body["error"]["code"] == "invalid_api_key"
        assert TOKEN not in str(body)


async def test_a_web_page_does_not_get_in_even_with_the_token() -> None:
    async with running(engines()) as url:
        await refused(url, {"Authorization": f"Bearer {TOKEN}", "Origin": "http://127.0.0.1"}, 403)


async def test_the_models_are_listed_as_the_vendor_lists_them() -> None:
    async with running(engines()) as url, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{url}/models")).status_code == 401
        answer = await client.get(f"{url}/models", headers={"Authorization": f"Bearer {TOKEN}"})
        assert [model["id"] for model in answer.json()["data"]] == ["local-commands"]
        answer = await client.get(f"{url}/other", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 404


async def test_garbage_and_binary_frames_leave_the_socket_open() -> None:
    async with running(engines()) as url, socket(url) as client:
        for frame in ("nonsense", b"\x00\x01", "[1]", json.dumps({"type": "x" * 1000})):
            await client.send(frame)
            assert (await until(client, "error"))[-1]["error"]["type"] == "invalid_request_error"
        await ask(client, "hello")
        assert (await until(client, "response.done"))[-1]["response"]["status"] == "completed"


async def test_the_largest_append_is_taken_and_a_larger_frame_closes_the_socket() -> None:
    async with running(engines()) as url, socket(url) as client:
        detection = {"input": {"turn_detection": None}}
        await send(client, "session.update", session={"type": "realtime", "audio": detection})
        await send(client, "input_audio_buffer.append", audio=b64(quiet(15 * 2**20 // 48)))
        await send(client, "input_audio_buffer.commit")
        await until(client, "input_audio_buffer.committed")
        with suppress(ConnectionClosed):
            await client.send([" " * (1 << 20)] * (MAX_FRAME // (1 << 20) + 2))
        async with asyncio.timeout(5):
            await client.wait_closed()
        assert client.close_code == 1009


async def test_one_client_too_many_is_told_to_come_back() -> None:
    async with running(engines()) as url:
        clients = [await socket(url) for _ in range(MAX_CONNECTIONS)]
        for client in clients:
            await until(client, "session.created")
        await refused(url, {"Authorization": f"Bearer {TOKEN}"}, 503)
        await clients.pop().close()
        async with asyncio.timeout(5):
            while True:
                try:
                    clients.append(await socket(url))
                    break
                except InvalidStatus:
                    await asyncio.sleep(0)  # the server sees the other one leave in its own time
        for client in clients:
            await client.close()


async def test_a_client_that_does_not_read_stops_the_synthesis_and_nobody_else() -> None:
    mouth = Mouth()
    mouth.chunk_ms = 1000
    words = " ".join(["word"] * 400)  # 25 MiB of sound as base64
    async with running(engines(mouth)) as url, socket(url, max_queue=1) as deaf, socket(url) as other:
        await ask(deaf, words)
        await eventually(lambda: mouth.chunks >= MAX_UNSENT // 64_000)
        await ask(other, "hello")
        await until(other, "response.done")
        assert mouth.chunks < 350
        events = await until(deaf, "rate_limits.updated")
        assert events[-2]["response"]["status"] == "completed"
        assert mouth.chunks == 401 + 2


async def test_a_cancel_in_the_middle_of_speech_stops_the_engine() -> None:
    mouth = Mouth()
    mouth.pause_after = 2
    async with running(engines(mouth)) as url, socket(url) as client:
        await ask(client, "a story " * 1000)
        await until(client, "response.output_audio.delta")
        await eventually(lambda: mouth.waiting and mouth.chunks == 2)
        await send(client, "response.cancel")
        done = (await until(client, "response.done"))[-1]["response"]
        mouth.gate.set()
        assert done["status"] == "cancelled"
        assert await asyncio.to_thread(mouth.closed.wait, 5)
        assert mouth.chunks < 100


async def test_a_client_that_leaves_takes_its_speech_with_it() -> None:
    mouth = Mouth()
    async with running(engines(mouth)) as url:
        client = await socket(url)
        mouth.gate.clear()
        await ask(client, "a story " * 1000)
        await eventually(lambda: mouth.waiting)  # the generator runs: it has something to leave behind
        await client.close()
        mouth.gate.set()
        assert await asyncio.to_thread(mouth.closed.wait, 5)
        assert mouth.chunks < 1000


async def test_a_bug_in_an_engine_fails_the_response_and_not_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(engines()) as url, socket(url) as client:
        await ask(client, "break")
        done = (await until(client, "response.done"))[-1]["response"]
        assert done["status_details"]["error"]["code"] == "engine_failed"
        await ask(client, "hello")
        assert (await until(client, "response.done"))[-1]["response"]["status"] == "completed"
    assert "ZeroDivisionError" in caplog.text


async def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(engines()) as url, socket(url, logger=logging.getLogger("client")) as client:
        await until(client, "session.created")
    server_lines = [record for record in caplog.records if not record.name.startswith("client")]
    assert not [record for record in server_lines if TOKEN in record.getMessage()]


async def test_serving_needs_a_token_and_a_free_port() -> None:
    with pytest.raises(InvalidArguments):
        await serve(host="127.0.0.1", port=0, token="", on_ready=print, engines=engines())
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Unreachable, match=str(port)):
            await serve(host="127.0.0.1", port=port, token="x", on_ready=print, engines=engines())
