"""One contract for all that speaks, and what is special of each."""

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest

from realtime_chat.core.errors import (
    AudioUnavailable,
    ChatError,
    ConfigError,
    InvalidArguments,
    ProtocolViolation,
    Rejected,
)
from realtime_chat.core.pcm import pcm_bytes, pcm_ms
from realtime_chat.local.chosen import chosen_engines
from realtime_chat.local.engines.ports import SpeechChunk, TextToSpeech
from realtime_chat.local.engines.settings import EngineSettings, Espeak, Mouth, Piper, Speech
from tests.core.transports.http_server import Exchange, HttpServer, http_server
from tests.core.transports.ways import BAD_KEY, GOOD_KEY
from tests.local.engines.speech_services import speech_services
from tests.local.engines.tiny_voice import hum
from tests.waiting import eventually

TEXT = "Hello. It is half past nine, and you have 3.5 hours left! Anything else?"


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hum(tmp_path_factory.mktemp("piper"))


def engine(mouth: Mouth) -> TextToSpeech:
    return chosen_engines(EngineSettings(mouth=mouth)).text_to_speech


def service(url: str, key: str = GOOD_KEY) -> Speech:
    return Speech(url=url, model="tts-1", voice="alloy", key=key, key_name="TTS_API_KEY")


async def spoken(
    mouth: TextToSpeech, text: str, *, voice: str | None = None, speed: float = 1.0
) -> list[SpeechChunk]:
    return [chunk async for chunk in mouth.synthesize(text, voice=voice, speed=speed)]


def ms(chunks: list[SpeechChunk]) -> int:
    return pcm_ms(sum(len(chunk.pcm) for chunk in chunks))


@pytest.fixture(params=["espeak", "piper", "http"])
async def mouth(request: pytest.FixtureRequest, voice: Path) -> AsyncGenerator[TextToSpeech]:
    async with AsyncExitStack() as stack:
        chosen: Mouth = Espeak()
        if request.param == "piper":
            chosen = Piper(voice=str(voice))
        if request.param == "http":
            chosen = service((await stack.enter_async_context(speech_services())).url)
        made = engine(chosen)
        made.warm()
        stack.push_async_callback(made.close)
        yield made


async def test_a_text_is_spoken_in_short_chunks_whose_positions_lead_to_its_end(mouth: TextToSpeech) -> None:
    chunks = await spoken(mouth, TEXT)
    assert 500 < ms(chunks) < 30_000
    assert all(0 < len(chunk.pcm) <= pcm_bytes(200) and len(chunk.pcm) % 2 == 0 for chunk in chunks)
    ends = [chunk.text_end for chunk in chunks]
    assert ends == sorted(ends)
    assert ends[-1] == len(TEXT)
    assert any(0 < end < len(TEXT) for end in ends)
    assert any(any(chunk.pcm) for chunk in chunks)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
async def test_where_no_word_is_there_is_no_sound(mouth: TextToSpeech, text: str) -> None:
    assert await spoken(mouth, text) == []


@pytest.mark.parametrize("text", ["Tab\there, bell\x07.", "Ünïcode – and 漢字 🙂.", "x" * 2_000, "A\ud800b."])
async def test_any_text_at_all_is_taken(mouth: TextToSpeech, text: str) -> None:
    chunks = await spoken(mouth, text)
    assert chunks == [] or chunks[-1].text_end == len(text)


async def test_faster_speech_is_shorter(mouth: TextToSpeech) -> None:
    natural, fast = await spoken(mouth, TEXT), await spoken(mouth, TEXT, speed=1.5)
    assert ms(fast) < 0.85 * ms(natural)


async def test_a_voice_that_does_not_exist_is_refused_before_any_sound(mouth: TextToSpeech) -> None:
    with pytest.raises(InvalidArguments):
        await spoken(mouth, TEXT, voice="../nobody")
    assert await spoken(mouth, TEXT)


async def test_speech_that_nobody_wants_any_more_stops_and_the_next_is_whole(mouth: TextToSpeech) -> None:
    async with aclosing(mouth.synthesize(TEXT * 20, voice=None, speed=1.0)) as chunks:
        await anext(chunks)
    assert (await spoken(mouth, TEXT))[-1].text_end == len(TEXT)


# ---------------------------------------------------------------- espeak


