"""One contract for all that turns speech into text, and what is special of each."""

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from realtime_chat.core.errors import (
    ChatError,
    ConfigError,
    ProtocolViolation,
    Rejected,
    TranscriptionFailed,
    Unreachable,
)
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.local.chosen import chosen_engines
from realtime_chat.local.engines.ports import SpeechToText
from realtime_chat.local.engines.settings import Ear, EngineSettings, Sphinx, Transcription, Whisper
from tests.core.transports.http_server import Exchange, http_server
from tests.core.transports.ways import BAD_KEY, GOOD_KEY
from tests.local.engines.speech_services import WORDS, fields, speech_services
from tests.local.engines.tiny_whisper import WORD, one_word
from tests.local.engines.voices import noise, say

MODEL_FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.json")
QUESTION = "what time is it"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return one_word(tmp_path_factory.mktemp("whisper"))


def engine(ear: Ear) -> SpeechToText:
    return chosen_engines(EngineSettings(ear=ear)).speech_to_text


def service(url: str, key: str = GOOD_KEY, **more: str) -> Transcription:
    return Transcription(url=url, model="whisper-1", key=key, key_name="STT_API_KEY", **more)


@pytest.fixture(params=["sphinx", "whisper", "http"])
async def ear(request: pytest.FixtureRequest, model: Path) -> AsyncGenerator[tuple[SpeechToText, str]]:
    """The engine, and what it hears in the question."""
    async with AsyncExitStack() as stack:
        chosen: tuple[Ear, str] = (Sphinx(), QUESTION)
        if request.param == "whisper":
            chosen = Whisper(model=str(model)), WORD
        if request.param == "http":
            server = await stack.enter_async_context(speech_services())
            chosen = service(server.url), WORDS
        made = engine(chosen[0])
        made.warm()
        stack.push_async_callback(made.close)
        yield made, chosen[1]


async def test_speech_becomes_its_words_however_often(ear: tuple[SpeechToText, str]) -> None:
    for _ in range(2):
        heard = await ear[0].transcribe(say(QUESTION))
        assert (heard.text, heard.understood) == (ear[1], True)
        assert 0 < heard.confidence <= 1


async def test_where_nobody_speaks_nothing_is_heard(ear: tuple[SpeechToText, str]) -> None:
    nothing, half_a_sample, silence, quiet_room = b"", b"\x00", bytes(pcm_bytes(500)), noise(500, 60)
    for pcm in (nothing, half_a_sample, silence, quiet_room):
        heard = await ear[0].transcribe(pcm)
        assert (heard.text, heard.understood) == ("", False)


# ---------------------------------------------------------------- whisper


@pytest.mark.parametrize("file", MODEL_FILES)
def test_a_folder_that_holds_no_whole_model_is_told_with_what_is_missing(
    tmp_path: Path, model: Path, file: str
) -> None:
    for each in model.iterdir():
        if each.name != file:
            (tmp_path / each.name).symlink_to(each)
    with pytest.raises(ConfigError) as told:
        engine(Whisper(model=str(tmp_path)))
    assert told.value.message == (
        f"There is no Whisper model in {tmp_path}: {file} is missing; "
        "set [local] whisper_model to the folder of a model in CTranslate2's format."
    )


async def test_a_broken_model_is_told_in_one_line_at_each_utterance(tmp_path: Path, model: Path) -> None:
    for name in (*MODEL_FILES, "preprocessor_config.json"):
        content = (model / name).read_bytes()
        (tmp_path / name).write_bytes(content[:100] if name == "model.bin" else content)
    broken = engine(Whisper(model=str(tmp_path)))
    for _ in range(2):
        with pytest.raises(TranscriptionFailed) as told:
            await broken.transcribe(say(QUESTION))
        assert re.fullmatch(
            rf"The Whisper model in {re.escape(str(tmp_path))} cannot be loaded: .+; download it anew\.",
            told.value.message,
        )
    await broken.close()


# ---------------------------------------------------------------- services


async def test_a_service_is_told_the_language_and_given_the_speech_alone() -> None:
    async with speech_services() as server:
        ear = engine(service(server.url, language="de"))
        await ear.transcribe(bytes(pcm_bytes(3000)) + say(QUESTION) + bytes(pcm_bytes(3000)))
        await ear.close()
    form = fields(server.asked[0])
    assert form["language"] == "de"
    assert len(form["file"]) < len(say(QUESTION)) + pcm_bytes(500)


async def test_silence_is_sent_to_nobody() -> None:
    async with speech_services() as server:
        ear = engine(service(server.url))
        await ear.transcribe(bytes(pcm_bytes(2000)))
        await ear.close()
    assert server.asked == []


async def refused(url: str, key: str = GOOD_KEY) -> ChatError:
    ear = engine(service(url, key))
    with pytest.raises(ChatError) as told:
        await ear.transcribe(say(QUESTION))
    await ear.close()
    assert "\n" not in told.value.message
    assert key not in told.value.message + repr(service(url, key))
    return told.value


async def test_what_goes_wrong_with_a_service_is_told_in_one_line() -> None:
    async def no_json(exchange: Exchange) -> None:
        await exchange.answer(200, b"<html>hello</html>")

    async def overloaded(exchange: Exchange) -> None:
        await exchange.answer(503, {"error": {"message": "Too busy"}})

    async with speech_services() as server:
        error = await refused(server.url, BAD_KEY)
        assert isinstance(error, Rejected)
        assert "STT_API_KEY" in error.message
    async with http_server(no_json) as server:
        error = await refused(server.url)
        assert isinstance(error, ProtocolViolation)
        assert "stt_url" in error.message
    async with http_server(overloaded) as server:
        error = await refused(server.url)
        assert isinstance(error, Unreachable)
        assert "Too busy" in error.message
    assert isinstance(await refused(server.url), Unreachable)  # it has gone


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://host/v1", "http://", "http://me:secret@host/v1"]
)
def test_an_address_that_is_none_is_told_before_anything_is_sent_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        engine(service(url))
    assert "secret" not in told.value.message
