"""What may be asked beside a talk: whether it could go on otherwise, decided as the next run would."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_chat.cli.compose import composed
from realtime_chat.cli.desk import desk_of
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import AgentSettings, LocalSettings
from realtime_chat.cli.words.desk import Desk, GoOn
from realtime_chat.core.errors import ChatError, ConfigError, InvalidArguments


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def desk(tmp_path: Path, settings: Settings | None = None, **given: str) -> AsyncGenerator[Desk]:
    """Of a typed talk with the embedded server."""
    flags = replace(Flags(mode="text", data_dir=tmp_path), **given)
    async with composed(replace(flags, provider="local"), Settings()) as composition:
        yield desk_of(composition, flags, settings or Settings())


def another(provider: str) -> GoOn:
    return GoOn(session_id=None, flags={"provider": provider, "url": None, "model": None, "voice": None})


async def test_a_provider_is_tried_without_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # M30: what keeps the next talk from beginning is told in this one
    async with desk(tmp_path) as beside:
        assert {"openai", "azure", "gemini", "local", "ollama"} == set(beside.providers)
        assert beside.provider == "local"
        await beside.check(another("local"))
        with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
            await beside.check(another("openai"))
        with pytest.raises(ConfigError, match="GEMINI_API_KEY"):
            await beside.check(another("gemini"))
        with pytest.raises(InvalidArguments, match="there are"):
            await beside.check(another("nobody"))
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-of-a-desk")
        await beside.check(another("openai"))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"provider": "openai", "transport": "stateless", "mode": "voice"}, "OPENAI_API_KEY"),
        ({"agent": "nobody"}, "nobody"),
        ({"agent": "transcript", "mode": "text"}, "only listens"),
    ],
)
async def test_what_the_next_run_would_refuse_is_refused_in_this_one(
    tmp_path: Path, flags: dict[str, str | None], words: str
) -> None:
    async with desk(tmp_path) as beside:
        with pytest.raises(ChatError, match=words):
            await beside.check(GoOn(session_id=None, flags=flags))


async def test_the_embedded_server_is_checked_for_its_engines_only(tmp_path: Path) -> None:
    deaf = Settings(local=LocalSettings(stt="whisper", whisper_model=tmp_path / "nowhere"))
    async with desk(tmp_path, deaf) as beside:
        with pytest.raises(ConfigError):
            await beside.check(another("local"))


async def test_the_model_that_was_named_is_the_one_that_is_checked(tmp_path: Path) -> None:
    chat = Settings(local=LocalSettings(brain="chat", brain_url="http://127.0.0.1:1/v1"))
    async with desk(tmp_path, chat) as beside:
        with pytest.raises(ConfigError, match="model"):
            await beside.check(another("local"))
        named = {**another("local").flags, "model": "mine"}
        await beside.check(GoOn(session_id=None, flags=named))


async def test_an_agent_of_another_transport_leaves_the_model_and_the_voice_that_were_named(
    tmp_path: Path,
) -> None:
    settings = Settings(agents={"cards": AgentSettings(transport="stateless")})
    async with desk(tmp_path, settings, model="a-realtime-one", voice="cedar") as beside:
        assert beside.with_agent("cards") == {"agent": "cards", "model": None, "voice": None}
        assert beside.with_agent("assistant") == {"agent": "assistant"}