async def test_espeak_answers_in_the_language_of_the_settings() -> None:
    german, english = engine(Espeak(voice="de")), engine(Espeak())
    lasts = ms(await spoken(german, "Guten Morgen."))
    assert abs(lasts - ms(await spoken(english, "Guten Morgen.", voice="de"))) < 20
    assert abs(lasts - ms(await spoken(english, "Guten Morgen."))) > 40
    unknown = engine(Espeak(voice="klingon"))
    with pytest.raises(InvalidArguments):
        await spoken(unknown, "Guten Morgen.")
    for each in (german, english, unknown):
        await each.close()


# ---------------------------------------------------------------- piper


async def test_the_speakers_of_a_file_are_its_voices(tmp_path: Path) -> None:
    mouth = engine(Piper(voice=str(hum(tmp_path, speakers=("anna", "ben")))))
    assert await spoken(mouth, "Hello.", voice="ben")
    with pytest.raises(InvalidArguments):
        await spoken(mouth, "Hello.", voice="carl")
    await mouth.close()


@pytest.mark.parametrize("missing", ["hum.onnx", "hum.onnx.json"])
def test_a_voice_that_is_not_whole_is_told_with_what_is_missing(tmp_path: Path, missing: str) -> None:
    file = hum(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(ConfigError) as told:
        engine(Piper(voice=str(file)))
    assert told.value.message == (
        f"There is no Piper voice {file}: {missing} is missing; "
        "set [local] piper_voice to the .onnx file of a voice, with its .onnx.json beside it."
    )


@pytest.mark.parametrize("broken", ["hum.onnx", "hum.onnx.json"])
async def test_a_broken_voice_is_told_in_one_line(tmp_path: Path, broken: str) -> None:
    file = hum(tmp_path)
    (tmp_path / broken).write_bytes(b"{ no")
    mouth = engine(Piper(voice=str(file)))
    with pytest.raises(AudioUnavailable) as told:
        await spoken(mouth, "Hello.")
    assert re.fullmatch(
        rf"The Piper voice {re.escape(str(file))} cannot be loaded: .+; download it anew\.",
        told.value.message,
    )
    await mouth.close()


# ---------------------------------------------------------------- services


async def test_a_service_speaks_sentence_by_sentence_and_is_heard_while_it_speaks() -> None:
    async def slow(exchange: Exchange) -> None:
        await exchange.begin("audio/pcm")
        await exchange.piece(b"\x01\x00" * pcm_bytes(150))
        await exchange.gone()  # it never ends by itself

    async with http_server(slow) as server:
        mouth = engine(service(server.url))
        async with aclosing(mouth.synthesize("One. Two.", voice="nova", speed=1.0)) as chunks:
            assert (await anext(chunks)).pcm
        await eventually(lambda: not server.writers)  # and a cut closes the connection
        await mouth.close()
    (asked,) = server.asked
    assert (asked.json["input"], asked.json["voice"], asked.json["model"]) == ("One.", "nova", "tts-1")


async def test_a_sentence_that_is_refused_after_others_were_spoken_is_no_voice_that_does_not_exist() -> None:
    async def choosy(exchange: Exchange) -> None:
        if exchange.json["input"] == "Two.":
            await exchange.answer(400, {"error": {"message": "Not this."}})
            return
        await exchange.answer(200, b"\x01\x00" * pcm_bytes(150), content_type="audio/pcm")

    async with http_server(choosy) as server:
        mouth = engine(service(server.url))
        with pytest.raises(Rejected):
            await spoken(mouth, "One. Two.", voice="nova")
        with pytest.raises(InvalidArguments):
            await spoken(mouth, "Two. One.", voice="nova")
        await mouth.close()


async def test_a_service_that_sends_a_file_is_told() -> None:
    async def file(exchange: Exchange) -> None:
        await exchange.answer(200, b"RIFF....WAVEfmt ", content_type="audio/wav")

    async with http_server(file) as server:
        assert isinstance(await refused(server), ProtocolViolation)


async def test_a_refused_key_is_told_by_the_name_of_its_variable() -> None:
    async with speech_services() as server:
        error = await refused(server, BAD_KEY)
    assert isinstance(error, Rejected)
    assert "TTS_API_KEY" in error.message
    assert BAD_KEY not in error.message


async def refused(server: HttpServer, key: str = GOOD_KEY) -> ChatError:
    mouth = engine(service(server.url, key))
    with pytest.raises(ChatError) as told:
        await spoken(mouth, "Hello.")
    await mouth.close()
    return told.value
