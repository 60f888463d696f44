"""`voices` lists what `--voice` takes."""

import json
from pathlib import Path

import pytest

from realtime_chat.cli.commands import voices
from realtime_chat.cli.main import run
from tests.cli.program import program


async def test_the_embedded_servers_voices_are_listed(tmp_path: Path) -> None:
    listed = await program(tmp_path, "voices")
    assert listed.code == 0
    assert {"en-us", "de", "en-us+f3"} <= set(listed.out.decode().split())


async def test_a_providers_voices_are_one_value(tmp_path: Path) -> None:
    listed = await program(tmp_path, "voices", "--provider", "openai", "--json", key="sk-test-of-voices")
    value = json.loads(listed.out)
    assert value["schema"] == "realtime-chat/voices/1"
    assert value["provider"] == "openai"
    assert "marin" in value["voices"]


async def test_a_service_has_other_voices_than_this_machine(tmp_path: Path) -> None:
    listed = await program(tmp_path, "voices", "--provider", "gemini")
    assert "Puck" in listed.out.decode().split()
    assert "en-us" not in listed.out.decode().split()


async def test_an_unknown_provider_is_one_line(tmp_path: Path) -> None:
    listed = await program(tmp_path, "voices", "--provider", "nobody")
    assert listed.code == 2
    assert len(listed.told) == 1


def test_an_engine_that_never_tells_its_voices_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(voices, "ASKED_S", 0.01)
    monkeypatch.setenv("REALTIME_CHAT_CONFIG", str(tmp_path / "config.toml"))
    assert run(["voices", "--provider", "local"]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert "told no voices within 0.01 s" in told
