"""Services with OpenAI's doors for sound, on real HTTP: one hears WORDS in every file, the other hums."""

import io
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message

from realtime_chat.core.pcm import RATE, pcm_bytes
from tests.core.transports.http_server import Exchange, HttpServer, http_server
from tests.core.transports.ways import GOOD_KEY
from tests.local.machine import loud

WORDS = "what time is it"
VOICES = ("alloy", "nova")
#: A character of text; the pieces in which it comes have odd sizes, as a network's do.
MS_PER_CHARACTER = 20
PIECE = 1_237


@asynccontextmanager
async def speech_services() -> AsyncGenerator[HttpServer]:
    """Both, behind one address; they want the good key."""
    async with http_server(_serve) as server:
        yield server


def fields(exchange: Exchange) -> dict[str, str | bytes]:
    """A form as the standard library reads it: texts, and files as bytes."""
    head = f"Content-Type: {exchange.headers['content-type']}\r\n\r\n".encode()
    form = message_from_bytes(head + exchange.body)
    assert form.is_multipart()
    found: dict[str, str | bytes] = {}
    for part in form.get_payload():
        assert isinstance(part, Message)
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(name, str)
        assert isinstance(content, bytes)
        found[name] = content if part.get_filename() else content.decode()
    return found


async def _serve(exchange: Exchange) -> None:
    if exchange.headers.get("authorization") != f"Bearer {GOOD_KEY}":
        await exchange.answer(401, {"error": {"message": "Incorrect API key"}})
    elif exchange.path == "/v1/audio/transcriptions":
        await _transcribe(exchange)
    else:
        assert exchange.path == "/v1/audio/speech"
        await _speak(exchange)


async def _transcribe(exchange: Exchange) -> None:
    form = fields(exchange)
    sound = form["file"]
    assert isinstance(sound, bytes)
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        assert file.getnframes() > 0
    assert form["model"] == "whisper-1"
    await exchange.answer(200, {"text": f" {WORDS}"})


async def _speak(exchange: Exchange) -> None:
    asked = exchange.json
    assert asked["response_format"] == "pcm"
    if asked["voice"] not in VOICES:
        await exchange.answer(400, {"error": {"message": "Unknown voice"}})
        return
    sound = loud(round(len(asked["input"]) * MS_PER_CHARACTER / asked["speed"]))
    assert len(sound) < pcm_bytes(60_000)
    await exchange.begin("audio/pcm")
    for start in range(0, len(sound), PIECE):
        await exchange.piece(sound[start : start + PIECE])
    await exchange.end()
