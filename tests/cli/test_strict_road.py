"""Every frame between the program and its server, both ways, is what the official SDK declares: nothing more."""

import asyncio
import json
import os
import sys
import wave
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection

from realtime_chat.local.child import EmbeddedServer, Endpoint
from tests.core.transports.peer import websocket_server
from tests.local.engines.voices import say
from tests.strict_types import check_client_event, check_server_event


class Relay:
    """Stands between the program and the embedded server, and reads along."""

    def __init__(self, server: Endpoint) -> None:
        self._server = server
        self.sent: list[str] = []
        self.received: list[str] = []
        self.wrong: list[str] = []

    async def __call__(self, program: ServerConnection) -> None:
        url = self._server.url.replace("http://", "ws://") + "/realtime?model=local-commands"
        headers = {"Authorization": f"Bearer {self._server.token}"}
        async with connect(url, additional_headers=headers, max_size=None, compression=None) as server:
            up = asyncio.create_task(self._up(program, server))
            try:
                async for frame in server:
                    event: dict[str, Any] = json.loads(frame)
                    self.received.append(event["type"])
                    self.wrong += check_server_event(event)
                    await program.send(frame)
            finally:
                await up

    async def _up(self, program: ServerConnection, server: ClientConnection) -> None:
        async for frame in program:
            event: dict[str, Any] = json.loads(frame)
            self.sent.append(event["type"])
            self.wrong += check_client_event(event)
            await server.send(frame)
        await server.close()


@pytest.fixture
async def server() -> AsyncGenerator[Endpoint]:
    embedded = EmbeddedServer()
    try:
        yield await embedded.start()
    finally:
        await embedded.stop()


async def program(home: Path, url: str, *arguments: str) -> dict[str, Any]:
    environ = {**os.environ, "REALTIME_CHAT_DATA_DIR": str(home), "OPENAI_API_KEY": "none"}
    command = [sys.executable, "-m", "realtime_chat", *arguments, "--url", url, "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(40):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def test_a_typed_a_spoken_and_a_resumed_talk_are_strict_both_ways(
    tmp_path: Path, server: Endpoint
) -> None:
    question = tmp_path / "q.wav"
    with wave.open(str(question), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(say("what time is it"))
    relay = Relay(server)
    async with websocket_server(relay) as url:
        typed = await program(tmp_path, url, "text", "what is twelve times seven")
        spoken = await program(tmp_path, url, "talk", "--in", str(question), "--out", str(tmp_path / "a.wav"))
        again = await program(tmp_path, url, "resume", typed["session_id"], "what did i ask before")
    assert relay.wrong == []
    assert "84" in typed["text"]
    assert [call["name"] for call in spoken["tool_calls"]] == ["current_time"]
    assert "what is twelve times seven" in again["text"]
    assert {"session.update", "conversation.item.create", "input_audio_buffer.commit"} <= set(relay.sent)
    assert {"response.output_audio.delta", "response.function_call_arguments.done"} <= set(relay.received)
