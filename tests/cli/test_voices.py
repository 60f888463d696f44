"""`voices` lists what `--voice` takes."""

import json
from pathlib import Path

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
