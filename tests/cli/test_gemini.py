"""Gemini Live from the command line: chosen by its key, refused without one, and talked with."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import choose
from realtime_chat.cli.settings import Settings
from realtime_chat.core.errors import ConfigError
from realtime_chat.core.transports.gemini.endpoint import live_url
from realtime_chat.core.transports.gemini.provider import GeminiEndpoint, gemini_transports
from tests.cli.program import COMMAND, surroundings, written
from tests.core.transports.gemini_bench import ByThirds
from tests.core.transports.gemini_peer import GeminiPeer
from tests.core.transports.gemini_peer import peer as playing
from tests.core.transports.ways import BAD_KEY, GOOD_KEY, Says, Told


@pytest.fixture
async def peer() -> AsyncGenerator[GeminiPeer]:
    async with playing() as one:
        yield one


@pytest.mark.parametrize(
    ("environ", "name", "key"),
    [
        ({"GEMINI_API_KEY": "g"}, "gemini", "g"),
        ({"GOOGLE_API_KEY": "h"}, "gemini", "h"),
        ({"GEMINI_API_KEY": "g", "GOOGLE_API_KEY": "h"}, "gemini", "g"),
        ({"OPENAI_API_KEY": "o", "GEMINI_API_KEY": "g"}, "openai", "o"),
    ],
)
def test_the_key_that_is_set_decides_and_openais_comes_first(
    environ: dict[str, str], name: str, key: str
) -> None:
    choice = choose(Flags(mode="text"), Settings(), environ)
    assert choice.name == name
    assert choice.api_key is not None
    assert choice.api_key.reveal() == key


def test_flags_go_before_the_settings_and_those_before_what_is_usual() -> None:
    usual = choose(Flags(mode="text", provider="gemini"), Settings(), {})
    assert (usual.model, usual.voice) == ("gemini-3.8-live", "Puck")
    assert usual.url == "https://generativelanguage.googleapis.com"
    settings = Settings.model_validate(
        {"provider": {"gemini": {"model": "m1", "voice": "v1", "url": "https://a"}}}
    )
    tabled = choose(Flags(mode="text", provider="gemini"), settings, {})
    assert (tabled.model, tabled.voice, tabled.url) == ("m1", "v1", "https://a")
    flags = Flags(mode="text", provider="gemini", model="m2", voice="v2", url="https://b")
    named = choose(flags, settings, {})
    assert (named.model, named.voice, named.url) == ("m2", "v2", "https://b")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://h", "wss://h/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"),
        (
            "http://h/p/",
            "ws://h/p/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
        ),
        ("wss://h/ws/own.Service?x=1", "wss://h/ws/own.Service?x=1"),
    ],
)
def test_any_usual_base_leads_to_the_socket(base: str, url: str) -> None:
    assert live_url(base) == url


@pytest.mark.parametrize("key", [None, "", " "])
def test_a_missing_key_is_told_before_any_socket(key: str | None) -> None:
    # M30
    factory = gemini_transports(GeminiEndpoint(model="m", downsampler=ByThirds, api_key=lambda: key))
    with pytest.raises(ConfigError) as caught:
        factory()
    assert caught.value.message == "Gemini needs an API key. Set GEMINI_API_KEY or GOOGLE_API_KEY."
    assert caught.value.info.kind == "missing_api_key"


async def run(home: Path, peer: GeminiPeer, key: str, *arguments: str) -> tuple[int, bytes, bytes]:
    """The program, with a service of ours in Google's place."""
    environ = {**surroundings(home), "GEMINI_API_KEY": key}
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("text", "--provider", "gemini", "--url", peer.url, "--no-tools", *arguments),
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(50):
        out, err = await process.communicate()
    assert process.returncode is not None
    assert key.encode() not in out + err + written(home)
    return process.returncode, out, err


async def test_a_question_is_answered_and_the_key_is_written_nowhere(
    peer: GeminiPeer, tmp_path: Path
) -> None:
    peer.replies.append(Says("It is noon."))
    code, out, _ = await run(tmp_path, peer, GOOD_KEY, "--json", "What time is it?")
    value = json.loads(out)
    assert (code, value["provider"], value["status"], value["text"]) == (
        0,
        "gemini",
        "completed",
        "It is noon.",
    )
    assert peer.heard == [Told("user", "What time is it?")]


async def test_a_wrong_key_is_one_line_that_says_where_to_set_it(peer: GeminiPeer, tmp_path: Path) -> None:
    code, _, err = await run(tmp_path, peer, BAD_KEY, "Hello.")
    assert code == 1
    assert err.decode().splitlines()[-1].startswith("error: The service refused the key (API key not valid.")
    assert "Check GEMINI_API_KEY." in err.decode()
