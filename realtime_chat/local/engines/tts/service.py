"""Speech from any service with OpenAI's `/audio/speech`, as raw PCM while it is made."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from realtime_chat.core.errors import InvalidArguments, ProtocolViolation, Rejected
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.transports.chat.endpoint import door
from realtime_chat.local.engines.ports import SpeechChunk
from realtime_chat.local.engines.service import ServiceEngine
from realtime_chat.local.engines.settings import Speech
from realtime_chat.local.engines.tts.sentences import Piece, pieces, speakable

SILENCE_S = 60.0
SLOWEST, FASTEST = 0.25, 4.0
CHUNK_BYTES = pcm_bytes(100)
#: How fast people speak: nobody tells how long a sentence will be while it is made.
CHARACTERS_PER_SECOND = 15
#: How files begin that are no raw PCM.
_CONTAINERS = (b"RIFF", b"OggS", b"fLaC", b"ID3")


class HttpTextToSpeech(ServiceEngine):
    """TextToSpeech that asks for one sentence after another, in the voice of the settings unless told otherwise."""

    def __init__(self, service: Speech) -> None:
        super().__init__(service, silence_s=SILENCE_S)
        self._model = service.model
        self._voice = service.voice

    async def synthesize(
        self, text: str, *, voice: str | None, speed: float
    ) -> AsyncGenerator[SpeechChunk, None]:
        """See TextToSpeech. A voice that it refuses at the first sentence does not exist; `speed` is 0.25 to 4."""
        parts = [part for part in pieces(speakable(text)) if part.text.strip()]
        for number, part in enumerate(parts):
            end = parts[number + 1].start if number + 1 < len(parts) else len(text)
            sentence = self._sentence(part, voice, speed=speed, end=end, first=number == 0)
            async with aclosing(sentence) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def _sentence(
        self, part: Piece, voice: str | None, *, speed: float, end: int, first: bool
    ) -> AsyncGenerator[SpeechChunk, None]:
        body = {
            "model": self._model,
            "input": part.text.strip(),
            "voice": voice or self._voice,
            "response_format": "pcm",
            "speed": min(max(speed, SLOWEST), FASTEST),
        }
        client = await self._opened()
        try:
            async with (
                client.post(door(self._url, "audio/speech"), msgspec.json.encode(body)) as answer,
                aclosing(_placed(_even(answer.pieces()), part, speed=speed, end=end)) as chunks,
            ):
                async for chunk in chunks:
                    yield chunk
        except Rejected as error:
            if first and voice is not None and error.info.kind in ("bad_request", "not_found"):
                raise InvalidArguments(error.message) from error
            raise


async def _even(sound: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Chunks of one size, but for the last. Raises ProtocolViolation for what is no PCM."""
    held = bytearray()
    checked = False
    async with aclosing(sound):
        async for piece in sound:
            held += piece
            if not checked and len(held) >= 4:
                _check(held)
                checked = True
            while len(held) >= CHUNK_BYTES:
                yield bytes(held[:CHUNK_BYTES])
                del held[:CHUNK_BYTES]
    if whole := bytes(held[: len(held) // 2 * 2]):
        yield whole


def _check(beginning: bytearray) -> None:
    if beginning.startswith(_CONTAINERS):
        raise ProtocolViolation(
            "The speech service sent a file instead of raw PCM (response_format pcm); "
            "set [local] tts_url to one that can."
        )


async def _placed(
    chunks: AsyncGenerator[bytes, None], part: Piece, *, speed: float, end: int
) -> AsyncGenerator[SpeechChunk, None]:
    """With their words, as an estimate; the last chunk is known as such when no other follows."""
    waiting, made = b"", 0
    async with aclosing(chunks):
        async for chunk in chunks:
            if waiting:
                said = int(made / pcm_bytes(1000) * CHARACTERS_PER_SECOND * speed)
                yield SpeechChunk(waiting, part.start + min(said, len(part.text)))
            waiting = chunk
            made += len(chunk)
    if waiting:
        yield SpeechChunk(waiting, end)
