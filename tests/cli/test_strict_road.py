"""Every frame between the program and its server, both ways, is what the official SDK declares: nothing more."""

import asyncio
import json
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection

from realtime_chat.local.child import Endpoint
from tests.audio.kit import wav
from tests.cli.program import program, value
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


async def asked(home: Path, url: str, *arguments: str) -> dict[str, Any]:
    return value(await program(home, *arguments, "--url", url, "--json", key="none-that-is-real"))


async def test_a_typed_a_spoken_and_a_resumed_talk_are_strict_both_ways(
    tmp_path: Path, embedded: Endpoint
) -> None:
    question = tmp_path / "q.wav"
    question.write_bytes(wav(say("what time is it")))
    relay = Relay(embedded)
    async with websocket_server(relay) as url:
        typed = await asked(tmp_path, url, "text", "what is twelve times seven")
        spoken = await asked(tmp_path, url, "talk", "--in", str(question), "--out", str(tmp_path / "a.wav"))
        again = await asked(tmp_path, url, "resume", typed["session_id"], "what did i ask before")
    assert relay.wrong == []
    assert "84" in typed["text"]
    assert [call["name"] for call in spoken["tool_calls"]] == ["current_time"]
    assert "what is twelve times seven" in again["text"]
    assert {"session.update", "conversation.item.create", "input_audio_buffer.commit"} <= set(relay.sent)
    assert {"response.output_audio.delta", "response.function_call_arguments.done"} <= set(relay.received)
