"""Speech recognition by any service with OpenAI's `/audio/transcriptions`."""

import asyncio
import io
import secrets
import wave
from collections.abc import Mapping

import msgspec

from realtime_chat.audio.vad import best_likelihood
from realtime_chat.core.errors import ProtocolViolation
from realtime_chat.core.pcm import PCM16_24K
from realtime_chat.core.transports.chat.endpoint import door
from realtime_chat.local.engines.ports import Hearing
from realtime_chat.local.engines.service import ServiceEngine
from realtime_chat.local.engines.settings import Transcription
from realtime_chat.local.engines.stt.conditioning import speech_of

SILENCE_S = 60.0
_NOTHING = Hearing(text="", confidence=0.0, understood=False)


class _Transcript(msgspec.Struct):
    text: str


class HttpSpeechToText(ServiceEngine):
    """SpeechToText that sends each utterance as a WAV file, cut to its speech; silence is sent to nobody."""

    def __init__(self, service: Transcription) -> None:
        super().__init__(service, silence_s=SILENCE_S)
        self._fields = {"model": service.model, "response_format": "json"}
        if service.language:
            self._fields["language"] = service.language

    async def transcribe(self, pcm: bytes) -> Hearing:
        """See SpeechToText. Such services tell no confidence: what they say counts as understood."""
        speech = await asyncio.to_thread(lambda: speech_of(pcm, best_likelihood()))
        if not speech:
            return _NOTHING
        boundary = secrets.token_hex(16)
        body = form(self._fields, sound=wav(speech), boundary=boundary)
        kind = f"multipart/form-data; boundary={boundary}"
        client = await self._opened()
        async with client.post(door(self._url, "audio/transcriptions"), body, kind=kind) as answer:
            text = _text(await answer.whole()).strip()
        return Hearing(text=text, confidence=1.0, understood=True) if text else _NOTHING


def wav(pcm: bytes) -> bytes:
    """24 kHz mono s16le as a file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(PCM16_24K.channels)
        writer.setsampwidth(2)
        writer.setframerate(PCM16_24K.rate)
        writer.writeframes(pcm)
    return file.getvalue()


def form(fields: Mapping[str, str], *, sound: bytes, boundary: str) -> bytes:
    """A form with these fields and one file, `file` (RFC 7578)."""
    begin = f"--{boundary}\r\nContent-Disposition: form-data; name="
    texts = "".join(f'{begin}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    head = f'{begin}"file"; filename="speech.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    return f"{texts}{head}".encode() + sound + f"\r\n--{boundary}--\r\n".encode()


def _text(page: bytes) -> str:
    try:
        return msgspec.json.decode(page, type=_Transcript).text
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation(
            "The speech recognition service sent no transcript; check [local] stt_url and stt_model."
        ) from error
