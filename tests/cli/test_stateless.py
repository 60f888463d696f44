"""The program over chat completions: the same talk, log and exit codes, a request for each answer."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from realtime_chat.cli.compose import composed
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import choose
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import ProviderSettings, StoreSettings
from realtime_chat.core import events as ev
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.session_id import generate
from realtime_chat.core.store.directory import SessionStore
from tests.cli.program import program, value
from tests.core.transports import chat_peer
from tests.core.transports.chat_peer import ChatPeer
from tests.core.transports.ways import GOOD_KEY, Call, Calls, Says, Told

STATELESS = Flags(mode="text", transport="stateless")


@pytest.fixture
async def peer() -> AsyncGenerator[ChatPeer]:
    async with asyncio.timeout(50), chat_peer.peer() as playing:
        yield playing


def flags(peer: ChatPeer) -> list[str]:
    return ["--transport", "stateless", "--url", peer.server.url, "-m", "m"]


async def test_a_question_with_tools_is_answered_and_gone_on_with(peer: ChatPeer, tmp_path: Path) -> None:
    # P19, P26, X3
    peer.replies.extend([Calls((Call("calculate", '{"expression": "6*7"}'),)), Says("It is 42.")])
    run = await program(tmp_path, "text", "Six times seven?", *flags(peer), "--json", key=GOOD_KEY)
    first = value(run)
    assert (first["text"], first["status"], first["provider"], first["model"]) == (
        "It is 42.",
        "completed",
        "openai",
        "m",
    )
    assert [(call["name"], call["ok"]) for call in first["tool_calls"]] == [("calculate", True)]
    assert first["usage"]["total"] == 24
    peer.replies.append(Says("42, as I said."))
    run = await program(tmp_path, "resume", "--last", *flags(peer), "--json", key=GOOD_KEY, stdin=b"Again?")
    assert value(run)["session_id"] == first["session_id"]
    assert [one.role for one in peer.heard] == ["user", "call", "output", "assistant", "user"]
    assert peer.heard[-1] == Told("user", "Again?")


def test_the_stateless_transport_is_chosen_by_flag_or_table_with_a_model_of_its_own() -> None:
    # J4
    environ = {"OPENAI_API_KEY": "sk-canary"}
    realtime = Settings(provider={"openai": ProviderSettings(model="gpt-realtime-2.1")})
    choice = choose(STATELESS, realtime, environ)
    assert (choice.transport, choice.model) == ("stateless", "gpt-4o-mini")
    table = ProviderSettings(transport="stateless", model="gpt-4.1")
    by_table = choose(Flags(mode="text"), Settings(provider={"openai": table}), environ)
    assert (by_table.transport, by_table.model) == ("stateless", "gpt-4.1")
    back = choose(Flags(mode="text", transport="realtime"), Settings(provider={"openai": table}), environ)
    assert (back.transport, back.model) == ("realtime", "gpt-realtime-2.1")
    gemini = choose(Flags(mode="text", transport="stateless", provider="gemini"), Settings(), {})
    assert gemini.url is not None
    assert gemini.url.endswith("/openai")
    azure = Flags(mode="text", transport="stateless", provider="azure", model="mine")
    at = choose(azure, Settings(), {"AZURE_OPENAI_ENDPOINT": "https://me.openai.azure.com/"})
    assert at.url == "https://me.openai.azure.com/openai/v1"
    token = {"AZURE_OPENAI_ENDPOINT": "https://me.openai.azure.com/openai", "AZURE_OPENAI_AD_TOKEN": "canary"}
    by_token = choose(azure, Settings(), token)
    assert by_token.url == at.url
    assert by_token.api_key is not None
    assert by_token.api_key.reveal() == "canary"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Flags(mode="text", transport="stateless", url="http://127.0.0.1:1"), "--model"),
        (Flags(mode="text", transport="stateless", provider="local"), "--url"),
        (Flags(mode="text", transport="stateless", provider="azure"), "AZURE_OPENAI_ENDPOINT"),
    ],
)
def test_what_cannot_be_is_refused_before_any_request(given: Flags, words: str) -> None:
    # J3
    with pytest.raises(InvalidArguments, match=words):
        choose(given, Settings(), {})


async def test_an_earlier_spoken_talk_goes_on_aloud_through_the_embedded_server(tmp_path: Path) -> None:
    settings = Settings(store=StoreSettings(data_dir=tmp_path))
    earlier = SessionStore(tmp_path / "sessions", SystemClock()).open(generate(SystemClock().wall()))
    earlier.log.append(ev.SessionStarted(mode="voice"))
    earlier.close()
    resumed = Flags(mode=None, last=True, transport="stateless", model="m", url="http://127.0.0.1:1")
    async with composed(resumed, settings) as composition:
        assert (composition.setup.mode, composition.provider.spoken) == ("voice", True)
