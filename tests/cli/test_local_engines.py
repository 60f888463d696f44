"""The [local] table: which engines it means, and that what is missing is one line before anything begins."""

import sys
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.cli.commands.serve import serve
from realtime_chat.cli.local_engines import engine_settings
from realtime_chat.cli.settings_tables import LocalSettings
from realtime_chat.core.errors import ConfigError
from realtime_chat.local.engines.installed import check
from realtime_chat.local.engines.settings import (
    Chat,
    Commands,
    EngineSettings,
    Espeak,
    Piper,
    Speech,
    Sphinx,
    Transcription,
    Whisper,
)
from tests.cli.program import program

URL = "http://127.0.0.1:8000/v1"


def engines(**table: Any) -> EngineSettings:
    return engine_settings(LocalSettings(**table), {"K": "sk-1"})


def test_nothing_configured_means_the_engines_of_the_package() -> None:
    assert engines() == EngineSettings(ear=Sphinx(), brain=Commands(), mouth=Espeak())


def test_each_engine_takes_its_own_keys() -> None:
    own = engines(stt="whisper", whisper_model="/models/w", tts="piper", piper_voice="/v.onnx", language="de")
    assert (own.ear, own.mouth) == (Whisper(model="/models/w", language="de"), Piper(voice="/v.onnx"))
    served = engines(stt="http", stt_url=URL, stt_key_variable="K", tts="http", tts_url=URL)
    assert served.ear == Transcription(url=URL, model="whisper-1", key="sk-1", key_name="K")
    assert isinstance(served.mouth, Speech)
    assert (served.mouth.voice, served.mouth.key) == ("alloy", "")
    assert engines(language="de").mouth == Espeak(voice="de")


def test_the_model_of_the_flag_wins_and_ollamas_address_is_the_usual_one() -> None:
    table = LocalSettings(brain="chat", brain_model="small")
    assert engine_settings(table, {}, model="large").brain == Chat(
        url="http://127.0.0.1:11434/v1", model="large", key_name="[local] brain_key_variable"
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"stt": "whisper"}, '[local] stt = "whisper" needs whisper_model, the folder of a model; '),
        ({"stt": "http"}, '[local] stt = "http" needs stt_url, the address of a service; '),
        ({"brain": "chat"}, '[local] brain = "chat" needs brain_model, or -m; '),
        ({"tts": "piper"}, '[local] tts = "piper" needs piper_voice, the .onnx file of a voice; '),
        ({"tts": "http"}, '[local] tts = "http" needs tts_url, the address of a service; '),
    ],
)
def test_an_engine_that_lacks_a_key_says_which(table: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        engines(**table)
    assert refused.value.message == told + "set it in the settings."


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigError, match="variable STT_KEY for a key, and it is not set"):
        engines(stt="http", stt_url=URL, stt_key_variable="STT_KEY")


@pytest.mark.parametrize(
    ("package", "chosen", "told"),
    [
        (
            "faster_whisper",
            EngineSettings(ear=Whisper(model="/nowhere")),
            "Whisper is not installed; run: pip install 'realtime-chat[whisper]'",
        ),
        (
            "piper",
            EngineSettings(mouth=Piper(voice="/nowhere")),
            "Piper is not installed; run: pip install 'realtime-chat[piper]'",
        ),
    ],
)
def test_a_missing_extra_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, package: str, chosen: EngineSettings, told: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not there
    with pytest.raises(ConfigError) as refused:
        check(chosen)
    assert refused.value.message == told


async def test_an_engine_that_is_not_there_is_one_line_before_anything_begins(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[local]\nstt = "whisper"\nwhisper_model = "/no/such/model"\n', encoding="utf-8")
    done = await program(tmp_path, "text", "hello", "--config", str(config))
    assert (done.code, done.out) == (2, b"")
    (line,) = done.told
    assert line.startswith("error: There is no Whisper model in /no/such/model: model.bin is missing")


async def test_the_served_program_takes_the_same_table(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[local]\ntts = "piper"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="needs piper_voice"):
        serve(config=config)
